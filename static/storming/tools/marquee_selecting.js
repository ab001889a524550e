/** Marquee selecting: everything that the rectangle touches; lanes and frames only when it holds them whole. @import {Gesture, Point} from '../types' @import {Wall} from '../wall.js' */

import { between, encloses, overlap } from "../geometry.js";
import { isNote } from "../kinds.js";

/** @implements {Gesture} */
export class MarqueeSelecting {
  name = "marquee_selecting";
  cursor = "crosshair";
  #wall;
  #from;
  #to;
  #before;

  /** @param {Wall} wall @param {Point} at @param {boolean} add to what is selected */
  constructor(wall, at, add) {
    this.#wall = wall;
    this.#from = wall.camera.toBoard(at);
    this.#to = this.#from;
    this.#before = add ? [...wall.selection.ids] : [];
    if (!add) wall.selection.clear();
  }

  /** @param {PointerEvent} _event @param {Point} at */
  pointerMove(_event, at) {
    const { scene, camera, selection, renderer } = this.#wall;
    this.#to = camera.toBoard(at);
    const box = between(this.#from, this.#to);
    const found = scene.within(box).filter(({ element, box: own }) => (isNote(element) ? overlap(box, own) : encloses(box, own)));
    selection.set([...this.#before, ...found.flatMap(({ id, element }) => (element.group ? scene.groupOf(id) : [id]))]);
    renderer.requestLively();
  }

  pointerUp() {
    this.#wall.idle();
  }

  cancel() {
    this.#wall.selection.set(this.#before);
  }

  /** @param {CanvasRenderingContext2D} context */
  draw(context) {
    const { x, y, w, h } = this.#wall.camera.boxToScreen(between(this.#from, this.#to));
    context.strokeStyle = context.fillStyle = this.#wall.renderer.theme.accent;
    context.lineWidth = 1;
    context.globalAlpha = 0.1;
    context.fillRect(x, y, w, h);
    context.globalAlpha = 1;
    context.strokeRect(x, y, w, h);
  }
}
