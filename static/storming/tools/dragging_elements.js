/**
 * Dragging elements: the selected notes follow the pointer. Others see it as presence; one operation is written when they
 * are put down. A note that was deleted meanwhile is left out. A lane takes what lies on it along.
 *
 * @import {Gesture, Point} from '../types'
 * @import {Wall} from '../wall.js'
 */

import { orderKeyAfter } from "../fractional.js";
import { encloses } from "../geometry.js";
import { isNote } from "../kinds.js";
import { IDS_MAX } from "../presence.js";

const EDGE_PX = 36;
const RAISED_MAX = 40;

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

  /** @param {Wall} wall @param {Point} at screen, where it was pressed */
  constructor(wall, at) {
    this.#wall = wall;
    this.#at = at;
    this.#start = wall.camera.toBoard(at);
    for (const id of wall.selection.ids) this.#take(id);
  }

  enter() {
    this.#wall.renderer.animations.add(this.#drift);
  }

  leave() {
    this.#wall.renderer.animations.delete(this.#drift);
    this.#wall.presence.say({ drag: null });
    this.#wall.renderer.lift(this.#wall.presence.heldByOthers());
  }

  /** @param {PointerEvent} _event @param {Point} at */
  pointerMove(_event, at) {
    this.#at = at;
    this.#follow();
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
    if (!element || !box || element.kind === "connector" || this.#origins.has(id)) return;
    this.#origins.set(id, { x: box.x, y: box.y });
    if (element.kind !== "swimlane" && element.kind !== "frame") return;
    for (const inner of scene.within(box)) {
      if (isNote(inner.element) && encloses(box, inner.box)) this.#take(inner.id);
    }
  }

  #places() {
    const to = this.#wall.camera.toBoard(this.#at);
    const [dx, dy] = [to.x - this.#start.x, to.y - this.#start.y];
    return new Map([...this.#origins].map(([id, { x, y }]) => [id, { x: Math.round(x + dx), y: Math.round(y + dy) }]));
  }

  #follow() {
    const places = this.#places();
    this.#wall.renderer.lift(new Map([...this.#wall.presence.heldByOthers(), ...places]));
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
