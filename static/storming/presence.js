/**
 * Presence: who is here, where they point, what they hold. Lossy and never stored. Mine goes out at most every
 * SEND_MS; others' cursors glide to where they were last heard of. Lifetime: presence.
 *
 * @import {Box, Presence as Person, Welcome} from './types'
 * @import {Connection} from './connection.js'
 */

import * as protocol from "./protocol.js";
import { Signal } from "./signals.js";

export const SEND_MS = 80;
/** The server takes at most so many ids of a selection or drag. */
export const IDS_MAX = 500;
const BACKLOG_BYTES_MAX = 64_000;
const GLIDE = 0.35;
/** A note that was put down stays where the drag left it until the operation comes, at most so long. */
const SETTLE_MS = 600;

export class Presence {
  /** Others, by session. @type {Map<string, Person>} */
  people = new Map();
  /** People came, went or changed. @type {Signal<[]>} */
  changed = new Signal();
  /** What others drag. @type {Signal<[]>} */
  dragged = new Signal();
  #connection;
  #me = "";
  /** @type {Pick<Person, 'cursor' | 'selection' | 'editing' | 'drag' | 'view' | 'hand' | 'reaction'>} */
  #mine = { cursor: null, selection: [], editing: null, drag: null, view: null };
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {Map<string, {x: number, y: number}>} */
  #glides = new Map();
  /** @type {Map<string, {at: number, x: number, y: number}>} */
  #settling = new Map();

  /** @param {Connection} connection */
  constructor(connection) {
    this.#connection = connection;
  }

  /** @param {Welcome} frame */
  welcome(frame) {
    this.#me = frame.you.session ?? "";
    this.people.clear();
    const list = Array.isArray(frame.people) ? frame.people.map((person) => [person.session ?? person.id, person]) : [];
    this.merge(Object.fromEntries(list));
    this.#soon();
  }

  /** @param {Record<string, Person | null>} changes */
  merge(changes) {
    for (const [session, person] of Object.entries(changes)) {
      if (session === this.#me) continue;
      const before = this.people.get(session);
      if (before?.drag && !person?.drag) this.#settle(before.drag);
      if (person) this.people.set(session, person);
      else {
        this.people.delete(session);
        this.#glides.delete(session);
      }
    }
    this.changed.emit();
    this.dragged.emit();
  }

  get session() { return this.#me; }
  /** Since when my hand is up. */
  get hand() { return this.#mine.hand ?? null; }

  /** @param {Partial<Pick<Person, 'cursor' | 'selection' | 'editing' | 'drag' | 'view' | 'hand' | 'reaction'>>} change */
  say(change) {
    Object.assign(this.#mine, change);
    this.#soon();
  }

  /** Where others hold notes now, and where they have just put them down. @returns {Map<string, {x: number, y: number}>} */
  heldByOthers() {
    const held = new Map();
    const now = performance.now();
    for (const [id, { at, x, y }] of this.#settling) {
      if (now - at > SETTLE_MS) this.#settling.delete(id);
      else held.set(id, { x, y });
    }
    for (const { drag } of this.people.values()) {
      for (const [id, [x, y]] of Object.entries(drag ?? {})) held.set(id, { x, y });
    }
    return held;
  }

  /** The operation has come: the document knows where it lies. @param {Iterable<string>} ids @returns {boolean} */
  settled(ids) {
    let any = false;
    for (const id of ids) any = this.#settling.delete(id) || any;
    return any;
  }

  /** Who else is writing in an element. @param {string} id @returns {Person | undefined} */
  writerOf(id) {
    return [...this.people.values()].find((person) => person.editing === id);
  }

  /** Cursors where they are drawn now. */
  cursors() {
    const cursors = [];
    for (const [session, person] of this.people) {
      const glide = this.#glides.get(session);
      if (person.cursor && glide) cursors.push({ name: person.name, colour: person.colour, ...glide });
    }
    return cursors;
  }

  /** One step of gliding. @param {boolean} still jump instead @returns {boolean} whether any is on its way */
  glide(still) {
    let moving = false;
    for (const [session, { cursor }] of this.people) {
      if (!cursor) {
        this.#glides.delete(session);
        continue;
      }
      const at = this.#glides.get(session);
      if (!at || still) {
        this.#glides.set(session, { x: cursor[0], y: cursor[1] });
        continue;
      }
      const [dx, dy] = [cursor[0] - at.x, cursor[1] - at.y];
      const near = Math.abs(dx) + Math.abs(dy) < 0.5;
      at.x += near ? dx : dx * GLIDE;
      at.y += near ? dy : dy * GLIDE;
      moving ||= !near;
    }
    return moving;
  }

  /** @param {Record<string, [number, number]>} drag */
  #settle(drag) {
    for (const [id, [x, y]] of Object.entries(drag)) this.#settling.set(id, { at: performance.now(), x, y });
    setTimeout(() => this.dragged.emit(), SETTLE_MS + 30);
  }

  #soon() {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.#connection.backlogBytes < BACKLOG_BYTES_MAX) this.#connection.send(protocol.presence(this.#mine));
    }, SEND_MS);
  }
}
