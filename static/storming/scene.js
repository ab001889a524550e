/**
 * The scene: where everything lies. Keeps, for each live element of the document, its box in a spatial index, and
 * answers what lies in a box or under a point, in drawing order. Connectors and pivotal boundaries have boxes that
 * depend on others; the scene follows those.
 *
 * @import {Box, Point, ElementProps, Indexed} from './types'
 * @import {BoardDocument} from './document.js'
 */

import RBush from "rbush";

import { arrowBetween, around, centre, contains, distanceTo, grown, hullOf, isPlaced } from "./geometry.js";
import { NOTES, isAreaKind, isNote, isNoteKind, sizeOf } from "./kinds.js";
import { Signal } from "./signals.js";

/** Shadows, tilts and badges reach this far out of a note's box. */
export const BLEED = 26;
const LAYER = /** @type {Record<string, number>} */ ({ frame: 0, swimlane: 1, context: 2, connector: 3 });

/** @typedef {{id: string, element: ElementProps, box: Box}} Placed */

export class Scene {
  /** Boxes (board units) that have to be drawn again. @type {Signal<[Box[]]>} */
  dirtied = new Signal();
  #document;
  /** @type {RBush<Indexed>} */
  #index = new RBush(16);
  /** @type {Map<string, Indexed>} */
  #items = new Map();
  /** Note id -> connectors that hang on it. @type {Map<string, Set<string>>} */
  #hanging = new Map();
  /** Connector id -> the notes it hangs on now. @type {Map<string, string[]>} */
  #ends = new Map();
  /** Ids of pivotal events. @type {Set<string>} */
  pivotal = new Set();
  /** Place of first appearance, for notes without z. @type {Map<string, number>} */
  #order = new Map();
  #topZ = "";

  /** @param {BoardDocument} document */
  constructor(document) {
    this.#document = document;
    document.changed.on((ids) => this.#update(ids));
  }

  get topZ() { return this.#topZ; }
  get size() { return this.#items.size; }

  /** @param {string} id @returns {Box | null} without bleed; null for what isn't drawn */
  boxOf(id) {
    const element = this.#document.live(id);
    return element ? this.boxOfElement(element) : null;
  }

  /** @param {ElementProps} element @returns {Box | null} */
  boxOfElement(element) {
    if (element.kind === "connector") {
      const curve = this.curveOf(element);
      return curve && hullOf(curve);
    }
    if (!isPlaced(element)) return null;
    return { x: element.x ?? 0, y: element.y ?? 0, ...sizeOf(element) };
  }

  /** @param {ElementProps} connector @param {(id: string) => Box | null} [boxOf] where notes are, if not where the document says */
  curveOf(connector, boxOf = (id) => this.boxOf(id)) {
    const from = connector.from && this.#isNote(connector.from) ? boxOf(connector.from) : null;
    const to = connector.to && this.#isNote(connector.to) ? boxOf(connector.to) : null;
    return from && to ? arrowBetween(from, to) : null;
  }

  /** @param {string} id @returns {Iterable<string>} connectors that hang on it */
  connectorsOf(id) {
    return this.#hanging.get(id) ?? [];
  }

  /** @param {Box} box @returns {Placed[]} what may be seen in it, in drawing order */
  within(box) {
    const found = this.#index.search({ minX: box.x, minY: box.y, maxX: box.x + box.w, maxY: box.y + box.h });
    const placed = [];
    for (const { id } of found) {
      const element = this.#document.live(id);
      const own = element && this.boxOfElement(element);
      if (element && own) placed.push({ id, element, box: own });
    }
    return placed.sort((a, b) => this.#compare(a, b));
  }

  /** The uppermost thing under a point. @param {Point} at board @param {number} [slack] board units around thin things @returns {Placed | null} */
  at(at, slack = 6) {
    const found = this.within(grown({ ...at, w: 0, h: 0 }, slack)).reverse();
    return found.find((placed) => this.#hits(placed, at, slack)) ?? null;
  }

  /** Ids of the notes whose middle lies in an area. @param {string} id of the area */
  contentsOf(id) {
    const box = this.boxOf(id);
    if (!box) return [];
    return this.within(box).filter((placed) => isNote(placed.element) && contains(box, centre(placed.box))).map((placed) => placed.id);
  }

  /** The innermost area of a kind around a note's middle. @param {string} id @param {string} kind @returns {Placed | null} */
  areaOf(id, kind) {
    const box = this.boxOf(id);
    if (!box) return null;
    const at = centre(box);
    const around = this.within({ ...at, w: 0, h: 0 }).filter(({ element, box: own }) => element.kind === kind && contains(own, at));
    return around.reduce((least, each) => (!least || each.box.w * each.box.h < least.box.w * least.box.h ? each : least), /** @type {Placed | null} */ (null));
  }

  /** Everything of the same group, itself included. @param {string} id @returns {string[]} */
  groupOf(id) {
    const group = this.#document.live(id)?.group;
    if (!group) return [id];
    const found = [];
    for (const each of this.#items.keys()) if (this.#document.live(each)?.group === group) found.push(each);
    return found;
  }

  /** @returns {Box | null} around everything */
  bounds() {
    const boxes = [];
    for (const id of this.#items.keys()) {
      const box = this.boxOf(id);
      if (box) boxes.push(box);
    }
    return around(boxes);
  }

  /** @param {Placed} placed @param {Point} at @param {number} slack */
  #hits({ element, box }, at, slack) {
    if (element.kind === "connector") {
      const curve = this.curveOf(element);
      return curve !== null && distanceTo(curve, at) <= slack;
    }
    if (isAreaKind(element.kind)) {
      return contains(handleOf(element.kind, box), at) || (contains(grown(box, slack), at) && !contains(grown(box, -slack), at));
    }
    return contains(box, at);
  }

  /** @param {Placed} a @param {Placed} b */
  #compare(a, b) {
    const layers = (LAYER[a.element.kind] ?? 4) - (LAYER[b.element.kind] ?? 4);
    if (layers) return layers;
    const [az, bz] = [a.element.z ?? "", b.element.z ?? ""];
    if (az !== bz) return az < bz ? -1 : 1;
    return (this.#order.get(a.id) ?? 0) - (this.#order.get(b.id) ?? 0);
  }

  /** @param {string} id */
  #isNote(id) {
    const element = this.#document.live(id);
    return element !== undefined && element.kind in NOTES;
  }

  /** @param {Set<string>} ids */
  #update(ids) {
    /** @type {Box[]} */
    const dirty = [];
    const affected = new Set(ids);
    for (const id of ids) {
      this.#rehang(id);
      for (const connector of this.connectorsOf(id)) affected.add(connector);
    }
    const bulk = affected.size > 500 && this.#items.size === 0;
    /** @type {Indexed[]} */
    const added = [];
    for (const id of affected) {
      const before = this.#items.get(id);
      const after = this.#itemOf(id);
      if (before) {
        this.#index.remove(before);
        this.#items.delete(id);
        dirty.push({ x: before.minX, y: before.minY, w: before.maxX - before.minX, h: before.maxY - before.minY });
      }
      if (after) {
        if (bulk) added.push(after);
        else this.#index.insert(after);
        this.#items.set(id, after);
        if (!this.#order.has(id)) this.#order.set(id, this.#order.size);
        dirty.push({ x: after.minX, y: after.minY, w: after.maxX - after.minX, h: after.maxY - after.minY });
      }
    }
    if (bulk) this.#index.load(added);
    this.dirtied.emit(dirty);
  }

  /** Keeps pivotal, ends of connectors and the top z for one element. @param {string} id */
  #rehang(id) {
    const element = this.#document.live(id);
    if (element?.pivotal && element.kind === "domain_event") this.pivotal.add(id);
    else this.pivotal.delete(id);
    if (element?.z && element.z > this.#topZ) this.#topZ = element.z;
    for (const end of this.#ends.get(id) ?? []) this.#hanging.get(end)?.delete(id);
    this.#ends.delete(id);
    if (element?.kind !== "connector") return;
    const ends = [element.from, element.to].filter((end) => end !== undefined);
    this.#ends.set(id, ends);
    for (const end of ends) {
      if (!this.#hanging.has(end)) this.#hanging.set(end, new Set());
      this.#hanging.get(end)?.add(id);
    }
  }

  /** @param {string} id @returns {Indexed | null} the box that its drawing stays within */
  #itemOf(id) {
    const element = this.#document.live(id);
    const box = element && this.boxOfElement(element);
    if (!element || !box) return null;
    const bleed = isNoteKind(element.kind) || element.kind === "connector" ? BLEED : 32;
    const { x, y, w, h } = grown(box, bleed);
    return { id, minX: x, minY: y, maxX: x + w, maxY: y + h };
  }
}

/** Where an area is taken hold of besides its border: a lane's head, a frame's title above it, a context's tab within.
 * @param {import('./types').AreaKind} kind @param {Box} box @returns {Box} */
function handleOf(kind, box) {
  if (kind === "swimlane") return { ...box, w: 44 };
  if (kind === "frame") return { x: box.x, y: box.y - 30, w: Math.min(box.w, 320), h: 30 };
  return { x: box.x, y: box.y, w: Math.min(box.w, 260), h: 38 };
}
