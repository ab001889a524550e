/** Resizing a note, lane or frame by one of its handles. @import {Box, Gesture, Point} from '../types' @import {Wall, Handle} from '../wall.js' */

import { isNote } from "../kinds.js";

const NOTE_MIN = 48;
const AREA_MIN = 120;

/** @implements {Gesture} */
export class Resizing {
  name = "resizing";
  cursor = "nwse-resize";
  #wall;
  #id;
  #side;
  #start;
  #origin;
  /** @type {Box | null} */
  #box = null;

  /** @param {Wall} wall @param {Handle} handle @param {Point} at */
  constructor(wall, handle, at) {
    this.#wall = wall;
    this.#id = handle.id;
    this.#side = handle.side;
    this.#start = wall.camera.toBoard(at);
    this.#origin = wall.scene.boxOf(handle.id);
  }

  leave() {
    this.#wall.renderer.lift(this.#wall.presence.heldByOthers());
  }

  /** @param {PointerEvent} _event @param {Point} at */
  pointerMove(_event, at) {
    const { camera, document: board, renderer } = this.#wall;
    const origin = this.#origin;
    const element = board.live(this.#id);
    if (!origin || !element) return;
    const to = camera.toBoard(at);
    const least = isNote(element) ? NOTE_MIN : AREA_MIN;
    const w = this.#side === "bottom" ? origin.w : Math.max(least, Math.round(origin.w + to.x - this.#start.x));
    const h = this.#side === "right" ? origin.h : Math.max(least, Math.round(origin.h + to.y - this.#start.y));
    this.#box = { ...origin, w, h };
    renderer.lift(new Map([[this.#id, this.#box]]));
  }

  pointerUp() {
    if (this.#box && this.#wall.mayChange(this.#id)) {
      this.#wall.syncing.write({ elements: { [this.#id]: { w: this.#box.w, h: this.#box.h } } });
    }
    this.#wall.idle();
  }

  /** @param {KeyboardEvent} event */
  keyDown(event) {
    if (event.key !== "Escape") return false;
    this.#wall.idle();
    return true;
  }
}
