/**
 * The outbox: operations of mine that the server hasn't acknowledged, kept in IndexedDB, so that they outlive a reload,
 * a crash and a night without network.
 *
 * Rules. One client_id a page load; while the page lives it holds the Web Lock "factstorm:<client_id>". An outbox whose
 * lock is free is an orphan: its page is gone. Whoever gets the lock delivers it under its own client_id, so that what
 * the server already holds is recognised by (client_id, n) and not applied twice. An operation leaves the store when it is
 * acknowledged or refused, or when the person throws it away.
 *
 * Keys: [board_id, client_id, n] -> {n, patch, undo_of?, epoch}. Lifetime: until acknowledged.
 *
 * @import {OwnOperation, Result} from './types'
 */

import { createStore, delMany, entries, setMany } from "idb-keyval";

import { Signal } from "./signals.js";

export const OPERATIONS_MAX = 10_000;

/** @typedef {OwnOperation & {epoch: string | null}} Kept */

/** @returns {ReturnType<typeof createStore> | null} null where the browser forbids storage (then memory has to do) */
function openStore() {
  try {
    return createStore("factstorm-board", "outbox");
  } catch {
    return null;
  }
}

const store = openStore();

export class Outbox {
  clientId;
  /** How many operations wait for their acknowledgement. @type {Signal<[number]>} */
  changed = new Signal();
  /** Whether the browser keeps them over a reload. */
  durable = store !== null;
  #boardId;
  #n = 0;
  /** @type {Map<number, Kept>} */
  #waiting = new Map();
  /** @type {Map<number, Kept>} */
  #unwritten = new Map();
  #writing = false;
  #release = () => {};

  /** @param {string} boardId @param {string} [clientId] */
  constructor(boardId, clientId = crypto.randomUUID()) {
    this.#boardId = boardId;
    this.clientId = clientId;
  }

  /** Holds the lock that says: this outbox has a page. Resolves once it's held, to false if another page has it. */
  claim() {
    if (!navigator.locks) return Promise.resolve(true);
    return new Promise((/** @type {(held: boolean) => void} */ resolve) => {
      const held = new Promise((release) => { this.#release = () => release(undefined); });
      navigator.locks
        .request(`factstorm:${this.clientId}`, { ifAvailable: true }, (lock) => {
          resolve(lock !== null);
          return lock === null ? undefined : held;
        })
        .catch(() => resolve(true));
    });
  }

  release() {
    this.#release();
  }

  get size() { return this.#waiting.size; }
  get isFull() { return this.#waiting.size >= OPERATIONS_MAX; }
  get nextNumber() { return this.#n + 1; }
  /** In order of n. */
  get waiting() { return [...this.#waiting.values()]; }

  /** @param {OwnOperation['patch']} patch @param {string | null} epoch @param {number} [undoOf] @returns {Kept} */
  add(patch, epoch, undoOf) {
    this.#n += 1;
    /** @type {Kept} */
    const kept = { n: this.#n, patch, epoch };
    if (undoOf !== undefined) kept.undo_of = undoOf;
    this.#waiting.set(kept.n, kept);
    this.#unwritten.set(kept.n, kept);
    void this.#write();
    this.changed.emit(this.size);
    return kept;
  }

  /** @param {number[]} numbers acknowledged, refused or thrown away */
  settle(numbers) {
    for (const n of numbers) {
      this.#waiting.delete(n);
      this.#unwritten.delete(n);
    }
    if (store) void delMany(numbers.map((n) => this.#key(n)), store).catch(() => {});
    this.changed.emit(this.size);
  }

  /** @param {number} acked the highest n that the server holds */
  settleUpTo(acked) {
    this.settle([...this.#waiting.keys()].filter((n) => n <= acked));
    this.#n = Math.max(this.#n, acked);
  }

  /** @param {Kept[]} kept found in the store */
  adopt(kept) {
    for (const operation of kept.toSorted((a, b) => a.n - b.n)) {
      this.#waiting.set(operation.n, operation);
      this.#n = Math.max(this.#n, operation.n);
    }
  }

  /** Writes what isn't written yet; one transaction for all that came up meanwhile. */
  async #write() {
    if (!store || this.#writing) return;
    this.#writing = true;
    try {
      while (this.#unwritten.size) {
        const batch = [...this.#unwritten.values()];
        this.#unwritten.clear();
        await setMany(batch.map((kept) => [this.#key(kept.n), kept]), store);
        const settled = batch.filter((kept) => !this.#waiting.has(kept.n));
        if (settled.length) await delMany(settled.map((kept) => this.#key(kept.n)), store);
      }
    } catch {
      this.durable = false;
    } finally {
      this.#writing = false;
    }
  }

  /** @param {number} n @returns {IDBValidKey} */
  #key(n) {
    return [this.#boardId, this.clientId, n];
  }
}

/** Outboxes of this board left behind by pages that are gone, each claimed by us.
 * @param {string} boardId @param {string} except our own client_id @returns {Promise<Outbox[]>} */
export async function orphans(boardId, except) {
  if (!store) return [];
  /** @type {Map<string, Kept[]>} */
  const found = new Map();
  for (const [key, kept] of await entries(store).catch(() => [])) {
    const [board, clientId] = /** @type {[string, string, number]} */ (/** @type {unknown} */ (key));
    if (board !== boardId || clientId === except) continue;
    found.set(clientId, [...(found.get(clientId) ?? []), kept]);
  }
  const claimed = [];
  for (const [clientId, kept] of found) {
    const outbox = new Outbox(boardId, clientId);
    if (!(await outbox.claim())) continue;
    outbox.adopt(kept);
    claimed.push(outbox);
  }
  return claimed;
}
