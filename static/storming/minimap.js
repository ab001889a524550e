/** The minimap: the whole wall, what is seen of it now, and others' views. Press or drag to go there. @import {Box, Point} from './types' @import {Wall} from './wall.js' */

import { encloses, grown } from "./geometry.js";
import { isNoteKind, NOTES } from "./kinds.js";

const REDRAW_MS = 400;
/** Board units around what lies on the wall. */
const MARGIN = 200;

export class Minimap {
  #wall;
  #host;
  #canvas;
  #view;
  /** @type {Box} */
  #bounds = { x: 0, y: 0, w: 1, h: 1 };
  #scale = 1;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {Wall} wall @param {HTMLElement} host */
  constructor(wall, host) {
    this.#wall = wall;
    this.#host = host;
    this.#canvas = /** @type {HTMLCanvasElement} */ (host.querySelector("canvas"));
    this.#view = /** @type {HTMLElement} */ (host.querySelector("[data-view]"));
    wall.scene.dirtied.on(() => this.#soon());
    wall.camera.changed.on(() => this.#showView());
    document.addEventListener("themechange", () => this.#soon());
    host.addEventListener("pointerdown", (event) => {
      host.setPointerCapture(event.pointerId);
      this.#go(event);
    });
    host.addEventListener("pointermove", (event) => { if (host.hasPointerCapture(event.pointerId)) this.#go(event); });
    this.#soon();
  }

  #soon() {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#draw();
    }, REDRAW_MS);
  }

  #draw() {
    const { scene, renderer } = this.#wall;
    const canvas = this.#canvas;
    const ratio = Math.min(2, devicePixelRatio);
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width) return;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    this.#bounds = grown(scene.bounds() ?? this.#wall.camera.view, MARGIN);
    const { x, y, w, h } = this.#bounds;
    this.#scale = Math.min(width / w, height / h);
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const s = this.#scale * ratio;
    context.setTransform(s, 0, 0, s, ((width - w * this.#scale) / 2) * ratio - x * s, ((height - h * this.#scale) / 2) * ratio - y * s);
    const least = 1.5 / s;
    for (const { element, box } of scene.within(this.#bounds)) {
      if (element.kind === "connector") continue;
      context.fillStyle = isNoteKind(element.kind) ? NOTES[element.kind].colour : renderer.theme.lane;
      context.fillRect(box.x, box.y, Math.max(least, box.w), Math.max(least, box.h));
    }
    this.#showView();
  }

  #showView() {
    const { x, y, w, h } = this.#wall.camera.view;
    const [width, height] = [this.#canvas.clientWidth, this.#canvas.clientHeight];
    const left = (x - this.#bounds.x) * this.#scale + (width - this.#bounds.w * this.#scale) / 2;
    const top = (y - this.#bounds.y) * this.#scale + (height - this.#bounds.h * this.#scale) / 2;
    const [fromX, fromY] = [Math.max(0, left), Math.max(0, top)];
    const style = this.#view.style;
    style.transform = `translate(${fromX}px, ${fromY}px)`;
    style.width = `${Math.max(4, Math.min(width, left + w * this.#scale) - fromX)}px`;
    style.height = `${Math.max(4, Math.min(height, top + h * this.#scale) - fromY)}px`;
    // With all of the wall in view there is nowhere to go, and it would only cover notes.
    this.#host.classList.toggle("wall-minimap--idle", encloses({ x, y, w, h }, grown(this.#bounds, -MARGIN)));
  }

  /** @param {PointerEvent} event */
  #go(event) {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    const x = (event.clientX - left - (width - this.#bounds.w * this.#scale) / 2) / this.#scale + this.#bounds.x;
    const y = (event.clientY - top - (height - this.#bounds.h * this.#scale) / 2) / this.#scale + this.#bounds.y;
    const { camera } = this.#wall;
    camera.set(x - camera.width / camera.zoom / 2, y - camera.height / camera.zoom / 2, camera.zoom);
  }
}
