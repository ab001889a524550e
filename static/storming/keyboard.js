/**
 * The keyboard of the wall. Keys count only while the wall has the focus (or nothing has), never while somebody writes.
 *
 * @import {NoteKind} from './types'
 * @import {Wall} from './wall.js'
 */

import { ARRANGED, hiddenKinds, kindOfKey, NOTES, NOTE_KINDS } from "./kinds.js";
import { DrawingArea } from "./tools/drawing_area.js";

const NEW_KEY_MS = 4_000;
const NUDGE = 10;
const NUDGE_FAR = 70;
/** @type {Record<string, [-1 | 0 | 1, -1 | 0 | 1]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Keyboard {
  #wall;
  #hint;
  /** N was pressed: the next letter is a kind. @type {ReturnType<typeof setTimeout> | undefined} */
  #naming;
  /** Escape was pressed with nothing left to do: Tab goes on to the page. */
  #leaving = false;

  /** @param {Wall} wall @param {HTMLElement} hint shows the letters after N */
  constructor(wall, hint) {
    this.#wall = wall;
    this.#hint = hint;
    const showKinds = () => hint.replaceChildren(...NOTE_KINDS.filter((kind) => !hiddenKinds.has(kind)).map((kind) => keyHint(kind)));
    showKinds();
    wall.legendChanged.on(showKinds);
    document.addEventListener("keydown", (event) => this.#keyDown(event));
    document.addEventListener("keyup", (event) => { if (event.key === " ") this.#holdSpace(false); });
    addEventListener("blur", () => this.#holdSpace(false));
  }

  /** @param {KeyboardEvent} event */
  #keyDown(event) {
    if (!this.#isOurs(event) || event.defaultPrevented) return;
    if (this.#wall.gesture.keyDown?.(event)) return;
    const command = event.ctrlKey || event.metaKey;
    const handled = command ? this.#withCommand(event) : event.altKey ? this.#withAlt(event) : this.#plain(event);
    if (handled) event.preventDefault();
  }

  /** @param {KeyboardEvent} event */
  #isOurs({ target }) {
    if (document.querySelector("dialog[open]") || document.body.dataset.timeLapse) return false;
    return target === document.body || target === this.#wall.stage;
  }

  /** @param {KeyboardEvent} event @returns {boolean} */
  #withCommand({ key, shiftKey }) {
    const { commands, camera, canEdit } = this.#wall;
    if (shiftKey && key in ARROWS && canEdit && this.#wall.selection.size) {
      const [dx, dy] = ARROWS[key];
      commands.grow(dx * 20, dy * 20);
      return true;
    }
    switch (key.toLowerCase()) {
      case "a": commands.selectAll(); return true;
      case "+": case "=": camera.zoomTo(camera.zoom * 1.25); return true;
      case "-": camera.zoomTo(camera.zoom / 1.25); return true;
      case "0": camera.zoomTo(1); return true;
      case "z": if (canEdit) commands.step(shiftKey ? "redo" : "undo"); return true;
      case "y": if (canEdit) commands.step("redo"); return true;
      case "d": if (canEdit) commands.duplicate(); return true;
      case "s": this.#wall.opens.exports(); return true;
      case "o": if (canEdit) this.#wall.opens.imports(); return true;
      case "g":
        if (canEdit) shiftKey ? commands.ungroup() : commands.group();
        return true;
      default: return false;
    }
  }

  /** Alt + letter changes the kind, Alt + Shift + arrow copies and connects. @param {KeyboardEvent} event @returns {boolean} */
  #withAlt({ code, key, shiftKey }) {
    if (shiftKey && key.startsWith("Arrow") && this.#wall.canEdit && this.#wall.selection.only) {
      const [dx, dy] = ARROWS[key] ?? [0, 0];
      this.#wall.commands.copyAndConnect(dx, dy);
      return true;
    }
    const kind = kindOfKey(code.replace("Key", ""));
    if (!kind || !this.#wall.canEdit || !this.#wall.selection.size) return false;
    this.#wall.commands.changeKind(kind);
    return true;
  }

  /** @param {KeyboardEvent} event @returns {boolean} */
  #plain(event) {
    const leaving = this.#leaving;
    this.#leaving = false;
    if (this.#naming) return this.#name(event.key);
    const { commands, selection, canEdit } = this.#wall;
    if (event.key.startsWith("Arrow")) return this.#arrow(event);
    switch (event.key) {
      case " ": this.#holdSpace(true); return true;
      case "Tab": return !leaving && commands.walk(event.shiftKey ? -1 : 1);
      case "Escape": this.#escape(); return true;
      case "h": this.#wall.opens.history(); return true;
      case "r": case "R": return commands.walkAreas(event.shiftKey ? -1 : 1);
      case "e": case "E": return commands.walkArrows(event.shiftKey ? -1 : 1);
      case "?": this.#wall.opens.shortcuts(); return true;
      case "!": commands.fitAll(); return true;
      case "@": commands.fitSelection(); return true;
      default:
    }
    if (event.shiftKey && event.code === "Digit1") return commands.fitAll(), true;
    if (event.shiftKey && event.code === "Digit2") return commands.fitSelection(), true;
    if (!canEdit) return false;
    switch (event.key.toLowerCase()) {
      case "n": this.#askKind(); return true;
      case "l": return this.#draw("swimlane");
      case "f": return this.#draw("frame");
      case "x": return this.#draw("context");
      case "a": this.#wall.opens.arrange(); return selection.size > 1;
      case "t": if (selection.only) this.#wall.opens.labels(selection.only); return selection.size === 1;
      case "c": commands.connectSelection(); return selection.size > 0;
      case "b": commands.togglePivotal(); return selection.size > 0;
      case "p": return this.#promote();
      case "enter": case "f2": return this.#edit();
      case "delete": case "backspace": commands.remove(); return true;
      default: return false;
    }
  }

  /** @param {KeyboardEvent} event @returns {boolean} */
  #arrow({ key, shiftKey }) {
    const [dx, dy] = ARROWS[key] ?? [0, 0];
    if (this.#wall.selection.size && this.#wall.canEdit) {
      const far = shiftKey ? NUDGE_FAR : NUDGE;
      this.#wall.commands.nudge(dx * far, dy * far);
    } else this.#wall.camera.panBy(-dx * 80, -dy * 80);
    return true;
  }

  /** @param {import('./types').AreaKind} kind */
  #draw(kind) {
    if (ARRANGED.has(kind) && !this.#wall.canArrange) this.#wall.say("Only facilitators draw lanes and frames");
    else {
      this.#wall.begin(new DrawingArea(this.#wall, kind));
      this.#wall.announce("Drag from corner to corner, or press Enter to put it around what is selected");
    }
    return true;
  }

  #edit() {
    const id = this.#wall.selection.only;
    if (!id) return false;
    this.#wall.editor.open(id);
    return true;
  }

  #promote() {
    const id = this.#wall.selection.only;
    if (!id) return false;
    this.#wall.opens.promote(id);
    return true;
  }

  #escape() {
    if (this.#wall.gesture.name !== "idling") this.#wall.idle();
    else if (this.#wall.selection.size) this.#wall.selection.clear();
    else this.#leaving = true;
  }

  #askKind() {
    this.#hint.hidden = false;
    this.#naming = setTimeout(() => this.#endNaming(), NEW_KEY_MS);
    this.#wall.announce("New note: press the letter of its kind");
  }

  /** @param {string} key @returns {boolean} */
  #name(key) {
    if (key === "Shift") return false;
    this.#endNaming();
    const kind = kindOfKey(key);
    if (kind) this.#wall.commands.createNoteByKey(kind);
    return true;
  }

  #endNaming() {
    clearTimeout(this.#naming);
    this.#naming = undefined;
    this.#hint.hidden = true;
  }

  /** @param {boolean} held */
  #holdSpace(held) {
    if (this.#wall.spaceHeld === held) return;
    this.#wall.spaceHeld = held;
    this.#wall.showCursor();
  }
}

/** @param {NoteKind} kind */
function keyHint(kind) {
  const item = document.createElement("span");
  const key = document.createElement("kbd");
  key.className = "key";
  key.textContent = NOTES[kind].key;
  item.append(key, NOTES[kind].label);
  return item;
}
