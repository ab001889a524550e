/**
 * What is said of notes: remarks and reactions by note, kept as the document changes, so that nothing has to search for them.
 *
 * @import {ElementProps} from '../types'
 * @import {BoardDocument} from '../document.js'
 */

import { Signal } from "../signals.js";

/** @typedef {{id: string, element: ElementProps}} Said */

export class SaidOfNotes {
  /** @type {Signal<[]>} */
  changed = new Signal();
  #document;
  /** Note id -> ids of what is said of it. @type {Map<string, Set<string>>} */
  #by = new Map();

  /** @param {BoardDocument} document */
  constructor(document) {
    this.#document = document;
    document.changed.on((ids) => this.#update(ids));
  }

  /** Ids of notes that something is said of. */
  subjects() {
    return this.#by.keys();
  }

  /** Oldest first. @param {string} id @returns {Said[]} */
  remarksOf(id) {
    return this.#of(id, "remark").sort((a, b) => (a.element.created_at ?? "~").localeCompare(b.element.created_at ?? "~"));
  }

  /** @param {string} id @returns {number} remarks that nobody has resolved */
  openRemarks(id) {
    return this.#of(id, "remark").filter(({ element }) => !element.resolved).length;
  }

  /** How often each emoji, in order of the first. @param {string} id @returns {Map<string, Said[]>} */
  reactionsOf(id) {
    /** @type {Map<string, Said[]>} */
    const by = new Map();
    for (const said of this.#of(id, "reaction")) by.set(said.element.emoji ?? "", [...(by.get(said.element.emoji ?? "") ?? []), said]);
    return by;
  }

  /** @param {string} id @param {'remark' | 'reaction'} kind @returns {Said[]} */
  #of(id, kind) {
    const found = [];
    for (const said of this.#by.get(id) ?? []) {
      const element = this.#document.live(said);
      if (element?.kind === kind) found.push({ id: said, element });
    }
    return found;
  }

  /** @param {Set<string>} ids */
  #update(ids) {
    let any = false;
    for (const id of ids) {
      const element = this.#document.elements.get(id);
      if (!element?.on) continue;
      any = true;
      if (!this.#by.has(element.on)) this.#by.set(element.on, new Set());
      this.#by.get(element.on)?.add(id);
    }
    if (any) this.changed.emit();
  }
}
