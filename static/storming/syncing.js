/**
 * Syncing: keeps the document, the outbox and the connection in step.
 *
 * 1. An operation of mine is applied at once, kept in the outbox and sent; it leaves the outbox at its ack.
 * 2. The history arrives in frames and, for operations of mine, in acks. Both go through one queue and are applied in
 *    order of seq, so that last-write-wins falls out the same here as on the server. A gap that doesn't close in
 *    GAP_MS means something was lost: connect again and resume.
 * 3. After each welcome everything still in the outbox is sent again; the server knows (client_id, n).
 * 4. Another epoch means another history. Nothing is merged: what is unsent is set aside and the person decides.
 *
 * @import {ServerFrame, Welcome, Operation, Patch, Result, BoardConfig, ElementProps} from './types'
 */

import { Connection } from "./connection.js";
import { BoardDocument } from "./document.js";
import { Outbox, orphans } from "./outbox.js";
import * as protocol from "./protocol.js";
import { Signal } from "./signals.js";
import { UndoStack } from "./undo.js";

export const GAP_MS = 2_500;

/** @typedef {{patch: Patch, code: string, message: string}} Refusal */

export class Syncing {
  document = new BoardDocument();
  undoStack = new UndoStack(this.document);
  outbox;
  connection;
  /** @type {string | null} */
  epoch = null;
  /** The first welcome has come. */
  joined = false;
  canEdit;
  /** Whether I may change frames, lanes and the workshop. */
  canArrange;
  /** What I write is mine alone until the reveal. */
  silent = false;
  /** @type {Signal<[Welcome]>} */
  welcomed = new Signal();
  /** @type {Signal<[Exclude<ServerFrame, Welcome>]>} */
  received = new Signal();
  /** @type {Signal<[Refusal]>} */
  refused = new Signal();
  /** I wrote on elements that somebody had deleted. @type {Signal<[string[]]>} */
  wroteOnDeleted = new Signal();
  /** Edits that belong to another history: the person decides, then settles the outbox. @type {Signal<[Outbox]>} */
  setAside = new Signal();
  /** Saved, connection or count has changed. @type {Signal<[]>} */
  stateChanged = new Signal();

  #config;
  /** @type {Map<number, Operation>} */
  #queue = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #gapTimer;
  /** Parts of a large snapshot, ahead of their welcome. @type {Record<string, ElementProps>[]} */
  #parts = [];
  /** @type {Operation['actor']} */
  #me;

  /** @param {BoardConfig} config */
  constructor(config) {
    this.#config = config;
    this.#me = config.me;
    this.canEdit = config.can_edit;
    this.canArrange = config.can_edit && config.can_manage;
    this.outbox = this.#newOutbox();
    this.connection = new Connection(config.socket_url, () => {
      this.#parts = [];
      return protocol.hello({
        clientId: this.outbox.clientId, epoch: this.epoch, since: this.epoch === null ? null : this.document.seq,
      });
    });
    this.connection.received.on((frame) => this.#receive(frame));
    this.connection.stateChanged.on(() => this.stateChanged.emit());
    addEventListener("beforeunload", (event) => { if (this.outbox.size) event.preventDefault(); });
  }

  async start() {
    await this.outbox.claim();
    this.connection.open();
    for (const orphan of await orphans(this.#config.board_id, this.outbox.clientId)) this.#deliver(orphan);
  }

  /**
   * An operation of mine. Ends quietly when nothing may be written.
   * @param {Patch} patch @param {{group?: string, undoOf?: number, record?: boolean}} [how] operations of one group are one
   *   step of undo; record: false leaves no step
   */
  write(patch, { group, undoOf, record = true } = {}) {
    const pieces = protocol.pieces(protocol.withinLimits(this.silent ? withoutArrows(patch) : patch));
    const step = group ?? (pieces.length > 1 ? `bulk ${this.outbox.nextNumber}` : undefined);
    for (const piece of pieces) {
      if (!this.canEdit || this.outbox.isFull) return;
      if (record) this.undoStack.record(this.outbox.nextNumber, piece, step);
      const kept = this.outbox.add(piece, this.epoch, undoOf);
      this.document.applyMine(kept);
      this.connection.send(protocol.ops([kept]));
    }
  }

  /** @param {'undo' | 'redo'} direction @returns {{skipped: number, ids: string[]} | null} null: nothing left */
  step(direction) {
    if (!this.canEdit) return null;
    const taken = this.undoStack.take(direction, this.outbox.nextNumber);
    if (!taken) return null;
    this.write(taken.patch, { undoOf: taken.undoOf, record: false });
    return { skipped: taken.skipped, ids: Object.keys(taken.patch.elements) };
  }

  /** @param {ServerFrame} frame */
  #receive(frame) {
    switch (frame.t) {
      case "welcome":
        this.#welcome(frame);
        break;
      case "snapshot":
        this.#parts.push(frame.elements);
        break;
      case "ops":
        for (const operation of frame.ops) this.#queue.set(operation.seq, operation);
        this.#settleOwn(frame.ops);
        this.#drain();
        this.received.emit(frame);
        break;
      case "ack":
        this.#acknowledged(frame.results);
        this.received.emit(frame);
        break;
      case "you":
        this.canEdit = frame.you.can_edit;
        this.canArrange = frame.you.facilitates ?? this.canArrange;
        this.received.emit(frame);
        this.stateChanged.emit();
        break;
      case "drafts":
        this.document.setDrafts(frame.drafts, frame.all ?? false);
        break;
      case "reset":
        this.#reset();
        break;
      default:
        this.received.emit(frame);
    }
  }

  /** @param {Welcome} frame */
  #welcome(frame) {
    const parts = this.#parts;
    this.#parts = [];
    if (this.epoch !== null && frame.epoch !== this.epoch) {
      this.#reset();
      return;
    }
    if ((frame.parts ?? 0) !== parts.length) {
      this.connection.restart();
      return;
    }
    this.#queue.clear();
    clearTimeout(this.#gapTimer);
    this.epoch = frame.epoch;
    this.#me = frame.you;
    this.canEdit = frame.you.can_edit;
    this.canArrange = frame.you.facilitates ?? this.canArrange;
    this.document.forgetUpTo(frame.acked);
    this.outbox.settleUpTo(frame.acked);
    if (frame.snapshot) {
      this.document.load(Object.assign({}, ...parts, frame.snapshot.elements), frame.seq);
    } else {
      this.document.applyHistory(frame.ops ?? [], this.outbox.clientId);
      this.document.seq = Math.max(this.document.seq, frame.seq);
    }
    this.document.setDrafts(frame.drafts ?? {}, true);
    this.joined = true;
    this.welcomed.emit(frame);
    for (const batch of protocol.frames(this.outbox.waiting)) this.connection.send(protocol.ops(batch));
    this.stateChanged.emit();
  }

  /** @param {Result[]} results */
  #acknowledged(results) {
    for (const result of results) {
      const kept = this.outbox.waiting.find((operation) => operation.n === result.n);
      if ("refused" in result) {
        const patch = this.document.refuse(result.n, result.restore?.elements ?? {});
        if (patch) this.refused.emit({ patch, ...result.refused });
      } else if ("private" in result) {
        this.document.forget(result.n);
      } else if (kept && result.seq > this.document.seq) {
        this.#queue.set(result.seq, {
          seq: result.seq, actor: this.#me, client_id: this.outbox.clientId, n: result.n, at: "", patch: kept.patch,
        });
      } else {
        this.document.forgetUpTo(result.n);
      }
      if ("deleted" in result && result.deleted?.length) this.wroteOnDeleted.emit(result.deleted);
    }
    this.outbox.settle(results.map((result) => result.n));
    this.#drain();
  }

  /** The server may tell us our own operations as it tells everybody: that is an acknowledgement too. @param {Operation[]} operations */
  #settleOwn(operations) {
    const own = operations.filter((operation) => operation.client_id === this.outbox.clientId);
    if (own.length) this.outbox.settle(own.map((operation) => operation.n));
  }

  /** Applies what is in order; starts the clock on a gap. */
  #drain() {
    const ready = [];
    for (const seq of this.#queue.keys()) if (seq <= this.document.seq) this.#queue.delete(seq);
    for (let seq = this.document.seq + 1; this.#queue.has(seq); seq++) {
      ready.push(/** @type {Operation} */ (this.#queue.get(seq)));
      this.#queue.delete(seq);
    }
    this.document.applyHistory(ready, this.outbox.clientId);
    clearTimeout(this.#gapTimer);
    if (this.#queue.size) this.#gapTimer = setTimeout(() => this.connection.restart(), GAP_MS);
  }

  #reset() {
    this.#putAside();
    this.epoch = null;
    this.connection.restart();
  }

  /** What waits belongs to a history that is gone: off the drawing, and kept in its outbox until the person decides. */
  #putAside() {
    this.document.dropPending();
    this.undoStack.clear();
    if (!this.outbox.size) return;
    const aside = this.outbox;
    this.outbox = this.#newOutbox();
    void this.outbox.claim();
    this.setAside.emit(aside);
  }

  #newOutbox() {
    const outbox = new Outbox(this.#config.board_id);
    outbox.changed.on(() => this.stateChanged.emit());
    return outbox;
  }

  /** Sends an orphan's operations under its own client_id, over a socket of its own, then lets it go. @param {Outbox} orphan */
  #deliver(orphan) {
    const epoch = orphan.waiting[0]?.epoch ?? null;
    const courier = new Connection(this.#config.socket_url, () =>
      protocol.hello({ clientId: orphan.clientId, epoch: this.epoch ?? epoch, since: this.epoch ? this.document.seq : null }));
    const done = () => {
      if (orphan.size) return;
      courier.close();
      orphan.release();
    };
    courier.received.on((frame) => {
      if (frame.t === "welcome") {
        orphan.settleUpTo(frame.acked);
        if (epoch !== null && epoch !== frame.epoch) {
          courier.close();
          this.setAside.emit(orphan);
          return;
        }
        for (const batch of protocol.frames(orphan.waiting)) courier.send(protocol.ops(batch));
      } else if (frame.t === "ack") {
        for (const result of frame.results) {
          const kept = orphan.waiting.find((operation) => operation.n === result.n);
          if ("refused" in result && kept) this.refused.emit({ patch: kept.patch, ...result.refused });
        }
        orphan.settle(frame.results.map((result) => result.n));
      }
      done();
    });
    courier.open();
  }
}

/** During a silent storm notes are private, and arrows to them would say where they are. @param {Patch} patch @returns {Patch} */
const withoutArrows = (patch) => ({
  elements: Object.fromEntries(Object.entries(patch.elements).filter(([, properties]) => properties.kind !== "connector")),
});
