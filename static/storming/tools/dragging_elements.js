/**
 * Dragging elements: the selected notes follow the pointer and snap to what lies near (Ctrl keeps them free). Others see it
 * as presence; one operation is written when they are put down. A note that was deleted meanwhile is left out. A lane, frame
 * or context takes what lies on it along.
 *
 * @import {Gesture, Point} from '../types'
 * @import {Wall} from '../wall.js'
 */

import { orderKeyAfter } from "../fractional.js";
import { around, encloses } from "../geometry.js";
import { isAreaKind, isNote } from "../kinds.js";
import { IDS_MAX } from "../presence.js";
import { snapped } from "../snapping.js";

const EDGE_PX = 36;
const RAISED_MAX = 40;
const SNAP_PX = 6;
/** Of more neighbours than these only the nearest draw. */
const NEIGHBOURS_MAX = 150;

/** @implements {Gesture} */
export class DraggingElements {
  name = "dragging_elements";
  cursor = "grabbing";
  #wall;
  #start;
  /** @type {Point} */
  #at;
  /** @type {Map<string, Point>} */
  #origins = new Map();
  /** Around everything that is dragged, where it was. @type {import('../types').Box | null} */
  #whole = null;
  /** @type {import('../snapping.js').Guide[]} */
  #guides = [];
  #free = false;
  /** What lies near, for the part of the wall that was in view. @type {{key: string, boxes: import('../types').Box[]}} */
  #near = { key: "", boxes: [] };
  /** By how much everything is moved. */
  #shift = { dx: 0, dy: 0 };

  /** @param {Wall} wall @param {Point} at screen, where it was pressed */
  constructor(wall, at) {
    this.#wall = wall;
    this.#at = at;
    this.#start = wall.camera.toBoard(at);
    for (const id of wall.selection.ids) for (const each of wall.scene.groupOf(id)) this.#take(each);
    this.#whole = around([...this.#origins.keys()].map((id) => wall.scene.boxOf(id)).filter((box) => box !== null));
  }

  enter() {
    this.#wall.renderer.animations.add(this.#drift);
  }

  leave() {
    this.#wall.renderer.animations.delete(this.#drift);
    this.#wall.presence.say({ drag: null });
    this.#wall.renderer.lift(this.#wall.presence.heldByOthers());
  }

  /** @param {PointerEvent} event @param {Point} at */
  pointerMove(event, at) {
    this.#at = at;
    this.#free = event.ctrlKey || event.metaKey;
    this.#follow();
  }

  /** @param {CanvasRenderingContext2D} context */
  draw(context) {
    const { camera, renderer } = this.#wall;
    context.strokeStyle = renderer.theme.guide;
    context.lineWidth = 1;
    context.beginPath();
    for (const { x, y, from, to } of this.#guides) {
      const [a, b] = x === null ? [{ x: from, y: y ?? 0 }, { x: to, y: y ?? 0 }] : [{ x, y: from }, { x, y: to }];
      const [start, end] = [camera.toScreen(a), camera.toScreen(b)];
      context.moveTo(Math.round(start.x) + 0.5, Math.round(start.y) + 0.5);
      context.lineTo(Math.round(end.x) + 0.5, Math.round(end.y) + 0.5);
    }
    context.stroke();
  }

  pointerUp() {
    const wall = this.#wall;
    /** @type {import('../types').ElementPatches} */
    const elements = {};
    let z = wall.scene.topZ;
    for (const [id, { x, y }] of this.#places()) {
      const element = wall.document.live(id);
      if (!element) continue;
      elements[id] = { x, y };
      if (isNote(element) && this.#origins.size <= RAISED_MAX && element.z !== wall.scene.topZ) elements[id].z = z = orderKeyAfter(z);
    }
    wall.syncing.write({ elements });
    wall.idle();
  }

  /** @param {KeyboardEvent} event */
  keyDown(event) {
    if (event.key !== "Escape") return false;
    this.#wall.idle();
    return true;
  }

  /** @param {string} id */
  #take(id) {
    const { document: board, scene } = this.#wall;
    const element = board.live(id);
    const box = scene.boxOf(id);
    if (!element || !box || element.kind === "connector" || this.#origins.has(id) || !this.#wall.mayChange(id)) return;
    this.#origins.set(id, { x: box.x, y: box.y });
    if (!isAreaKind(element.kind)) return;
    for (const inner of scene.within(box)) {
      if (inner.id !== id && inner.element.kind !== "connector" && encloses(box, inner.box)) this.#take(inner.id);
    }
  }

  #places() {
    const to = this.#wall.camera.toBoard(this.#at);
    let [dx, dy] = [to.x - this.#start.x, to.y - this.#start.y];
    const snap = this.#snap(dx, dy);
    [dx, dy] = [Math.round(dx + snap.dx), Math.round(dy + snap.dy)];
    this.#shift = { dx, dy };
    return new Map([...this.#origins].map(([id, { x, y }]) => [id, { x: x + dx, y: y + dy }]));
  }

  /** @param {number} dx @param {number} dy @returns {import('../snapping.js').Snap} */
  #snap(dx, dy) {
    const { camera } = this.#wall;
    const whole = this.#whole;
    this.#guides = [];
    if (!whole || this.#free) return { dx: 0, dy: 0, guides: [] };
    const box = { ...whole, x: whole.x + dx, y: whole.y + dy };
    let others = this.#neighbours();
    if (others.length > NEIGHBOURS_MAX) {
      const far = (/** @type {import('../types').Box} */ own) => Math.abs(own.x - box.x) + Math.abs(own.y - box.y);
      others = [...others].sort((a, b) => far(a) - far(b)).slice(0, NEIGHBOURS_MAX);
    }
    const snap = snapped(box, others, SNAP_PX / camera.zoom);
    this.#guides = snap.guides;
    return snap;
  }

  /** Read again when the wall has moved. */
  #neighbours() {
    const { camera, scene } = this.#wall;
    const key = `${camera.x} ${camera.y} ${camera.zoom}`;
    if (this.#near.key !== key) {
      const boxes = [];
      for (const { id, element, box } of scene.within(camera.view)) {
        if (element.kind !== "connector" && element.kind !== "vote" && !this.#origins.has(id)) boxes.push(box);
      }
      this.#near = { key, boxes };
    }
    return this.#near.boxes;
  }

  #follow() {
    const places = this.#places();
    const held = this.#wall.presence.heldByOthers();
    const lifted = held.size ? new Map([...held, ...places]) : places;
    this.#wall.renderer.lift(lifted, held.size ? null : this.#shift);
    const shown = [...places].slice(0, IDS_MAX);
    this.#wall.presence.say({ drag: Object.fromEntries(shown.map(([id, { x, y }]) => [id, [x, y]])) });
  }

  /** Near the edge the wall moves on by itself. */
  #drift = () => {
    const { camera } = this.#wall;
    const dx = pull(this.#at.x, camera.width);
    const dy = pull(this.#at.y, camera.height);
    if (!dx && !dy) return false;
    camera.panBy(dx, dy);
    this.#follow();
    return true;
  };
}

/** @param {number} at @param {number} size */
function pull(at, size) {
  if (at < EDGE_PX) return Math.min(12, (EDGE_PX - at) / 3);
  if (at > size - EDGE_PX) return -Math.min(12, (at - size + EDGE_PX) / 3);
  return 0;
}
