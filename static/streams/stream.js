/** A stream's page: joins the tail, the rows, the drawer, the chart and the tools around them. */
import { el, icon } from "../app/dom.js";
import { ApiError, csrfToken, fetchJson } from "../app/http.js";
import { toast } from "../app/toasts.js";
import { RateChart } from "./chart.js";
import { RecordDrawer, faultWords, prettyJson } from "./record.js";
import { ReplayBar } from "./replay.js";
import { Rows } from "./rows.js";
import { Tail } from "./tail.js";
import { setUpTransfer } from "./transfer.js";
import { Views } from "./views.js";
import { bytes, perSecond } from "./words.js";

/** @template {HTMLElement} T @param {string} id @param {new () => T} kind @returns {T} */
function byId(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`There is no #${id} of that kind.`);
  return found;
}

const TRAFFIC_EVERY_MS = 1000;
const READING_MAX = 4000;
const data = JSON.parse(byId("stream-data", HTMLScriptElement).textContent ?? "{}");
const followButton = byId("follow", HTMLButtonElement);
const fromSelect = byId("from", HTMLSelectElement);
const typeSelect = byId("types", HTMLSelectElement);
const filterInput = byId("filter", HTMLInputElement);
const newButton = byId("new", HTMLButtonElement);
const chart = new RateChart(byId("chart", HTMLElement));
const drawer = new RecordDrawer(byId("record", HTMLDialogElement), data);
const rows = new Rows(byId("rows", HTMLElement), { onOpen: (record) => drawer.show(record), onScroll: (atTop) => { if (atTop) unseen = 0; showCounts(); } });
const tail = new Tail(data.tail, { onRecords, onState, onGap });

const asked = new URLSearchParams(location.search);
let from = asked.get("from") ?? "last:1000";
let caughtUp = false;
let paused = false;
let unseen = 0;
/** Read while catching up. @type {import("./tail.js").StreamRecord[]} */
let reading = [];
/** Came while paused. @type {import("./tail.js").StreamRecord[]} */
let waiting = [];
/** @type {string} what the socket said before it closed */
let lastRefusal = "";

function start() {
  rows.clear();
  waiting = [];
  reading = [];
  unseen = 0;
  caughtUp = false;
  notice("");
  tail.start(from, { types: shownTypes() });
  setPaused(false);
  remember();
  showFrom();
}

/** @returns {string[]} the types that are shown; none: every type */
function shownTypes() {
  return typeSelect.value ? [typeSelect.value] : [];
}

/** Place, type and filter in the address, so that a link shows what is seen here. */
function remember() {
  const url = new URL(location.href);
  for (const [name, value] of [["from", from === "last:1000" ? "" : from], ["type", typeSelect.value], ["q", filterInput.value.trim()]]) {
    if (value) url.searchParams.set(name ?? "", value);
    else url.searchParams.delete(name ?? "");
  }
  history.replaceState(null, "", url);
}

/** @param {import("./tail.js").StreamRecord[]} records */
function onRecords(records) {
  if (replay.isOpen) return;
  if (paused) waiting.push(...records);
  else if (!caughtUp) { reading.push(...records); if (reading.length >= READING_MAX) showRead(); }
  else show(records);
  showCounts();
}

/** What is read while catching up comes a partition at a time: it is put in order of time before it is shown. */
function showRead() {
  const read = reading.sort((one, other) => (one.timestamp < other.timestamp ? -1 : one.timestamp > other.timestamp ? 1 : 0));
  reading = [];
  if (read.length) show(read);
}

/** @param {import("./tail.js").StreamRecord[]} records */
function show(records) {
  const wasAtTop = rows.atTop;
  const added = rows.add(records);
  if (!wasAtTop) unseen += added;
}

/** @param {any[]} gaps */
function onGap(gaps) {
  const count = gaps.reduce((sum, gap) => sum + Number(BigInt(gap.next_offset) - BigInt(gap.first_offset)), 0);
  notice(`${count.toLocaleString()} records can't be read, because a file is damaged (${gaps[0]?.reason ?? ""}). The others are shown.`);
}

const STATES = new Map([
  ["connecting", ["", "Connecting"]], ["catching_up", ["on", "Reading"]], ["live", ["on", "Live"]],
  ["reconnecting", ["bad", "Reconnecting"]], ["cannot_resume", ["bad", "Can't resume"]], ["refused", ["bad", "Not connected"]],
]);

/** @param {string} state @param {any} detail */
function onState(state, detail) {
  const [dot, words] = replay.isOpen ? ["", "Replay"] : STATES.get(state) ?? ["", state];
  const badge = byId("state", HTMLElement);
  badge.replaceChildren(el("span", { class: `live-dot${dot ? ` live-dot--${dot}` : ""}` }), el("span", {}, words ?? ""));
  if (state === "live") { showRead(); caughtUp = true; lastRefusal = ""; if (byId("notice", HTMLElement).dataset.kind === "connection") notice(""); }
  if (state === "reconnecting") { caughtUp = false; showRead(); }
  if (state === "reconnecting") notice("The connection is lost. It comes back by itself, and goes on where it stopped.", { kind: "connection" });
  if (state === "cannot_resume") notice(`${detail.message} Records between may be missing here.`, { action: "Start from the earliest", run: () => { from = detail.earliest; start(); } });
  if (state === "refused") {
    if (detail.message) lastRefusal = `${detail.message} ${detail.hint ?? ""}`;
    notice(lastRefusal || "This stream can't be followed.", { action: "Latest records", run: () => { from = "last:1000"; location.search = ""; } });
  }
  showCounts();
}

/** @param {string} text @param {{action?: string, run?: () => void, kind?: string}} [options] */
function notice(text, { action, run, kind = "" } = {}) {
  const box = byId("notice", HTMLElement);
  box.hidden = !text;
  box.dataset.kind = kind;
  box.replaceChildren(icon("warning"), el("span", {}, text));
  if (action && run) box.append(el("button", { class: "button button--sm", type: "button", onclick: run }, action));
}

function showCounts() {
  const { records, shown } = rows;
  byId("count", HTMLElement).textContent = records.length ? (shown === records ? `${records.length.toLocaleString()} loaded` : `${shown.length.toLocaleString()} of ${records.length.toLocaleString()}`) : "";
  byId("empty", HTMLElement).hidden = replay.isOpen || !(caughtUp && !records.length && !waiting.length);
  byId("nothing", HTMLElement).hidden = !(records.length && !shown.length);
  newButton.hidden = !unseen || rows.atTop;
  const label = newButton.querySelector("span");
  if (label) label.textContent = `${unseen.toLocaleString()} new`;
  const words = /** @type {HTMLElement} */ (followButton.querySelector("span"));
  words.textContent = !paused ? "Pause" : waiting.length ? `Follow (${waiting.length.toLocaleString()}${waiting.length >= 1500 ? "+" : ""} waiting)` : "Follow";
}

/** @param {boolean} on */
function setPaused(on) {
  paused = on;
  followButton.classList.toggle("button--primary", on);
  followButton.querySelector("svg")?.replaceWith(icon(on ? "play" : "pause"));
  if (on) tail.hold();
  else {
    const came = waiting;
    waiting = [];
    if (came.length) show(came);
    tail.release();
  }
  showCounts();
}

followButton.addEventListener("click", () => setPaused(!paused));
const replay = new ReplayBar(byId("replay", HTMLElement), { socket: data.replay, density: data.density }, {
  onRecords: (records) => { show(records); showCounts(); },
  onRestart: () => { rows.clear(); unseen = 0; showCounts(); },
  onClose: () => { document.body.classList.remove("is-replaying"); start(); },
  onTrouble: (words) => notice(words),
  types: shownTypes,
});
/** @param {string} [speed] */
function openReplay(speed) {
  notice("");
  tail.hold();
  document.body.classList.add("is-replaying");
  byId("state", HTMLElement).replaceChildren(el("span", { class: "live-dot" }), el("span", {}, "Replay"));
  replay.open({ speed: speed ?? "10x" });
}
byId("replay-open", HTMLButtonElement).addEventListener("click", () => { if (replay.isOpen) replay.close(); else openReplay(); });
setUpTransfer(data, shownTypes);
const views = new Views(byId("views-menu", HTMLElement), data, {
  now: () => ({ from, type: typeSelect.value, q: filterInput.value.trim() }),
  show: (view) => { from = view.from; chooseType(view.type); filterInput.value = view.q; rows.filter(view.q); if (replay.isOpen) replay.close(); else start(); },
});

/** @param {string} name also one that no traffic has named yet */
function chooseType(name) {
  if (name && ![...typeSelect.options].some((option) => option.value === name)) typeSelect.append(el("option", { value: name }, name));
  typeSelect.value = name;
}
chooseType(asked.get("type") ?? "");
filterInput.value = asked.get("q") ?? "";
if (filterInput.value) rows.filter(filterInput.value);

newButton.addEventListener("click", () => { unseen = 0; rows.toTop(); showCounts(); });
typeSelect.addEventListener("change", () => { remember(); if (replay.isOpen) replay.restart(); else start(); });
let filterTimer = 0;
filterInput.addEventListener("input", () => {
  clearTimeout(filterTimer);
  filterTimer = window.setTimeout(() => { rows.filter(filterInput.value); remember(); showCounts(); }, 120);
});
document.addEventListener("keydown", (event) => {
  const target = /** @type {Element} */ (event.target);
  if (event.key === " " && !target.closest("input, select, textarea, button, a, dialog, summary")) {
    event.preventDefault();
    if (replay.isOpen) replay.toggle();
    else setPaused(!paused);
  } else if (event.key === "." && replay.isOpen && !target.closest("input:not([type=range]), select, textarea, dialog")) replay.step();
});

// Start from ----------------------------------------------------------------------------------------------------------

function showFrom() {
  const known = [...fromSelect.options].some((option) => option.value === from);
  fromSelect.querySelector("option[data-own]")?.remove();
  if (!known) fromSelect.prepend(el("option", { value: from, "data-own": true }, from.startsWith("time:") ? `From ${new Date(from.slice(5)).toLocaleString()}` : from.startsWith("offset:") ? `From ${from.slice(7)}` : "From a position"));
  fromSelect.value = from;
}

fromSelect.addEventListener("change", () => {
  const asked = fromSelect.value;
  if (asked !== "time" && asked !== "position") { from = asked; start(); return; }
  fromSelect.value = from;
  const dialog = byId("ask-from", HTMLDialogElement);
  byId("ask-time", HTMLElement).hidden = asked !== "time";
  byId("ask-position", HTMLElement).hidden = asked !== "position";
  dialog.dataset.asked = asked;
  dialog.returnValue = "";
  dialog.showModal();
});
byId("ask-from", HTMLDialogElement).addEventListener("close", (event) => {
  const dialog = /** @type {HTMLDialogElement} */ (event.target);
  if (dialog.returnValue !== "go") return;
  const time = byId("from-time", HTMLInputElement).value;
  const place = byId("from-position", HTMLInputElement).value.trim();
  if (dialog.dataset.asked === "time" && time) from = `time:${new Date(time).toISOString()}`;
  else if (dialog.dataset.asked === "position" && place) from = /^\d+:\d+$/.test(place) ? `offset:${place}` : place;
  else return;
  start();
});

// The drawer's neighbours ---------------------------------------------------------------------------------------------

/** @param {number} step */
function beside(step) {
  const record = rows.beside(step);
  if (record) rows.open(record);
}
byId("record-newer", HTMLButtonElement).addEventListener("click", () => beside(-1));
byId("record-older", HTMLButtonElement).addEventListener("click", () => beside(1));
byId("record", HTMLDialogElement).addEventListener("keydown", (event) => {
  if (event.key === "k" || event.key === "j") beside(event.key === "k" ? -1 : 1);
});

// Traffic -------------------------------------------------------------------------------------------------------------

async function refreshTraffic() {
  if (document.hidden) return;
  const found = await fetchJson(data.traffic).catch(() => null);
  if (!found) return;
  chart.set(found.series, found.now);
  const facts = { records: found.records.toLocaleString(), rate: perSecond(found.rate), rejected: found.rejected.toLocaleString(), flagged: found.flagged.toLocaleString(), bytes: bytes(found.bytes) };
  for (const [name, text] of Object.entries(facts)) {
    const fact = document.querySelector(`[data-fact=${name}]`);
    if (fact && fact.textContent !== text) fact.textContent = text;
  }
  listTypes(found.types);
}

/** @param {string[]} names */
function listTypes(names) {
  const known = new Set([...typeSelect.options].map((option) => option.value));
  for (const name of names) {
    if (known.has(name) || !name) continue;
    typeSelect.append(el("option", { value: name }, name));
    document.getElementById("append-types")?.append(el("option", { value: name }));
  }
}

// Append --------------------------------------------------------------------------------------------------------------

const form = document.getElementById("append-form");
form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = byId("append-data", HTMLTextAreaElement).value;
  const key = byId("append-key", HTMLInputElement).value.trim();
  try {
    JSON.parse(text);
  } catch (error) {
    showFaults(new ApiError(422, { message: `The data is not JSON: ${error instanceof Error ? error.message : ""}`, hint: "Names and texts stand in double quotes; no comma after the last one." }));
    return;
  }
  const head = JSON.stringify({ type: byId("append-type", HTMLInputElement).value.trim(), ...(key ? { key } : {}) });
  try {
    await append(`${head.slice(0, -1)},"data":${text.trim()}}`);
    byId("append", HTMLDialogElement).close();
    byId("append-errors", HTMLElement).replaceChildren();
    await settleLetter();
    toast("The record is stored.", { kind: "good" });
  } catch (error) {
    if (error instanceof ApiError) showFaults(error);
    else throw error;
  }
});

/** The body goes as it was written: numbers keep their digits. @param {string} body */
async function append(body) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": csrfToken(), Accept: "application/json" };
  const answer = await fetch(data.records, { method: "POST", headers, body }).catch(() => null);
  if (!answer) throw new ApiError(0, { message: "The server can't be reached.", hint: "Try again." });
  if (!answer.ok) throw new ApiError(answer.status, (await answer.json().catch(() => null))?.error ?? {});
}

/** @param {ApiError} error */
function showFaults(error) {
  const faults = /** @type {any[]} */ (error.fields["records"] ?? []).flatMap((record) => record.errors);
  const items = faults.length ? faults : [{ pointer: "", message: error.message, hint: error.hint }];
  byId("append-errors", HTMLElement).replaceChildren(...items.map(faultWords));
}

/** A dead letter to be mended: its page leaves it here. @type {{letters: string, letter: {partition: number, offset: string}} | null} */
let mending = null;
const draft = sessionStorage.getItem("append-draft");
if (draft && form) {
  sessionStorage.removeItem("append-draft");
  mending = openDraft(JSON.parse(draft));
}

/** @param {any} given type, key and text of a record */
function openDraft(given) {
  byId("append-type", HTMLInputElement).value = given.type ?? "";
  byId("append-key", HTMLInputElement).value = given.key ?? "";
  byId("append-data", HTMLTextAreaElement).value = prettyJson(given.text);
  byId("append-errors", HTMLElement).replaceChildren();
  byId("append", HTMLDialogElement).showModal();
  return given.letter ? { letters: given.letters, letter: given.letter } : null;
}

/** The letter is done with once its mended form is stored. */
async function settleLetter() {
  if (!mending) return;
  const settled = mending;
  mending = null;
  await fetchJson(`${settled.letters}/discards`, { method: "POST", body: { letters: [settled.letter] } }).catch(() => null);
}

drawer.onRepublish = openDraft;
start();
if (asked.has("replay")) openReplay(asked.get("replay") ?? "10x");
views.draw();
refreshTraffic();
setInterval(refreshTraffic, TRAFFIC_EVERY_MS);
