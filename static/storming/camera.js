/**
 * The camera: which part of the wall is seen, and how large. `x`, `y` is the board point at the top left of the screen;
 * screen = (board - camera) * zoom, in CSS pixels. Lifetime: session; the last view of each board is remembered.
 *
 * @import {Box, Point} from './types'
 */

import { Signal } from "./signals.js";

export const ZOOM_MIN = 0.02;
export const ZOOM_MAX = 4;

export class Camera {
  x = 0;
  y = 0;
  zoom = 1;
  /** CSS pixels of the wall. */
  width = 1;
  height = 1;
  /** @type {Signal<[]>} */
  changed = new Signal();

  /** @returns {Box} the part of the board that is seen */
  get view() {
    return { x: this.x, y: this.y, w: this.width / this.zoom, h: this.height / this.zoom };
  }

  /** @param {Point} at screen @returns {Point} board */
  toBoard(at) {
    return { x: at.x / this.zoom + this.x, y: at.y / this.zoom + this.y };
  }

  /** @param {Point} at board @returns {Point} screen */
  toScreen(at) {
    return { x: (at.x - this.x) * this.zoom, y: (at.y - this.y) * this.zoom };
  }

  /** @param {Box} box board @returns {Box} screen */
  boxToScreen(box) {
    return { ...this.toScreen(box), w: box.w * this.zoom, h: box.h * this.zoom };
  }

  /** @param {number} width @param {number} height CSS pixels */
  resize(width, height) {
    this.width = width;
    this.height = height;
    this.changed.emit();
  }

  /** @param {number} dx @param {number} dy screen pixels */
  panBy(dx, dy) {
    this.set(this.x - dx / this.zoom, this.y - dy / this.zoom, this.zoom);
  }

  /** Zooms so that the point under the pointer stays there. @param {number} zoom @param {Point} [at] screen; default: the middle */
  zoomTo(zoom, at = { x: this.width / 2, y: this.height / 2 }) {
    const held = this.toBoard(at);
    const next = Math.max(ZOOM_MIN, Math.min(ZOOM_MAX, zoom));
    this.set(held.x - at.x / next, held.y - at.y / next, next);
  }

  /** @param {number} x @param {number} y @param {number} zoom */
  set(x, y, zoom) {
    this.x = x;
    this.y = y;
    this.zoom = Math.max(ZOOM_MIN, Math.min(ZOOM_MAX, zoom));
    this.changed.emit();
  }

  /** Shows all of a box. @param {Box} box @param {number} [zoomMax] @param {{top?: number, left?: number, bottom?: number, right?: number}} [margin] */
  fit(box, zoomMax = 1, { top = 72, left = 96, bottom = 72, right = 64 } = {}) {
    const [w, h] = [Math.max(80, this.width - left - right), Math.max(80, this.height - top - bottom)];
    const zoom = Math.max(ZOOM_MIN, Math.min(zoomMax, w / Math.max(box.w, 1), h / Math.max(box.h, 1)));
    const [x, y] = [box.x + box.w / 2, box.y + box.h / 2];
    this.set(x - (left + w / 2) / zoom, y - (top + h / 2) / zoom, zoom);
  }

  /** Brings a box into view with as little movement as does it. @param {Box} box */
  reveal(box) {
    const margin = Math.min(96, this.width / 8, this.height / 8) / this.zoom;
    const view = this.view;
    let { x, y } = this;
    if (box.x < x + margin) x = box.x - margin;
    else if (box.x + box.w > x + view.w - margin) x = box.x + box.w - view.w + margin;
    if (box.y < y + margin) y = box.y - margin;
    else if (box.y + box.h > y + view.h - margin) y = box.y + box.h - view.h + margin;
    if (x !== this.x || y !== this.y) this.set(x, y, this.zoom);
  }
}
