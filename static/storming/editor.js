/**
 * The editor: one real textarea over the note being written. What is typed is written to the board as it's typed (a few
 * times a second, one step of undo), so that a crash costs at most the last moment. If somebody else writes into the same
 * text meanwhile, both are merged by words; what can't be merged is kept visible.
 *
 * @import {Box, ElementProps} from './types'
 * @import {Wall} from './wall.js'
 */

import { toast } from "@app/toasts.js";

import { isNote, isNoteKind, labelOf, NOTES } from "./kinds.js";
import { mergeText } from "./merge_text.js";
import { TEXT_CHARACTERS_MAX } from "./protocol.js";
import { textArea } from "./render/notes.js";
import { fit, LINE_HEIGHT, SIZE_MAX } from "./text.js";
import { pointOn } from "./geometry.js";
import { Signal } from "./signals.js";

const WRITE_MS = 400;
const READABLE_ZOOM = 0.55;

export class Editor {
  /** The element being written. @type {string | null} */
  id = null;
  /** @type {Signal<[]>} */
  changed = new Signal();
  #wall;
  #field;
  /** The board's text that mine is based on. */
  #base = "";
  /** It goes again if nothing is written on it. */
  #passing = false;
  #session = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {Wall} wall */
  constructor(wall) {
    this.#wall = wall;
    const field = document.createElement("textarea");
    field.className = "wall-editor";
    field.maxLength = TEXT_CHARACTERS_MAX;
    field.hidden = true;
    field.dataset.testid = "editor";
    field.setAttribute("autocapitalize", "sentences");
    field.setAttribute("spellcheck", "true");
    wall.stage.append(field);
    this.#field = field;
    field.addEventListener("input", () => this.#typed());
    field.addEventListener("keydown", (event) => this.#keyDown(event));
    field.addEventListener("blur", () => this.close());
    field.addEventListener("pointerdown", (event) => event.stopPropagation());
    field.addEventListener("dblclick", (event) => event.stopPropagation());
    wall.camera.changed.on(() => this.#place());
    wall.document.changed.on((ids) => { if (this.id && ids.has(this.id)) this.#othersWrote(); });
  }

  /** @param {string} id @param {{passing?: boolean, selectAll?: boolean}} [how] */
  open(id, { passing = false, selectAll = false } = {}) {
    const element = this.#wall.document.live(id);
    if (!element || !this.#wall.mayChange(id) || element.kind === "vote") return;
    if (this.id) this.close();
    this.id = id;
    this.#passing = passing;
    this.#base = element.text ?? "";
    this.#session += 1;
    this.#makeReadable(id);
    this.#field.value = this.#base;
    this.#field.setAttribute("aria-label", `Text of this ${labelOf(element.kind).toLowerCase()}`);
    this.#field.placeholder = isNoteKind(element.kind) ? NOTES[element.kind].hint : "Name";
    this.#field.hidden = false;
    this.#wall.renderer.hideTextOf(id);
    this.#wall.selection.set([id]);
    this.#wall.presence.say({ editing: id });
    this.#place();
    this.#field.focus({ preventScroll: true });
    if (selectAll) this.#field.select();
    else this.#field.setSelectionRange(this.#base.length, this.#base.length);
    const writer = this.#wall.presence.writerOf(id);
    if (writer) this.#wall.say(`${writer.name} is writing here too`, "Both texts are merged word by word.");
    this.changed.emit();
  }

  close() {
    const id = this.id;
    if (!id) return;
    this.#write();
    this.id = null;
    clearTimeout(this.#timer);
    this.#field.hidden = true;
    this.#wall.renderer.hideTextOf(null);
    this.#wall.presence.say({ editing: null });
    if (this.#passing && !this.#wall.document.live(id)?.text) this.#wall.commands.remove([id]);
    if (document.activeElement === document.body || document.activeElement === this.#field) this.#wall.focus();
    this.changed.emit();
  }

  #typed() {
    this.#place();
    this.#timer ??= setTimeout(() => this.#write(), WRITE_MS);
  }

  #write() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = this.#field.value;
    if (!this.id || text === this.#base || !this.#wall.document.live(this.id)) return;
    this.#base = text;
    this.#wall.syncing.write({ elements: { [this.id]: { text } } }, { group: `text ${this.id} ${this.#session}` });
  }

  #othersWrote() {
    const element = this.id ? this.#wall.document.live(this.id) : undefined;
    if (!element) {
      this.#gone();
      return;
    }
    const theirs = element.text ?? "";
    this.#place();
    if (theirs === this.#base || theirs === this.#field.value) {
      this.#base = theirs;
      return;
    }
    const { text, lost } = mergeText(this.#base, this.#field.value, theirs);
    const caret = this.#field.selectionStart;
    this.#base = theirs;
    this.#field.value = text;
    this.#field.setSelectionRange(caret, caret);
    this.#typed();
    if (lost !== null) keepVisible("Somebody else wrote this here at the same moment", lost);
  }

  /** The note was deleted under my hands: my words are not lost. */
  #gone() {
    const text = this.#field.value;
    this.id = null;
    this.#field.hidden = true;
    this.#wall.renderer.hideTextOf(null);
    if (text.trim()) keepVisible("This note was deleted while you were writing", text);
    this.changed.emit();
  }

  /** @param {KeyboardEvent} event */
  #keyDown(event) {
    event.stopPropagation();
    if (event.isComposing) return;
    const id = this.id;
    const element = id ? this.#wall.document.live(id) : undefined;
    if (event.key === "Escape" || (event.key === "Enter" && (event.ctrlKey || event.metaKey))) this.#end(event);
    else if (event.key === "Enter" && !event.shiftKey && id) {
      const written = this.#field.value.trim() !== "";
      this.#end(event);
      if (isNote(element) && written) this.#wall.commands.createNext(id);
    } else if (event.key === "Tab" && id) {
      event.preventDefault();
      const walked = this.#wall.commands.walk(event.shiftKey ? -1 : 1);
      const next = this.#wall.selection.only;
      this.close();
      if (walked && next) this.open(next);
      else this.#wall.focus();
    }
  }

  /** @param {Event} event */
  #end(event) {
    event.preventDefault();
    this.close();
    this.#wall.focus();
  }

  /** Too small to read: comes closer. @param {string} id */
  #makeReadable(id) {
    const { camera, scene } = this.#wall;
    const box = scene.boxOf(id);
    if (!box) return;
    if (camera.zoom < READABLE_ZOOM) {
      camera.zoomTo(1, camera.toScreen({ x: box.x + box.w / 2, y: box.y + box.h / 2 }));
    }
    camera.reveal(box);
  }

  #place() {
    const { camera, document: board } = this.#wall;
    const element = this.id ? board.live(this.id) : undefined;
    const box = element && this.#boxOf(element);
    if (!element || !box) return;
    const style = this.#field.style;
    const note = isNoteKind(element.kind) ? NOTES[element.kind] : null;
    const { x, y } = camera.toScreen(box);
    const size = note ? fit(this.#field.value || " ", box.w, box.h).size : 15;
    Object.assign(style, {
      width: `${box.w + 2}px`, height: `${box.h + 8}px`, fontSize: `${size}px`, lineHeight: String(LINE_HEIGHT),
      color: note ? note.ink : "", transform: `translate(${x}px, ${y}px) scale(${camera.zoom}) rotate(${note?.tilt ?? 0}rad)`,
      transformOrigin: "0 0",
    });
    if (note?.tilt) {
      const whole = this.#wall.scene.boxOf(this.id ?? "");
      if (whole) {
        const at = camera.toScreen(turned(whole, box, note.tilt));
        style.transform = `translate(${at.x}px, ${at.y}px) scale(${camera.zoom}) rotate(${note.tilt}rad)`;
      }
    }
    this.#field.classList.toggle("wall-editor--plain", note === null);
    this.#field.style.maxHeight = note ? "" : `${SIZE_MAX * 3}px`;
  }

  /** Where the text goes, on the board. @param {ElementProps} element @returns {Box | null} */
  #boxOf(element) {
    const box = this.#wall.scene.boxOfElement(element);
    if (!box) return null;
    if (isNote(element)) {
      const area = textArea(element, box);
      return { x: box.x + area.x, y: box.y + area.y, w: area.w, h: area.h };
    }
    if (element.kind === "frame") return { x: box.x, y: box.y - 36, w: 320, h: 24 };
    if (element.kind !== "connector") return { x: box.x + 52, y: box.y + 10, w: 240, h: 24 };
    const curve = this.#wall.scene.curveOf(element);
    const middle = curve && pointOn(curve, 0.5);
    return middle && { x: middle.x - 90, y: middle.y - 14, w: 180, h: 24 };
  }
}

/** Where a box's top left goes when the whole is turned around its middle. @param {Box} whole @param {Box} box @param {number} angle */
function turned(whole, box, angle) {
  const [cx, cy] = [whole.x + whole.w / 2, whole.y + whole.h / 2];
  const [dx, dy] = [box.x - cx, box.y - cy];
  return { x: cx + dx * Math.cos(angle) - dy * Math.sin(angle), y: cy + dx * Math.sin(angle) + dy * Math.cos(angle) };
}

/** @param {string} title @param {string} text */
function keepVisible(title, text) {
  toast(title, {
    kind: "bad", hint: `“${text.slice(0, 300)}”`,
    action: { label: "Copy it", run: () => void navigator.clipboard?.writeText(text).catch(() => {}) },
  });
}
