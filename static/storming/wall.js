/**
 * The wall: everything of one open board in this tab, and the gesture at hand. Other modules get the wall and take from
 * it what they need; it draws nothing and asks nothing of the server itself.
 *
 * @import {BoardConfig, Box, ElementProps, Gesture, LinkedType, Point} from './types'
 */

import { Camera } from "./camera.js";
import { Commands } from "./commands.js";
import { Editor } from "./editor.js";
import { contains } from "./geometry.js";
import { ARRANGED, isNote, speak } from "./kinds.js";
import { Presence } from "./presence.js";
import { Pulses } from "./pulses.js";
import { HANDLE_GAP_PX } from "./render/lively.js";
import { Renderer } from "./render/renderer.js";
import { Scene } from "./scene.js";
import { Selection } from "./selection.js";
import { Signal } from "./signals.js";
import { Syncing } from "./syncing.js";
import { Workshop } from "./workshop/workshop.js";
import { Idling } from "./tools/idling.js";
import { Panning } from "./tools/panning.js";
import { Pinching } from "./tools/pinching.js";

/** @typedef {Point & {id: string, does: 'connect' | 'resize', side: 'left' | 'right' | 'top' | 'bottom' | 'corner'}} Handle screen */

export class Wall {
  config;
  syncing;
  workshop;
  document;
  scene;
  camera = new Camera();
  selection = new Selection();
  presence;
  pulses = new Pulses();
  renderer;
  editor;
  commands;
  stage;
  /** Linked types by id. @type {Record<string, LinkedType>} */
  types = {};
  /** Pixels of the screen that panels cover. */
  insets = { top: 64, left: 76, bottom: 24, right: 24 };
  /** Where the pointer was last, on screen; null when it has left. @type {Point | null} */
  pointer = null;
  /** The element under the pointer. @type {string | null} */
  hovered = null;
  spaceHeld = false;
  /** @type {Signal<[]>} */
  hoverChanged = new Signal();
  /** The legend: what kinds are called and coloured here. @type {Signal<[]>} */
  legendChanged = new Signal();
  /** Opens a dialog or panel; wired in board.js. */
  opens = {
    promote: (/** @type {string} */ _id) => {}, shortcuts: () => {}, labels: (/** @type {string} */ _id) => {}, arrange: () => {}, history: () => {},
    noteHistory: (/** @type {string} */ _id) => {}, note: () => {}, exports: () => {}, imports: () => {},
  };
  /** Follows where somebody looks; wired in workshop/together.js, as are the next two. */
  follow = (/** @type {string} */ _session) => {};
  cheer = (/** @type {string} */ _emoji) => {};
  raiseHand = () => {};
  /** Says something to the person; wired in board.js. @type {(text: string, hint?: string, kind?: 'info' | 'good' | 'warn' | 'bad') => void} */
  say = () => {};
  /** Says something to the screen reader alone. @type {(text: string) => void} */
  announce = () => {};
  /** @type {Gesture} */
  #gesture;
  /** @type {Map<number, Point>} */
  #touches = new Map();

  /** @param {BoardConfig} config @param {{stage: HTMLElement, still: HTMLCanvasElement, lively: HTMLCanvasElement}} parts
   * @param {Syncing} [syncing] another source of the document: the time-lapse has one */
  constructor(config, { stage, still, lively }, syncing = new Syncing(config)) {
    this.config = config;
    this.stage = stage;
    this.syncing = syncing;
    this.workshop = new Workshop(config, syncing);
    this.document = this.syncing.document;
    this.scene = new Scene(this.document);
    this.presence = new Presence(this.syncing.connection);
    this.#gesture = new Idling(this);
    this.renderer = new Renderer(this, still, lively);
    this.commands = new Commands(this);
    this.editor = new Editor(this);
    this.#listen();
  }

  get gesture() { return this.#gesture; }
  /** Whether I may change notes now. */
  get canEdit() { return this.syncing.canEdit && this.workshop.mayChangeNotes; }
  /** Lanes, frames and the legend are the facilitators'. */
  get canArrange() { return this.syncing.canEdit && this.syncing.canArrange; }

  /** Whether I may change this element now: not what is locked. @param {string} id */
  mayChange(id) {
    const element = this.document.live(id);
    return this.canEdit && element !== undefined && !element.locked && (this.canArrange || !ARRANGED.has(element.kind));
  }

  /** @param {Gesture} gesture */
  begin(gesture) {
    this.#gesture.leave?.();
    this.#gesture = gesture;
    gesture.enter?.();
    this.showCursor(gesture.cursor);
    this.renderer.requestLively();
  }

  idle() {
    this.begin(new Idling(this));
  }

  /** @param {string} [cursor] CSS */
  showCursor(cursor = "default") {
    this.stage.style.cursor = this.spaceHeld && this.#gesture.name === "idling" ? "grab" : cursor;
  }

  /** Live promoted notes. */
  *promoted() {
    for (const id of this.#promoted) {
      const element = this.document.live(id);
      if (element?.type_id) yield { id, typeId: element.type_id };
    }
  }

  /** Handles of the one selected element. @returns {Handle[]} */
  handles() {
    const id = this.selection.only;
    const element = id === undefined ? undefined : this.document.live(id);
    const box = id === undefined ? null : this.renderer.boxOf(id);
    if (id === undefined || !this.mayChange(id) || !element || !box || element.kind === "connector" || this.editor.id) return [];
    const { x, y, w, h } = this.camera.boxToScreen(box);
    if (w < 22 && h < 22) return [];
    /** @type {Handle[]} */
    const handles = [{ id, does: "resize", side: "corner", x: x + w + 3, y: y + h + 3 }];
    if (!isNote(element)) {
      handles.push({ id, does: "resize", side: "right", x: x + w, y: y + h / 2 }, { id, does: "resize", side: "bottom", x: x + w / 2, y: y + h });
      return handles;
    }
    if (element.kind === "vote") return [];
    const gap = HANDLE_GAP_PX;
    handles.push(
      { id, does: "connect", side: "right", x: x + w + gap, y: y + h / 2 }, { id, does: "connect", side: "left", x: x - gap, y: y + h / 2 },
      { id, does: "connect", side: "top", x: x + w / 2, y: y - gap }, { id, does: "connect", side: "bottom", x: x + w / 2, y: y + h + gap },
    );
    return handles;
  }

  /** @param {Point} at screen @param {boolean} touch @returns {Handle | undefined} */
  handleAt(at, touch) {
    const reach = touch ? 20 : 9;
    return this.handles().find((handle) => contains({ x: handle.x - reach, y: handle.y - reach, w: 2 * reach, h: 2 * reach }, at));
  }

  /** @param {Point} at screen @param {boolean} [touch] */
  elementAt(at, touch = false) {
    return this.scene.at(this.camera.toBoard(at), (touch ? 12 : 6) / this.camera.zoom);
  }

  /** @param {MouseEvent} event @returns {Point} on the stage */
  pointOf(event) {
    const { left, top } = this.stage.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  /** Gives the keyboard back to the wall. */
  focus() {
    this.stage.focus({ preventScroll: true });
  }

  /** @type {Set<string>} */
  #promoted = new Set();

  #listen() {
    const { stage } = this;
    stage.addEventListener("pointerdown", (event) => this.#pointerDown(event));
    stage.addEventListener("pointermove", (event) => this.#pointerMove(event));
    stage.addEventListener("pointerup", (event) => this.#pointerUp(event));
    stage.addEventListener("pointercancel", (event) => {
      this.#touches.delete(event.pointerId);
      this.#cancel();
    });
    stage.addEventListener("pointerleave", () => {
      this.pointer = null;
      this.presence.say({ cursor: null });
      this.hover(null);
    });
    stage.addEventListener("dblclick", (event) => this.#gesture.doubleClick?.(event, this.pointOf(event)));
    stage.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    stage.addEventListener("contextmenu", (event) => event.preventDefault());
    this.document.changed.on((ids) => this.#documentChanged(ids));
    this.selection.changed.on(() => {
      this.stage.toggleAttribute("data-selected", this.selection.size > 0);
      this.presence.say({ selection: [...this.selection.ids].slice(0, 500) });
      this.renderer.requestLively();
    });
    this.camera.changed.on(() => {
      const { x, y, w, h } = this.camera.view;
      this.presence.say({ view: [round(x), round(y), round(w), round(h)] });
    });
    this.presence.changed.on(() => this.renderer.requestLively());
    this.presence.dragged.on(() => { if (this.#gesture.name !== "dragging_elements") this.renderer.lift(this.presence.heldByOthers()); });
    this.pulses.changed.on(() => this.renderer.requestLively());
    this.renderer.animations.add(() => {
      const gliding = this.presence.glide(this.pulses.still);
      return gliding || this.pulses.beating;
    });
  }

  /** @param {string | null} id */
  hover(id) {
    if (id === this.hovered) return;
    this.hovered = id;
    this.hoverChanged.emit();
  }

  /** @param {Set<string>} ids */
  #documentChanged(ids) {
    if (ids.has("legend")) {
      speak(this.document.live("legend")?.entries ?? {});
      this.renderer.dirtyAll();
      this.legendChanged.emit();
    }
    for (const id of ids) {
      const element = this.document.live(id);
      if (element?.type_id) this.#promoted.add(id);
      else this.#promoted.delete(id);
    }
    const gone = [...this.selection.ids].filter((id) => !this.document.live(id));
    if (gone.length) this.selection.set([...this.selection.ids].filter((id) => this.document.live(id)));
    else if ([...ids].some((id) => this.selection.has(id))) this.selection.changed.emit();
    if (this.presence.settled(ids) && this.#gesture.name !== "dragging_elements") this.renderer.lift(this.presence.heldByOthers());
  }

  /** @param {PointerEvent} event */
  #pointerDown(event) {
    if (event.target !== this.stage && !(event.target instanceof HTMLCanvasElement)) return;
    this.focus();
    const at = this.pointOf(event);
    this.pointer = at;
    this.stage.setPointerCapture(event.pointerId);
    if (event.pointerType === "touch") {
      this.#touches.set(event.pointerId, at);
      if (this.#touches.size === 2) {
        this.#cancel();
        this.begin(new Pinching(this, this.#touches));
        return;
      }
    }
    if (event.button === 1 || (event.button === 0 && this.spaceHeld)) {
      event.preventDefault();
      this.begin(new Panning(this, at));
      return;
    }
    this.#gesture.pointerDown?.(event, at);
  }

  /** @param {PointerEvent} event */
  #pointerMove(event) {
    const at = this.pointOf(event);
    this.pointer = at;
    if (this.#touches.has(event.pointerId)) this.#touches.set(event.pointerId, at);
    if (event.pointerType !== "touch") {
      const { x, y } = this.camera.toBoard(at);
      this.presence.say({ cursor: [round(x), round(y)] });
    }
    this.#gesture.pointerMove?.(event, at);
  }

  /** @param {PointerEvent} event */
  #pointerUp(event) {
    this.#touches.delete(event.pointerId);
    this.#gesture.pointerUp?.(event, this.pointOf(event));
  }

  #cancel() {
    this.#gesture.cancel?.();
    if (this.#gesture.name !== "idling") this.idle();
  }

  /** Wheel pans; with Ctrl (a pinch on a trackpad) or a coarse mouse wheel with Ctrl it zooms. @param {WheelEvent} event */
  #wheel(event) {
    event.preventDefault();
    const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? this.camera.height : 1;
    const [dx, dy] = [event.deltaX * unit, event.deltaY * unit];
    if (event.ctrlKey || event.metaKey) {
      const step = Math.max(-60, Math.min(60, dy));
      this.camera.zoomTo(this.camera.zoom * Math.exp(-step * 0.008), this.pointOf(event));
    } else if (event.shiftKey && !dx) this.camera.panBy(-dy, 0);
    else this.camera.panBy(-dx, -dy);
  }
}

/** @param {number} number */
const round = (number) => Math.round(number * 10) / 10;
