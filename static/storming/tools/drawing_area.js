/**
 * Drawing a lane, frame or bounded context: from corner to corner. A mere click (or Enter) makes one where it fits: a lane as
 * wide as the screen, a frame or context around what is selected.
 *
 * @import {AreaKind, Box, Gesture, Point} from '../types'
 * @import {Wall} from '../wall.js'
 */

import { around, between, grown } from "../geometry.js";

/** @implements {Gesture} */
export class DrawingArea {
  name = "drawing_area";
  cursor = "crosshair";
  #wall;
  #kind;
  /** @type {Point | null} */
  #from = null;
  /** @type {Point | null} */
  #to = null;

  /** @param {Wall} wall @param {AreaKind} kind */
  constructor(wall, kind) {
    this.#wall = wall;
    this.#kind = kind;
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
    if (!this.#from || !this.#to) return;
    const box = between(this.#from, this.#to);
    this.#make(box.w < 60 && box.h < 60 ? this.#fitting(this.#from) : box);
  }

  /** @param {KeyboardEvent} event */
  keyDown(event) {
    if (event.key === "Escape") this.#wall.idle();
    else if (event.key === "Enter") {
      const { x, y, w, h } = this.#wall.camera.view;
      this.#make(this.#fitting({ x: x + w / 2, y: y + h / 2 }));
    } else return false;
    event.preventDefault();
    return true;
  }

  /** @param {Point} at @returns {Box} */
  #fitting(at) {
    const { camera, selection, scene } = this.#wall;
    const { x, w } = camera.view;
    const chosen = around([...selection.ids].map((id) => scene.boxOf(id)).filter((box) => box !== null));
    if (chosen) return this.#kind === "swimlane" ? { ...grown(chosen, 30), x: chosen.x - 80, w: chosen.w + 110 } : grown(chosen, 44);
    if (this.#kind === "swimlane") return { x: x + w * 0.1, y: at.y - 110, w: w * 0.8, h: 220 };
    return { x: at.x - 320, y: at.y - 200, w: 640, h: 400 };
  }

  /** @param {Box} box */
  #make(box) {
    this.#wall.idle();
    this.#wall.commands.createArea(this.#kind, { ...box, w: Math.max(200, box.w), h: Math.max(120, box.h) });
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
