/**
 * The board's document: a map of flat elements, the last write wins per property.
 *
 * Three layers. `confirmed` is what the server's history says up to `seq`. On top lie my operations that the history
 * doesn't hold yet; since the server will number them later than everything confirmed, mine wins until it is refused.
 * Between them lie my drafts: notes that nobody else sees (`draft: true`); those without a place are the tray.
 * `elements` is the sum of all: what is drawn. Deleting is soft; `elements` keeps deleted ones, `isLive` tells.
 *
 * The document is free of network, storage and drawing. Lifetime: document.
 *
 * @import {ElementProps, ElementPatch, ElementPatches, Patch, OwnOperation, Operation} from './types'
 */

import { Signal } from "./signals.js";

export class BoardDocument {
  /** What is drawn: id -> properties. @type {Map<string, ElementProps>} */
  elements = new Map();
  /** Ids whose drawn properties have changed. @type {Signal<[Set<string>]>} */
  changed = new Signal();
  /** What lies in my tray has changed. @type {Signal<[]>} */
  trayChanged = new Signal();
  /** Who but me wrote an element last, and at which seq. @type {Map<string, {seq: number, name: string}>} */
  writtenByOthers = new Map();
  seq = 0;

  /** @type {Map<string, ElementProps>} */
  #confirmed = new Map();
  /** @type {Map<string, ElementProps>} */
  #drafts = new Map();
  /** My operations not in the history yet, by n. @type {Map<number, Patch>} */
  #pending = new Map();

  /** Another board, or another history of it: everything confirmed is replaced; what is pending stays on top.
   * @param {Record<string, ElementProps>} elements @param {number} seq */
  load(elements, seq) {
    const before = new Set(this.elements.keys());
    this.#confirmed = new Map(Object.entries(elements).map(([id, properties]) => [id, { ...properties }]));
    this.seq = seq;
    this.#rebuild();
    this.changed.emit(new Set([...before, ...this.elements.keys()]));
  }

  /** My drafts, as the server has them. @param {Record<string, ElementProps | null>} drafts @param {boolean} all there are no others */
  setDrafts(drafts, all) {
    const touched = new Set(Object.keys(drafts));
    if (all) for (const id of this.#drafts.keys()) if (!drafts[id]) touched.add(id);
    for (const id of touched) {
      const properties = drafts[id];
      if (properties) this.#drafts.set(id, properties);
      else this.#drafts.delete(id);
    }
    this.#redraw(touched);
    this.trayChanged.emit();
  }

  /** Drafts without a place, oldest first. @returns {{id: string, element: ElementProps}[]} */
  get tray() {
    return [...this.#drafts].filter(([id, element]) => !element.deleted && !hasPlace(element) && !this.#confirmed.has(id))
      .map(([id, element]) => ({ id, element }));
  }

  /** How many notes on the wall are mine alone. */
  get draftCount() {
    return [...this.#drafts.values()].filter((element) => !element.deleted && hasPlace(element)).length;
  }

  /** It went into my drafts. @param {number} n */
  forget(n) {
    const patch = this.#pending.get(n);
    this.#pending.delete(n);
    if (patch) this.#redraw(new Set(Object.keys(patch.elements)));
  }

  /** Applies an operation of mine at once. @param {OwnOperation} operation */
  applyMine(operation) {
    this.#pending.set(operation.n, operation.patch);
    this.changed.emit(applyPatch(this.elements, operation.patch.elements));
  }

  /** Applies operations of the history, in order of seq.
   * @param {Operation[]} operations @param {string} clientId mine */
  applyHistory(operations, clientId) {
    /** @type {Set<string>} */
    const touched = new Set();
    for (const operation of operations) {
      if (operation.seq <= this.seq) continue;
      this.seq = operation.seq;
      for (const id of applyPatch(this.#confirmed, operation.patch.elements)) touched.add(id);
      if (operation.client_id === clientId) this.#pending.delete(operation.n);
      else this.#noteWriter(operation);
    }
    this.#redraw(touched);
  }

  /** The server refused an operation of mine: its values come off, the server's present ones are put in place.
   * @param {number} n @param {Record<string, ElementPatch | null>} restore @returns {Patch | undefined} what was refused */
  refuse(n, restore) {
    const patch = this.#pending.get(n);
    this.#pending.delete(n);
    for (const [id, properties] of Object.entries(restore)) {
      if (properties === null) this.#confirmed.delete(id);
      else applyPatch(this.#confirmed, { [id]: properties });
    }
    this.#redraw(new Set([...Object.keys(restore), ...Object.keys(patch?.elements ?? {})]));
    return patch;
  }

  /** Forgets pending operations that the history is known to hold. @param {number} acked */
  forgetUpTo(acked) {
    for (const n of this.#pending.keys()) if (n <= acked) this.#pending.delete(n);
  }

  /** Takes all pending operations off the drawing, e.g. after a reset; the outbox still has them. */
  dropPending() {
    this.#pending.clear();
  }

  /** @param {string} id @returns {ElementProps | undefined} the element, unless it's deleted or unknown */
  live(id) {
    const element = this.elements.get(id);
    return element && !element.deleted ? element : undefined;
  }

  /**
   * What to write to take a patch back, seen from the present state. A created element is taken back by deleting it.
   * @param {Patch} patch @returns {ElementPatches}
   */
  inverseOf(patch) {
    /** @type {ElementPatches} */
    const inverse = {};
    for (const [id, properties] of Object.entries(patch.elements)) {
      const present = this.elements.get(id);
      if (!present) {
        inverse[id] = { deleted: true };
        continue;
      }
      /** @type {Record<string, unknown>} */
      const before = {};
      for (const name of Object.keys(properties)) before[name] = present[/** @type {keyof ElementProps} */ (name)] ?? null;
      inverse[id] = /** @type {ElementPatch} */ (before);
    }
    return inverse;
  }

  /** @param {Operation} operation */
  #noteWriter(operation) {
    for (const id of Object.keys(operation.patch.elements)) {
      this.writtenByOthers.set(id, { seq: operation.seq, name: operation.actor?.name ?? "Somebody" });
    }
  }

  #rebuild() {
    this.elements = new Map([...this.#confirmed].map(([id, properties]) => [id, { ...properties }]));
    for (const [id, properties] of this.#drafts) {
      if (hasPlace(properties) && !this.#confirmed.has(id)) this.elements.set(id, { ...properties, draft: true });
    }
    for (const patch of this.#pending.values()) applyPatch(this.elements, patch.elements);
  }

  /** Draws these again from the confirmed state and what is pending. @param {Set<string>} ids */
  #redraw(ids) {
    for (const id of ids) {
      const confirmed = this.#confirmed.get(id);
      const draft = this.#drafts.get(id);
      if (confirmed) this.elements.set(id, { ...confirmed });
      else if (draft && hasPlace(draft)) this.elements.set(id, { ...draft, draft: true });
      else this.elements.delete(id);
    }
    for (const patch of this.#pending.values()) {
      for (const id of Object.keys(patch.elements)) {
        if (ids.has(id)) applyPatch(this.elements, { [id]: patch.elements[id] });
      }
    }
    if (ids.size) this.changed.emit(ids);
  }
}

/** @param {ElementProps} element */
const hasPlace = (element) => element.x !== undefined && element.y !== undefined;

/** Sets properties; an unknown element needs a kind. @param {Map<string, ElementProps>} elements
 * @param {ElementPatches} patches @returns {Set<string>} ids that were written */
export function applyPatch(elements, patches) {
  /** @type {Set<string>} */
  const touched = new Set();
  for (const [id, properties] of Object.entries(patches)) {
    const present = elements.get(id);
    if (!present && !properties.kind) continue;
    const next = /** @type {Record<string, unknown>} */ ({ ...present });
    for (const [name, value] of Object.entries(properties)) {
      if (value === null) delete next[name];
      else next[name] = value;
    }
    elements.set(id, /** @type {ElementProps} */ (/** @type {unknown} */ (next)));
    touched.add(id);
  }
  return touched;
}
