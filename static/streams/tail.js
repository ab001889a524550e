/**
 * A tail: one websocket that follows a stream (docs/stream-protocol.md), comes back by itself and goes on from the last
 * position, without loss. Credit is given back when the page has dealt with the records, half a window at a time.
 *
 *     const tail = new Tail(url, { onRecords(records, position) {...}, onState(state, detail) {...} });
 *     tail.start("last:1000", { types: ["OrderPlaced"] });   tail.hold(); tail.release();   tail.stop();
 *
 * States: connecting, live, catching_up, reconnecting, cannot_resume (detail.earliest), refused (detail.code, message).
 */
const PROTOCOL = "factstorm.tail.v1";
const WINDOW_RECORDS = 2000;
const RETRY_MS = [300, 1000, 2000, 4000, 8000];
const FINAL_CODES = new Set([4400, 4401, 4403, 4404]);
const SILENCE_MS = 25_000;

/**
 * @typedef {{partition: number, offset: string, timestamp: string, type?: string, version?: string, key?: string, id?: string,
 *   source?: string, subject?: string, time?: string, attributes?: Record<string, string>, content_type?: string, faults?: {pointer: string, message: string, hint: string}[], data?: unknown,
 *   data_base64?: string, key_base64?: string}} StreamRecord
 * @typedef {{onRecords: (records: StreamRecord[], position: string) => void, onState: (state: string, detail: any) => void,
 *   onGap?: (gaps: any[]) => void}} Listener
 */
export class Tail {
  /** @type {WebSocket | undefined} */ #socket;
  /** @type {string[]} */ #types = [];
  #position = "latest";
  #sub = 0;
  #tries = 0;
  #owed = 0;
  #owedPosition = "";
  #held = false;
  #stopped = true;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #retry;
  /** @type {ReturnType<typeof setInterval> | undefined} */ #pinger;
  #heardAt = 0;

  /** @param {string} url path or address of the socket @param {Listener} listener */
  constructor(url, listener) {
    const at = new URL(url, location.href);
    at.protocol = at.protocol.replace("http", "ws");
    this.url = at.href;
    this.listener = listener;
    addEventListener("online", () => this.#hurry());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.#hurry(); });
  }

  /** Begins, or begins elsewhere. @param {string} from @param {{types?: string[]}} [options] */
  start(from, { types = [] } = {}) {
    this.#position = from;
    this.#types = types;
    this.#stopped = false;
    this.#sub += 1;
    this.#owed = 0;
    if (this.#socket?.readyState === WebSocket.OPEN) this.#subscribe();
    else this.#connect();
  }

  /** Gives no more credit back: what is on its way still comes, then the server waits. */
  hold() {
    this.#held = true;
  }

  /** Goes on. */
  release() {
    this.#held = false;
    this.#giveBack(true);
  }

  /** The place after the last records that came. */
  get position() {
    return this.#position;
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#retry);
    clearInterval(this.#pinger);
    this.#socket?.close();
  }

  #connect() {
    clearTimeout(this.#retry);
    clearInterval(this.#pinger);
    this.listener.onState(this.#tries ? "reconnecting" : "connecting", {});
    const socket = new WebSocket(this.url, PROTOCOL);
    this.#socket = socket;
    socket.addEventListener("open", () => this.#subscribe());
    socket.addEventListener("message", (event) => { if (socket === this.#socket) this.#hear(JSON.parse(event.data)); });
    socket.addEventListener("close", (event) => { if (socket === this.#socket) this.#lost(event.code); });
    this.#heardAt = Date.now();
    this.#pinger = setInterval(() => this.#ping(), SILENCE_MS / 2);
  }

  #subscribe() {
    this.#owed = 0;
    this.#send({ t: "subscribe", from: this.#position, credit: WINDOW_RECORDS, types: this.#types, sub: this.#sub });
  }

  /** @param {any} frame */
  #hear(frame) {
    this.#heardAt = Date.now();
    if (frame.sub !== undefined && frame.sub !== this.#sub) {
      // Records of an earlier subscription: nobody wants them, but their bytes are dealt with.
      if (frame.t === "records") this.#send({ t: "credit", n: 0, position: frame.position });
      return;
    }
    if (frame.t === "subscribed") {
      this.#tries = 0;
      this.#position = frame.position;
      this.listener.onState("catching_up", frame);
    } else if (frame.t === "records") {
      this.#position = frame.position;
      this.listener.onRecords(frame.records, frame.position);
      this.#owed += frame.records.length;
      this.#owedPosition = frame.position;
      this.#giveBack(false);
    } else if (frame.t === "caught_up") {
      this.#position = frame.position;
      this.listener.onState("live", frame);
    } else if (frame.t === "gap") {
      this.#position = frame.position;
      this.listener.onGap?.(frame.gaps);
    } else if (frame.t === "cannot_resume") this.listener.onState("cannot_resume", frame);
    else if (frame.t === "error") this.listener.onState("refused", frame);
  }

  /** @param {boolean} all */
  #giveBack(all) {
    if (this.#held || !this.#owed || (!all && this.#owed < WINDOW_RECORDS / 4)) return;
    this.#send({ t: "credit", n: this.#owed, position: this.#owedPosition });
    this.#owed = 0;
  }

  /** @param {object} frame */
  #send(frame) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #ping() {
    if (Date.now() - this.#heardAt > SILENCE_MS) this.#socket?.close();
    else this.#send({ t: "ping" });
  }

  /** @param {number} code */
  #lost(code) {
    clearInterval(this.#pinger);
    if (this.#stopped || FINAL_CODES.has(code)) {
      if (!this.#stopped) this.listener.onState("refused", { code: String(code), final: true });
      return;
    }
    const wait = RETRY_MS[Math.min(this.#tries, RETRY_MS.length - 1)] ?? 8000;
    this.#tries += 1;
    this.listener.onState("reconnecting", {});
    this.#retry = setTimeout(() => this.#connect(), wait * (0.8 + 0.4 * Math.random()));
  }

  #hurry() {
    if (!this.#stopped && this.#socket?.readyState === WebSocket.CLOSED && this.#tries) this.#connect();
  }
}
