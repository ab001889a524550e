/**
 * Undo is mine alone. Each of my operations leaves an entry: what it wrote and what to write to take it back. Taking it
 * back writes only where my value still stands, and is an operation itself. What somebody else has written since stays.
 * Taking back a creation would delete the whole note, so it is skipped once somebody else has written on that note.
 *
 * Lifetime: session.
 *
 * @import {ElementPatches, ElementProps, Patch} from './types'
 * @import {BoardDocument} from './document.js'
 */

export const ENTRIES_MAX = 200;

/**
 * @typedef {object} Entry
 * @property {number} n of the operation that this takes back
 * @property {number} seq the document's when it was made
 * @property {ElementPatches} written
 * @property {ElementPatches} inverse
 * @property {string} [group] entries of one group in a row become one
 */

export class UndoStack {
  /** @type {Entry[]} */
  #done = [];
  /** @type {Entry[]} */
  #undone = [];
  #document;

  /** @param {BoardDocument} document */
  constructor(document) {
    this.#document = document;
  }

  /** A new operation of mine, before it is applied. @param {number} n @param {Patch} patch @param {string} [group] */
  record(n, patch, group) {
    const entry = { n, seq: this.#document.seq, written: patch.elements, inverse: this.#document.inverseOf(patch), group };
    this.#undone = [];
    const last = this.#done.at(-1);
    if (group && last?.group === group) this.#done[this.#done.length - 1] = joined(last, entry);
    else this.#done.push(entry);
    if (this.#done.length > ENTRIES_MAX) this.#done.shift();
  }

  /** What to write to take my last step back: {patch, undoOf, skipped}; null when there is nothing left.
   * @param {'undo' | 'redo'} direction @param {number} n the number the new operation will get */
  take(direction, n) {
    const [from, to] = direction === "undo" ? [this.#done, this.#undone] : [this.#undone, this.#done];
    const entry = from.pop();
    if (!entry) return null;
    const { elements, skipped } = this.#standing(entry);
    const patch = { elements };
    if (Object.keys(elements).length) {
      to.push({ n, seq: this.#document.seq, written: elements, inverse: this.#document.inverseOf(patch) });
    }
    return { patch, undoOf: entry.n, skipped };
  }

  /** The operations these steps belong to are of another history. */
  clear() {
    this.#done = [];
    this.#undone = [];
  }

  get canUndo() { return this.#done.length > 0; }
  get canRedo() { return this.#undone.length > 0; }

  /** @param {Entry} entry the part of its inverse whose written value still stands */
  #standing(entry) {
    /** @type {ElementPatches} */
    const elements = {};
    let skipped = 0;
    for (const [id, inverse] of Object.entries(entry.inverse)) {
      const present = this.#document.elements.get(id);
      const wrote = entry.written[id];
      const created = wrote.kind !== undefined && inverse.deleted === true && wrote.deleted === undefined;
      if (!present || (created && this.#othersWroteSince(id, entry.seq))) {
        skipped++;
        continue;
      }
      const kept = Object.entries(inverse).filter(([name]) => {
        const stands = wrote[/** @type {keyof ElementProps} */ (name)] ?? null;
        return created || same(stands, present[/** @type {keyof ElementProps} */ (name)] ?? null);
      });
      if (kept.length) elements[id] = Object.fromEntries(kept);
      if (kept.length < Object.keys(inverse).length) skipped++;
    }
    return { elements, skipped };
  }

  /** @param {string} id @param {number} seq */
  #othersWroteSince(id, seq) {
    const written = this.#document.writtenByOthers.get(id);
    return written !== undefined && written.seq > seq;
  }
}

/** Two entries as one step: the newer values, the older inverse. @param {Entry} first @param {Entry} second @returns {Entry} */
function joined(first, second) {
  const written = { ...first.written };
  const inverse = { ...first.inverse };
  for (const [id, properties] of Object.entries(second.written)) {
    const creation = written[id]?.kind !== undefined && inverse[id]?.deleted === true;
    written[id] = { ...written[id], ...properties };
    if (!creation) inverse[id] = { ...second.inverse[id], ...inverse[id] };
  }
  return { ...first, written, inverse }; // the first one's number: what others wrote since then stays
}

/** @param {unknown} a @param {unknown} b */
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
