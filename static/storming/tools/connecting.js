/**
 * Connecting: an arrow hangs on the pointer until it's put on another note; on empty space it makes the note that usually
 * follows. Begun from a handle it ends on release; begun by key it ends on a click, or Tab chooses and Enter takes.
 *
 * @import {Gesture, Point} from '../types'
 * @import {Wall} from '../wall.js'
 */

import { arrowBetween } from "../geometry.js";
import { FOLLOWED_BY, isNote } from "../kinds.js";
import { drawConnector } from "../render/connectors.js";
import { timeline } from "../timeline.js";

/** @implements {Gesture} */
export class Connecting {
  name = "connecting";
  cursor = "crosshair";
  #wall;
  #from;
  #at;
  #held;
  /** @type {string | null} */
  #target = null;

  /** @param {Wall} wall @param {string} from @param {Point} at screen @param {boolean} held the button is down */
  constructor(wall, from, at, held) {
    this.#wall = wall;
    this.#from = from;
    this.#at = at;
    this.#held = held;
  }

  /** @param {PointerEvent} _event @param {Point} at */
  pointerMove(_event, at) {
    this.#at = at;
    const hit = this.#wall.elementAt(at);
    this.#target = hit && hit.id !== this.#from && isNote(hit.element) ? hit.id : null;
    this.#wall.renderer.requestLively();
  }

  pointerDown() {
    this.#held = true;
  }

  /** @param {PointerEvent} event @param {Point} at */
  pointerUp(event, at) {
    if (!this.#held) return;
    this.pointerMove(event, at);
    const { commands, camera, document: board } = this.#wall;
    const from = board.live(this.#from);
    const box = this.#wall.scene.boxOf(this.#from);
    this.#wall.idle();
    if (!from || !box) return;
    if (this.#target) commands.connect(this.#from, this.#target);
    else {
      const [to, start] = [camera.toBoard(at), camera.toScreen({ x: box.x + box.w / 2, y: box.y + box.h / 2 })];
      const far = Math.hypot(at.x - start.x, at.y - start.y) > (Math.max(box.w, box.h) / 2) * camera.zoom + 60;
      if (far) commands.createNote(FOLLOWED_BY[from.kind] ?? "domain_event", to, { edit: true, after: this.#from });
    }
  }

  /** @param {KeyboardEvent} event */
  keyDown(event) {
    const wall = this.#wall;
    if (event.key === "Escape") wall.idle();
    else if (event.key === "Enter" && this.#target) {
      const target = this.#target;
      wall.idle();
      wall.commands.connect(this.#from, target);
    } else if (event.key === "Tab") this.#choose(event.shiftKey ? -1 : 1);
    else return false;
    event.preventDefault();
    return true;
  }

  /** @param {number} direction */
  #choose(direction) {
    const wall = this.#wall;
    const ids = timeline(wall.document).map(({ id }) => id);
    let place = ids.indexOf(this.#target ?? this.#from);
    do place = (place + direction + ids.length) % ids.length;
    while (ids[place] === this.#from && ids.length > 1);
    this.#target = ids[place] ?? null;
    const box = this.#target && wall.scene.boxOf(this.#target);
    if (!box || !this.#target) return;
    wall.camera.reveal(box);
    wall.announce(`Arrow to ${wall.document.live(this.#target)?.text || "a note without text"}. Enter connects.`);
    wall.renderer.requestLively();
  }

  /** @param {CanvasRenderingContext2D} context */
  draw(context) {
    const { camera, scene, renderer } = this.#wall;
    const from = scene.boxOf(this.#from);
    if (!from) return;
    const target = this.#target ? scene.boxOf(this.#target) : null;
    const curve = arrowBetween(from, target ?? { ...camera.toBoard(this.#at), w: 0, h: 0 });
    context.save();
    context.scale(camera.zoom, camera.zoom);
    context.translate(-camera.x, -camera.y);
    drawConnector(context, camera.zoom, curve, renderer.theme, { colour: renderer.theme.accent });
    context.restore();
    if (!target) return;
    const { x, y, w, h } = camera.boxToScreen(target);
    context.strokeStyle = renderer.theme.accent;
    context.lineWidth = 3;
    context.strokeRect(x - 4, y - 4, w + 8, h + 8);
  }
}
