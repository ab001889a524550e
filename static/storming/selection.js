/** What I have selected. Lifetime: session; others see it as presence. */

import { Signal } from "./signals.js";

export class Selection {
  /** @type {Set<string>} */
  ids = new Set();
  /** @type {Signal<[]>} */
  changed = new Signal();

  get size() { return this.ids.size; }
  /** The one selected element, if it is one. @returns {string | undefined} */
  get only() { return this.ids.size === 1 ? [...this.ids][0] : undefined; }

  /** @param {string} id */
  has(id) {
    return this.ids.has(id);
  }

  /** @param {Iterable<string>} ids */
  set(ids) {
    const next = new Set(ids);
    if (next.size === this.ids.size && [...next].every((id) => this.ids.has(id))) return;
    this.ids = next;
    this.changed.emit();
  }

  /** @param {string} id */
  toggle(id) {
    const next = new Set(this.ids);
    if (!next.delete(id)) next.add(id);
    this.set(next);
  }

  clear() {
    this.set([]);
  }
}
