/**
 * Replay: a stream's past at a pace (docs/stream-protocol.md), with a bar that shows where the records lie in time. The
 * picture of the density is the scrubber: press anywhere and the replay goes on from there.
 *
 *     const bar = new ReplayBar(element, { socket, density }, { onRecords(records), onRestart(), onClose(), types() });
 *     bar.open({ speed: "10x" });
 */
import { el, icon } from "../app/dom.js";
import { fetchJson } from "../app/http.js";

const PROTOCOL = "factstorm.replay.v1";
const WINDOW_RECORDS = 1000;
const BUCKETS = 120;
const WIDTH = 1200;
const HEIGHT = 56;
const PRESETS = new Map([["all", 0], ["day", 86_400_000], ["hour", 3_600_000], ["minutes", 600_000]]);
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/**
 * @typedef {import("./tail.js").StreamRecord} StreamRecord
 * @typedef {{onRecords: (records: StreamRecord[]) => void, onRestart: () => void, onClose: () => void, onTrouble: (words: string) => void,
 *   types: () => string[]}} Listener
 */
export class ReplayBar {
  /** @type {WebSocket | undefined} */ #socket;
  #sub = 0;
  #owed = 0;
  #owedPosition = "";
  #first = 0;
  #last = 1;
  #at = 0;
  #seen = 0;
  #of = 0;
  #paused = false;
  #finished = false;
  #begun = false;

  /** @param {HTMLElement} box @param {{socket: string, density: string}} addresses @param {Listener} listener */
  constructor(box, addresses, listener) {
    this.box = box;
    this.addresses = addresses;
    this.listener = listener;
    const part = (/** @type {string} */ name) => /** @type {any} */ (box.querySelector(`[data-part="${name}"]`));
    /** @type {{picture: SVGSVGElement, scrub: HTMLInputElement, play: HTMLButtonElement, step: HTMLButtonElement, close: HTMLButtonElement, speed: HTMLSelectElement, span: HTMLSelectElement, clock: HTMLElement, progress: HTMLElement}} */
    this.parts = { picture: part("picture"), scrub: part("scrub"), play: part("play"), step: part("step"), close: part("close"), speed: part("speed"), span: part("span"), clock: part("clock"), progress: part("progress") };
    this.parts.play.addEventListener("click", () => this.toggle());
    this.parts.step.addEventListener("click", () => this.step());
    this.parts.close.addEventListener("click", () => this.close());
    this.parts.speed.addEventListener("change", () => { this.#send({ t: "speed", speed: this.parts.speed.value }); this.#remember(); });
    this.parts.span.addEventListener("change", () => this.#load());
    this.parts.scrub.addEventListener("input", () => this.#show(this.#timeOf(Number(this.parts.scrub.value))));
    this.parts.scrub.addEventListener("change", () => this.#play(this.#timeOf(Number(this.parts.scrub.value))));
  }

  get isOpen() {
    return !this.box.hidden;
  }

  /** @param {{speed?: string}} [options] */
  async open({ speed = "10x" } = {}) {
    this.box.hidden = false;
    if ([...this.parts.speed.options].some((option) => option.value === speed)) this.parts.speed.value = speed;
    this.listener.onRestart();
    this.#connect();
    await this.#load();
    this.parts.play.focus({ preventScroll: true });
  }

  close() {
    this.box.hidden = true;
    this.#socket?.close();
    this.#socket = undefined;
    const url = new URL(location.href);
    url.searchParams.delete("replay");
    history.replaceState(null, "", url);
    this.listener.onClose();
  }

  toggle() {
    if (this.#finished) { this.#play(this.#first); return; }
    this.#send({ t: this.#paused ? "resume" : "pause" });
  }

  step() {
    if (this.#finished) return;
    this.#send({ t: "step", n: 1 });
  }

  /** Another filter of types: from where it is. */
  restart() {
    if (this.#begun) this.#play(this.#at || this.#first);
  }

  #remember() {
    const url = new URL(location.href);
    url.searchParams.set("replay", this.parts.speed.value);
    history.replaceState(null, "", url);
  }

  /** Where the records lie in time, then play from the beginning of it. */
  async #load() {
    const length = PRESETS.get(this.parts.span.value) ?? 0;
    const query = new URLSearchParams({ buckets: String(BUCKETS), ...(length ? { last: String(length) } : {}) });
    const found = await fetchJson(`${this.addresses.density}?${query}`).catch(() => null);
    if (!found || !this.isOpen) return;
    this.#first = found.first_ms;
    this.#last = Math.max(found.last_ms, found.first_ms + 1);
    this.#draw(found.counts);
    this.#remember();
    this.#play(this.#first);
  }

  /** @param {number[]} counts */
  #draw(counts) {
    const most = Math.max(1, ...counts);
    const wide = WIDTH / counts.length;
    const bars = counts.map((count, at) => {
      const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      const high = count ? Math.max(3, (HEIGHT * Math.sqrt(count)) / Math.sqrt(most)) : 0;
      for (const [name, value] of Object.entries({ x: at * wide + 0.5, y: HEIGHT - high, width: Math.max(wide - 1.5, 1), height: high, rx: 1 })) bar.setAttribute(name, String(value));
      return bar;
    });
    const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
    line.setAttribute("y1", "0");
    line.setAttribute("y2", String(HEIGHT));
    this.parts.picture.replaceChildren(...bars, line);
  }

  /** @param {number} thousandths */
  #timeOf(thousandths) {
    return this.#first + ((this.#last - this.#first) * thousandths) / 1000;
  }

  /** @param {number} fromMs */
  #play(fromMs) {
    if (this.#socket?.readyState !== WebSocket.OPEN) { this.#connect(); return; }
    this.#sub += 1;
    this.#owed = this.#seen = this.#of = 0;
    this.#finished = false;
    this.#begun = true;
    this.#at = fromMs;
    this.listener.onRestart();
    const from = fromMs <= this.#first && this.parts.span.value === "all" ? "earliest" : `time:${new Date(fromMs).toISOString()}`;
    this.#send({ t: "replay", from, to: "latest", types: this.listener.types(), speed: this.parts.speed.value, idle_ms_max: 1500, paused: this.#paused, credit: WINDOW_RECORDS, sub: this.#sub });
    this.#show(fromMs);
  }

  #connect() {
    this.#socket?.close();
    const at = new URL(this.addresses.socket, location.href);
    at.protocol = at.protocol.replace("http", "ws");
    const socket = new WebSocket(at.href, PROTOCOL);
    this.#socket = socket;
    socket.addEventListener("open", () => { if (socket === this.#socket && this.#first) this.#play(this.#at || this.#first); });
    socket.addEventListener("message", (event) => { if (socket === this.#socket) this.#hear(JSON.parse(event.data)); });
    socket.addEventListener("close", () => { if (socket === this.#socket && this.isOpen) this.listener.onTrouble("The replay lost its connection. Press play to go on."); });
  }

  /** @param {any} frame */
  #hear(frame) {
    if (frame.t === "error") { this.listener.onTrouble(`${frame.message} ${frame.hint}`); return; }
    if (frame.sub !== undefined && frame.sub !== this.#sub) {
      if (frame.t === "records") this.#send({ t: "credit", n: 0, position: frame.position });
      return;
    }
    if (frame.t === "replaying") this.#of = frame.records;
    else if (frame.t === "records") {
      this.#seen += frame.records.length;
      this.#owed += frame.records.length;
      this.#owedPosition = frame.position;
      this.listener.onRecords(frame.records);
      if (this.#owed >= WINDOW_RECORDS / 4) { this.#send({ t: "credit", n: this.#owed, position: this.#owedPosition }); this.#owed = 0; }
      this.#show(Date.parse(frame.records.at(-1).timestamp));
      return;
    } else if (frame.t === "state") this.#paused = frame.paused;
    else if (frame.t === "finished") { this.#finished = true; this.#show(this.#last); }
    this.#show(this.#at);
  }

  /** @param {number} atMs where the replay is */
  #show(atMs) {
    this.#at = atMs;
    const share = Math.min(Math.max((atMs - this.#first) / (this.#last - this.#first), 0), 1);
    if (document.activeElement !== this.parts.scrub || !this.parts.scrub.matches(":active")) this.parts.scrub.value = String(Math.round(share * 1000));
    this.parts.scrub.setAttribute("aria-valuetext", moment.format(atMs));
    const line = this.parts.picture.querySelector("line");
    line?.setAttribute("x1", String(share * WIDTH));
    line?.setAttribute("x2", String(share * WIDTH));
    for (const [place, bar] of this.parts.picture.querySelectorAll("rect").entries()) bar.classList.toggle("replay__past", place < share * BUCKETS);
    this.parts.clock.textContent = this.#first ? moment.format(atMs) : "";
    this.parts.progress.textContent = this.#finished ? `All ${this.#seen.toLocaleString()} shown` : this.#of ? `${this.#seen.toLocaleString()} of ${this.#of.toLocaleString()}` : "";
    const words = this.#finished ? "Again" : this.#paused ? "Play" : "Pause";
    this.parts.play.replaceChildren(icon(this.#finished ? "refresh" : this.#paused ? "play" : "pause"), el("span", {}, words));
    this.parts.step.disabled = this.#finished;
  }

  /** @param {object} frame */
  #send(frame) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
    else if (this.isOpen) this.#connect();
  }
}
