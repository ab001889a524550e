/**
 * Replaying: a board at any moment of its past, and from there on. It looks like Syncing to a wall, so the wall's own
 * renderer, camera, selection and outline show it; but nothing can be written and nothing goes to the server but reads.
 *
 * Going forward applies operations, fetched a page ahead; going anywhere else fetches the moment.
 *
 * @import {Operation} from '../types'
 */

import { fetchJson } from "@app/http.js";

import { BoardDocument } from "../document.js";
import { Signal } from "../signals.js";

const PAGE = 500;
/** Further ahead than this the moment is fetched, rather than every operation up to it. */
const NEAR = 1_500;

export class Replaying {
  document = new BoardDocument();
  canEdit = false;
  canArrange = false;
  joined = true;
  epoch = null;
  connection = { state: "online", backlogBytes: 0, received: new Signal(), stateChanged: new Signal(), send: () => false };
  outbox = { size: 0, isFull: false };
  welcomed = new Signal();
  received = new Signal();
  stateChanged = new Signal();
  /** The last operation that was applied, and what its elements were before. @type {Signal<[Operation | null]>} */
  moved = new Signal();
  /** @type {Map<string, import('../types').ElementProps>} */
  before = new Map();
  #urls;
  /** @type {Operation[]} */
  #ahead = [];
  /** @type {Promise<void> | null} */
  #fetching = null;
  #asked = 0;

  /** @param {{operations: string, moment: string}} urls moment: SEQ stands for the number */
  constructor(urls) {
    this.#urls = urls;
  }

  get seq() { return this.document.seq; }

  write() {}

  step() { return null; }

  /** To a moment. Of several askings in a row only the last counts. @param {number} seq @returns {Promise<boolean>} whether it is there now */
  async seek(seq) {
    const asked = ++this.#asked;
    if (seq === this.seq && this.document.elements.size) return true;
    if (seq > this.seq && seq - this.seq <= NEAR && this.seq > 0) {
      while (this.seq < seq && asked === this.#asked) if (!(await this.#forward(seq))) break;
      return asked === this.#asked;
    }
    const [{ elements }, { operations }] = await Promise.all([
      fetchJson(this.#urls.moment.replace("SEQ", String(seq))),
      seq > 0 ? fetchJson(`${this.#urls.operations}?after=${seq - 1}&count=1`) : { operations: [] },
    ]);
    if (asked !== this.#asked) return false;
    this.#ahead = [];
    this.document.load(elements, seq);
    this.before = this.document.elements; // what they were is not at hand; what they are names them as well
    this.moved.emit(operations[0] ?? null);
    return true;
  }

  /** Applies what is at hand, up to a moment; asks for more. @param {number} seq @returns {boolean} whether it got there */
  play(seq) {
    this.#asked += 1;
    const ready = this.#ahead.filter((operation) => operation.seq <= seq && operation.seq > this.seq);
    this.#apply(ready);
    this.#ahead = this.#ahead.filter((operation) => operation.seq > this.seq);
    if (this.#ahead.length < PAGE) void this.#fetch();
    return this.seq >= seq;
  }

  /** @param {number} seq @returns {Promise<boolean>} whether there was anything */
  async #forward(seq) {
    if (!this.#ahead.some((operation) => operation.seq === this.seq + 1)) {
      this.#ahead = [];
      await this.#fetch();
    }
    const before = this.seq;
    this.#apply(this.#ahead.filter((operation) => operation.seq <= seq));
    return this.seq > before;
  }

  /** @param {Operation[]} operations */
  #apply(operations) {
    const last = operations.at(-1);
    if (!last) return;
    this.before = new Map(Object.keys(last.patch.elements).flatMap((id) => {
      const element = this.document.elements.get(id);
      return element ? [[id, element]] : [];
    }));
    this.document.applyHistory(operations, "");
    this.moved.emit(last);
  }

  #fetch() {
    const after = Math.max(this.seq, this.#ahead.at(-1)?.seq ?? 0);
    this.#fetching ??= fetchJson(`${this.#urls.operations}?after=${after}&count=${PAGE}`)
      .then(({ operations }) => { if ((this.#ahead.at(-1)?.seq ?? this.seq) <= after) this.#ahead.push(...operations); })
      .catch(() => {})
      .finally(() => { this.#fetching = null; });
    return this.#fetching;
  }
}
