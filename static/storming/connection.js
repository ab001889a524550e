/**
 * One socket to the board, kept up: hello or resume on opening, heartbeats, trying again with growing pauses and jitter.
 *
 * States: connecting -> (hello sent) -> online -> waiting -> connecting ...; closed is final (the server said that trying
 * again is of no use). A socket that answers nothing for SILENCE_MS although we ping counts as lost: a laptop that slept
 * finds its old socket still "open".
 *
 * @import {ServerFrame} from './types'
 */

import * as protocol from "./protocol.js";
import { Signal } from "./signals.js";

export const PING_MS = 15_000;
export const SILENCE_MS = 35_000;
export const PAUSE_MS_MIN = 400;
export const PAUSE_MS_MAX = 15_000;

/** @typedef {'connecting' | 'online' | 'waiting' | 'closed'} State */

const FINAL = new Set([protocol.CLOSE.SIGN_IN, protocol.CLOSE.NOT_FOUND]);

export class Connection {
  /** @type {State} */
  state = "waiting";
  /** Close code that ended it for good. */
  code = 0;
  /** @type {Signal<[State]>} */
  stateChanged = new Signal();
  /** @type {Signal<[ServerFrame]>} */
  received = new Signal();
  #url;
  #hello;
  /** @type {WebSocket | null} */
  #socket = null;
  #tries = 0;
  #heardAt = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #heartbeat;

  /** The network or the person is back: don't wait out the pause. */
  #onNetwork = () => {
    if (document.visibilityState !== "visible") return;
    if (this.state === "waiting") {
      this.#tries = 0;
      this.open();
    } else if (this.state === "online" && Date.now() - this.#heardAt > PING_MS * 2) {
      this.restart();
    }
  };

  /** The browser says that there is no network: don't wait for a silence to notice. */
  #onOffline = () => {
    const socket = this.#socket;
    if (!socket) return;
    socket.close();
    this.#onClose(socket, 0);
  };

  /** @param {string} url @param {() => string} hello makes the first frame of each socket */
  constructor(url, hello) {
    this.#url = new URL(url, location.href);
    this.#url.protocol = this.#url.protocol.replace("http", "ws");
    this.#hello = hello;
    addEventListener("online", this.#onNetwork);
    addEventListener("offline", this.#onOffline);
    document.addEventListener("visibilitychange", this.#onNetwork);
  }

  open() {
    clearTimeout(this.#timer);
    this.#setState("connecting");
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    this.#heardAt = Date.now();
    socket.onopen = () => socket.send(this.#hello());
    socket.onmessage = (event) => this.#onMessage(socket, String(event.data));
    socket.onclose = (event) => this.#onClose(socket, event.code);
    clearInterval(this.#heartbeat);
    this.#heartbeat = setInterval(() => this.#beat(), PING_MS);
  }

  /** @param {string} frame @returns {boolean} whether it went out; nothing is queued here */
  send(frame) {
    if (this.state !== "online" || this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(frame);
    return true;
  }

  /** Bytes the browser still holds back: presence waits while this is large. */
  get backlogBytes() { return this.#socket?.bufferedAmount ?? 0; }

  /** Drops the socket and opens a new one: after a gap or a reset. */
  restart() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    this.#tries = 0;
    this.open();
  }

  close() {
    removeEventListener("online", this.#onNetwork);
    removeEventListener("offline", this.#onOffline);
    document.removeEventListener("visibilitychange", this.#onNetwork);
    clearTimeout(this.#timer);
    clearInterval(this.#heartbeat);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    this.#setState("closed");
  }

  /** @param {WebSocket} socket @param {string} text */
  #onMessage(socket, text) {
    if (socket !== this.#socket) return;
    this.#heardAt = Date.now();
    const frame = protocol.decode(text);
    if (!frame) return;
    if (frame.t === "welcome") {
      this.#tries = 0;
      this.#setState("online");
    }
    this.received.emit(frame);
  }

  /** @param {WebSocket} socket @param {number} code */
  #onClose(socket, code) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    clearInterval(this.#heartbeat);
    if (FINAL.has(code)) {
      this.code = code;
      this.close();
      return;
    }
    const ceiling = Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** this.#tries);
    this.#tries += 1;
    this.#setState("waiting");
    const least = code === protocol.CLOSE.TOO_FAST ? 2_000 : PAUSE_MS_MIN / 2;
    this.#timer = setTimeout(() => this.open(), least + Math.random() * ceiling);
  }

  #beat() {
    if (Date.now() - this.#heardAt > SILENCE_MS) this.restart();
    else this.send(protocol.ping());
  }

  /** @param {State} state */
  #setState(state) {
    if (state === this.state) return;
    this.state = state;
    this.stateChanged.emit(state);
  }
}
