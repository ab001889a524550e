/** The one line that says whether all is saved. @import {Wall} from './wall.js' */

import { icon } from "@app/dom.js";

import { CLOSE } from "./protocol.js";

const SAVING_MS = 500;

/** @param {Wall} wall @param {HTMLElement} element */
export function showStatus(wall, element) {
  const { syncing } = wall;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let shown = "";
  const show = () => {
    timer = undefined;
    const { text, state, symbol } = statusOf(wall);
    if (text === shown) return;
    shown = text;
    element.dataset.state = state;
    const label = document.createElement("span");
    label.textContent = text;
    element.replaceChildren(icon(symbol), label);
  };
  const soon = () => {
    if (syncing.connection.state !== "online" || !syncing.outbox.size) {
      clearTimeout(timer);
      show();
    } else timer ??= setTimeout(show, SAVING_MS); // what is saved within a blink isn't worth a word
  };
  syncing.stateChanged.on(soon);
  show();
}

/** @param {Wall} wall @returns {{text: string, state: 'saved' | 'saving' | 'offline' | 'closed' | 'viewing', symbol: string}} */
function statusOf({ syncing }) {
  const { connection, outbox, joined, canEdit } = syncing;
  const count = outbox.size;
  const edits = `${count} ${count === 1 ? "edit" : "edits"}`;
  if (connection.state === "closed") {
    return { text: connection.code === CLOSE.SIGN_IN ? "Sign in again to go on" : "You can no longer open this board", state: "closed", symbol: "cloud-off" };
  }
  if (!joined) return { text: connection.state === "waiting" ? "Trying to connect…" : "Opening…", state: "saving", symbol: "cloud" };
  if (connection.state !== "online") {
    return { text: count ? `Offline: ${edits} kept here` : "Offline", state: "offline", symbol: "cloud-off" };
  }
  if (count) return { text: "Saving…", state: "saving", symbol: "cloud" };
  return canEdit ? { text: "All saved", state: "saved", symbol: "saved" } : { text: "Viewing only", state: "viewing", symbol: "eye" };
}
