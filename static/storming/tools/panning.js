/** Panning: the wall follows the hand. @import {Gesture, Point} from '../types' @import {Wall} from '../wall.js' */

/** @implements {Gesture} */
export class Panning {
  name = "panning";
  cursor = "grabbing";
  #wall;
  #last;
  #start;
  #tapClears;

  /** @param {Wall} wall @param {Point} at @param {boolean} [tapClears] a press without movement clears the selection */
  constructor(wall, at, tapClears = false) {
    this.#wall = wall;
    this.#last = this.#start = at;
    this.#tapClears = tapClears;
  }

  /** @param {PointerEvent} _event @param {Point} at */
  pointerMove(_event, at) {
    this.#wall.camera.panBy(at.x - this.#last.x, at.y - this.#last.y);
    this.#last = at;
  }

  /** @param {PointerEvent} _event @param {Point} at */
  pointerUp(_event, at) {
    const still = Math.hypot(at.x - this.#start.x, at.y - this.#start.y) < 6;
    if (this.#tapClears && still) this.#wall.selection.clear();
    this.#wall.idle();
  }
}
