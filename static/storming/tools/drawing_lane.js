/** Drawing a lane: from corner to corner. A mere click makes one as wide as the screen. @import {Gesture, Point} from '../types' @import {Wall} from '../wall.js' */

import { between } from "../geometry.js";

/** @implements {Gesture} */
export class DrawingLane {
  name = "drawing_lane";
  cursor = "crosshair";
  #wall;
  /** @type {Point | null} */
  #from = null;
  /** @type {Point | null} */
  #to = null;

  /** @param {Wall} wall */
  constructor(wall) {
    this.#wall = wall;
  }

  /** @param {PointerEvent} _event @param {Point} at */
  pointerDown(_event, at) {
    this.#from = this.#to = this.#wall.camera.toBoard(at);
  }

  /** @param {PointerEvent} _event @param {Point} at */
  pointerMove(_event, at) {
    if (!this.#from) return;
    this.#to = this.#wall.camera.toBoard(at);
    this.#wall.renderer.requestLively();
  }

  pointerUp() {
    const { camera, commands } = this.#wall;
    if (!this.#from || !this.#to) return;
    let box = between(this.#from, this.#to);
    if (box.w < 60 && box.h < 60) {
      const view = camera.view;
      box = { x: view.x + view.w * 0.1, y: this.#from.y - 110, w: view.w * 0.8, h: 220 };
    }
    this.#wall.idle();
    commands.createArea("swimlane", { ...box, w: Math.max(200, box.w), h: Math.max(120, box.h) });
  }

  /** @param {KeyboardEvent} event */
  keyDown(event) {
    if (event.key !== "Escape") return false;
    this.#wall.idle();
    return true;
  }

  /** @param {CanvasRenderingContext2D} context */
  draw(context) {
    if (!this.#from || !this.#to) return;
    const { x, y, w, h } = this.#wall.camera.boxToScreen(between(this.#from, this.#to));
    context.strokeStyle = this.#wall.renderer.theme.accent;
    context.lineWidth = 2;
    context.strokeRect(x, y, w, h);
  }
}
