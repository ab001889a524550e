/**
 * The workshop: phase, rights, timer, votes, as the server last said, and what may be asked of it. Set over HTTP, heard
 * over the socket like everything else. My own ballot is fetched by itself: nobody else is told it. Lifetime: the board's.
 *
 * @import {BoardConfig, Phase, WorkshopState} from '../types'
 * @import {Syncing} from '../syncing.js'
 */

import { ApiError, fetchJson } from "@app/http.js";
import { toast } from "@app/toasts.js";

import { Signal } from "../signals.js";

/** @type {WorkshopState} */
const NONE = {
  version: -1, format: "big_picture", phases: [], phase: null, silent: false, frozen: false, one_pen: false, pen: null, palette: null,
  lanes: true, timer: null, spotlight: null, summons: null, vote: null, votes: [], now: "",
};

export class Workshop {
  state = NONE;
  /** @type {{round: string | null, dots: Record<string, number>, left: number}} */
  ballot = { round: null, dots: {}, left: 0 };
  /** @type {Signal<[WorkshopState, WorkshopState]>} the state, and what it was */
  changed = new Signal();
  ballotChanged = /** @type {Signal<[]>} */ (new Signal());
  /** Names by actor id. @type {Map<string, string>} */
  names = new Map();
  #config;
  #syncing;
  /** Server time minus mine, in ms. */
  #ahead = 0;

  /** @param {BoardConfig} config @param {Syncing} syncing */
  constructor(config, syncing) {
    this.#config = config;
    this.#syncing = syncing;
    this.names.set(config.me.id, config.me.name);
    syncing.welcomed.on((frame) => {
      for (const [id, name] of Object.entries(frame.snapshot?.authors ?? {})) this.names.set(id, name);
      for (const person of frame.people ?? []) this.names.set(person.id, person.name);
      if (frame.workshop) this.#take(frame.workshop);
    });
    syncing.received.on((frame) => {
      if (frame.t === "workshop") this.#take(frame.workshop);
      else if (frame.t === "ops") for (const { actor } of frame.ops) this.names.set(actor.id, actor.name);
      else if (frame.t === "presence") for (const person of Object.values(frame.people)) if (person) this.names.set(person.id, person.name);
    });
  }

  get facilitates() { return this.#syncing.canArrange && this.#syncing.canEdit; }
  get me() { return this.#config.me; }
  get holdsPen() { return this.state.one_pen && this.state.pen?.id === this.me.id; }

  /** Facilitators always; participants unless the board is frozen or somebody else holds the pen. */
  get mayChangeNotes() {
    const { frozen, one_pen } = this.state;
    return this.#syncing.canArrange || (!frozen && (!one_pen || this.holdsPen));
  }

  /** The kinds that are offered now; null: all. */
  get palette() { return this.state.palette; }
  get offersLanes() { return this.facilitates && this.state.lanes; }

  /** @param {string | null} key @returns {Phase | undefined} */
  phase(key = this.state.phase) {
    return this.#config.phases.find((phase) => phase.key === key);
  }

  /** The phases of the rail, in order. @returns {Phase[]} */
  get rail() {
    return this.state.phases.map((key) => this.phase(key)).filter((phase) => phase !== undefined);
  }

  /** Every phase there is, for the rail's menu. */
  get allPhases() { return this.#config.phases; }

  /** The phase after the present one; undefined at the end. */
  get next() {
    const { phases, phase } = this.state;
    return this.phase(phases[phase ? phases.indexOf(phase) + 1 : 0] ?? "");
  }

  /** Seconds left on the timer, below 0 when it is over; null without a timer. */
  get secondsLeft() {
    const { timer } = this.state;
    if (!timer) return null;
    return timer.ends_at ? (Date.parse(timer.ends_at) - Date.now() - this.#ahead) / 1000 : timer.left;
  }

  /** Asks the server; a refusal is told. @param {string} path below the workshop's address @param {string} method
   * @param {Record<string, unknown>} [body] @returns {Promise<boolean>} whether it was done */
  async set(path, method, body) {
    try {
      const answer = await fetchJson(`${this.#config.workshop_url}${path}`, { method, body });
      if (answer?.phases) this.#take(answer);
      return true;
    } catch (error) {
      this.tell(error);
      return false;
    }
  }

  /** @param {string | null} phase */
  enter(phase) { return this.set("/phase", "PUT", { phase }); }
  reveal() { return this.set("/revelation", "POST"); }
  /** @param {'start' | 'pause' | 'resume' | 'add' | 'stop'} action @param {number} [seconds] */
  timer(action, seconds = 0) { return this.set("/timer", "PUT", { action, seconds }); }
  /** @param {Record<string, unknown>} changes */
  change(changes) { return this.set("", "PATCH", changes); }
  /** @param {{id: string, name: string} | null} person */
  handPen(person) { return this.set("/pen", "PUT", { actor_id: person?.id ?? null, name: person?.name ?? "" }); }

  /** One dot more or less on a note; at once on this screen. @param {string} id @param {number} by */
  async dot(id, by) {
    const { vote } = this.state;
    const now = this.ballot.dots[id] ?? 0;
    const wanted = Math.max(0, Math.min(now + by, vote?.per_note_max ?? 0));
    if (!vote || wanted === now) return;
    if (wanted > now && this.ballot.left < wanted - now) {
      toast("You have no dots left", { hint: "Take one back from another note first.", kind: "info" });
      return;
    }
    const dots = { ...this.ballot.dots, [id]: wanted };
    if (!wanted) delete dots[id];
    this.#holdBallot({ ...this.ballot, dots, left: this.ballot.left - (wanted - now) });
    try {
      const answer = await fetchJson(`${this.#config.workshop_url}/votes/ballot`, { method: "PUT", body: { dots: this.ballot.dots } });
      if (sameDots(answer.dots, this.ballot.dots)) this.#holdBallot(answer);
    } catch (error) {
      this.tell(error);
      await this.#fetchBallot();
    }
  }

  /** @param {unknown} error */
  tell(error) {
    if (!(error instanceof ApiError)) throw error;
    toast(error.message, { hint: error.hint, kind: "bad" });
  }

  /** @param {string} path below the board's API @returns {Promise<any>} */
  fetch(path) {
    return fetchJson(`${this.#config.board_api_url}${path}`);
  }

  /** @param {unknown} id of an actor */
  nameOf(id) {
    return this.names.get(String(id)) ?? "Somebody";
  }

  /** @param {WorkshopState} state */
  #take(state) {
    if (state.version < this.state.version) return;
    const before = this.state;
    this.#ahead = Date.parse(state.now) - Date.now();
    this.state = state;
    this.#syncing.silent = state.silent;
    if (state.vote?.id !== this.ballot.round) {
      this.ballot = { round: state.vote?.id ?? null, dots: {}, left: state.vote?.budget ?? 0 };
      if (state.vote && this.#syncing.canEdit) void this.#fetchBallot();
    }
    this.changed.emit(state, before);
    this.#syncing.stateChanged.emit();
  }

  async #fetchBallot() {
    try {
      this.#holdBallot(await fetchJson(`${this.#config.workshop_url}/votes/ballot`));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  }

  /** @param {{round: string | null, dots: Record<string, number>, left: number}} ballot */
  #holdBallot(ballot) {
    this.ballot = ballot;
    this.ballotChanged.emit();
  }
}

/** @param {Record<string, number>} a @param {Record<string, number>} b */
const sameDots = (a, b) => Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([id, dots]) => b[id] === dots);

/** @param {number} seconds @returns {string} "4:05"; over time "+0:12" */
export function clock(seconds) {
  const whole = Math.abs(Math.trunc(seconds < 0 ? Math.floor(seconds) : Math.ceil(seconds)));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const short = `${hours ? `${hours}:${String(minutes).padStart(2, "0")}` : minutes}:${String(rest).padStart(2, "0")}`;
  return seconds < 0 ? `+${short}` : short;
}
