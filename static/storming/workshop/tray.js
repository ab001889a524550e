/**
 * One box for the phone: what is written goes into my tray (private, with no place yet), offline too: the outbox keeps it
 * until the network is back. Here are also the phase, the timer, a hand to raise and the dots of a vote.
 *
 * For end-to-end tests: <body data-board-state> is "opening" or "ready".
 *
 * @import {BoardConfig, ElementProps, NoteKind} from '../types'
 */

import { el, icon } from "@app/dom.js";
import { toast } from "@app/toasts.js";

import { newId } from "../commands.js";
import { isNoteKind, NOTES, NOTE_KINDS } from "../kinds.js";
import { swatch } from "../palette.js";
import { Presence } from "../presence.js";
import { showStatus } from "../status.js";
import { Syncing } from "../syncing.js";
import { timeline } from "../timeline.js";
import { followTimer } from "./timer.js";
import { Workshop } from "./workshop.js";

const SHOWN_MAX = 100;
/** @param {string} id @returns {HTMLElement} */
const part = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

const config = /** @type {BoardConfig} */ (JSON.parse(part("board-config").textContent ?? "{}"));
const syncing = new Syncing(config);
const workshop = new Workshop(config, syncing);
const presence = new Presence(syncing.connection);
const box = /** @type {HTMLFormElement} */ (part("tray-box"));
const text = /** @type {HTMLTextAreaElement} */ (part("tray-text"));
/** What I threw since this page was opened, newest last; the server's list joins it. @type {string[]} */
const thrown = [];
/** @type {NoteKind} */
let kind = "domain_event";
let clockText = "";

showStatus(/** @type {any} */ ({ syncing }), part("tray-status"));
box.addEventListener("submit", (event) => {
  event.preventDefault();
  throwNote();
});
text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey) return;
  event.preventDefault();
  throwNote();
});
part("tray-hand").addEventListener("click", () => {
  presence.say({ hand: presence.hand ? null : Date.now() });
  part("tray-hand").setAttribute("aria-pressed", String(Boolean(presence.hand)));
  part("tray-hand").setAttribute("aria-label", presence.hand ? "Take your hand down" : "Raise a hand");
});
syncing.welcomed.on((frame) => {
  presence.welcome(frame);
  document.body.dataset.boardState = "ready";
});
syncing.refused.on(({ message, patch }) => {
  const words = Object.values(patch.elements).map((element) => element.text).filter(Boolean).join(", ");
  toast(message, { hint: words && `Not saved: “${words}”`, kind: "bad" });
});
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
const soon = () => { timer ??= setTimeout(() => {
  timer = undefined;
  draw();
}, 60); };
for (const signal of [syncing.document.changed, syncing.document.trayChanged, syncing.stateChanged, workshop.changed, workshop.ballotChanged]) {
  /** @type {{on: (listener: () => void) => unknown}} */ (signal).on(soon);
}
workshop.changed.on((state, before) => {
  if (before.version >= 0 && before.silent && !state.silent) toast("Here are everybody's notes", { hint: "Look at the wall.", kind: "good" });
});
followTimer(workshop, (shown) => {
  if (shown === clockText) return;
  clockText = shown;
  drawPhase();
}, () => toast("Time is up", { kind: "info" }));
document.body.dataset.boardState = "opening";
void syncing.start();

function throwNote() {
  const words = text.value.trim();
  if (!words || !syncing.canEdit) return text.focus();
  const id = newId();
  thrown.push(id);
  syncing.write({ elements: { [id]: { kind, text: words } } }, { record: false });
  text.value = "";
  part("tray-news").textContent = "Thrown into your tray";
  text.focus();
  draw();
  part("main").scrollTop = 0;
  return undefined;
}

/** While a finger is down, and until its click has come: drawing now would take the tap away. */
const CLICK_MS = 60;
let pressed = false;
let due = false;
addEventListener("pointerdown", () => { pressed = true; });
for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => setTimeout(() => {
  pressed = false;
  if (due) draw();
}, CLICK_MS));

function draw() {
  due = pressed;
  if (pressed) return;
  box.hidden = !syncing.canEdit;
  drawKinds();
  drawPhase();
  drawVote();
  drawNotes();
}

function drawKinds() {
  const offered = NOTE_KINDS.filter((each) => each !== "vote" && (workshop.palette?.includes(each) ?? true));
  if (!offered.includes(kind)) kind = offered[0] ?? "domain_event";
  text.placeholder = NOTES[kind].hint;
  const row = part("tray-kinds");
  row.hidden = offered.length < 2;
  row.replaceChildren(...offered.map((each) => el("button", { class: "tray-kind", type: "button", role: "radio", "aria-checked": String(each === kind), "data-testid": `tray-kind-${each}`, onclick: () => {
    kind = each;
    drawKinds();
    text.focus();
  } }, swatch(each), NOTES[each].label)));
}

function drawPhase() {
  const phase = workshop.phase();
  const place = part("tray-phase");
  place.hidden = !phase && !clockText;
  place.replaceChildren(el("div", { class: "tray-phase__head" }, el("strong", {}, phase?.label ?? "Timer"), el("span", { class: "strip__time", role: "timer" }, clockText)),
    ...(phase ? [el("p", {}, `${phase.guide.split(". ").slice(0, 2).join(". ").replace(/\.$/, "")}.`)] : []));
}

function drawVote() {
  const { vote } = workshop.state;
  const place = part("tray-vote");
  place.hidden = !vote;
  if (!vote) return;
  const rows = timeline(syncing.document).filter(({ element }) => element.text?.trim() && element.x !== undefined && !element.draft && (!vote.kinds.length || vote.kinds.includes(element.kind)));
  const kept = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.testid : undefined;
  place.replaceChildren(el("h2", {}, vote.title), el("p", { class: "side-hint", role: "status" }, `${workshop.ballot.left} of your ${vote.budget} dots left. Nobody sees what you vote until it is closed.`),
    el("ul", { class: "vote-list", role: "list" }, ...rows.map(({ id, element }) => voteRow(id, element))));
  if (kept?.startsWith("dot-")) /** @type {HTMLElement | null} */ (place.querySelector(`[data-testid="${CSS.escape(kept)}"]`))?.focus();
}

/** @param {string} id @param {ElementProps} element */
function voteRow(id, element) {
  const count = workshop.ballot.dots[id] ?? 0;
  const step = (/** @type {1 | -1} */ by, /** @type {boolean} */ off) => el("button", {
    class: "button button--icon", type: "button", disabled: off, "data-testid": `dot-${by > 0 ? "more" : "less"}-${id}`, "aria-label": `${by > 0 ? "One dot more on" : "One dot less on"} ${element.text}`, onclick: () => void workshop.dot(id, by),
  }, icon(by > 0 ? "plus" : "minus"));
  return el("li", { class: "vote-row" }, isNoteKind(element.kind) ? swatch(element.kind) : "", el("span", { class: "vote-row__text" }, element.text ?? ""),
    step(-1, !count), el("span", { class: "dots__count" }, count ? "●".repeat(Math.min(count, 5)) : "0"), step(1, !workshop.ballot.left || count >= (workshop.state.vote?.per_note_max ?? 0)));
}

function drawNotes() {
  const board = syncing.document;
  const waiting = new Map(syncing.outbox.waiting.flatMap(({ patch }) => Object.entries(patch.elements)).filter(([, properties]) => properties.kind));
  const gone = new Set(syncing.outbox.waiting.flatMap(({ patch }) => Object.entries(patch.elements)).filter(([, { deleted }]) => deleted).map(([id]) => id));
  const tray = new Map(board.tray.map(({ id, element }) => [id, element]));
  /** @type {Map<string, {element: ElementProps, state: string, mine: boolean}>} */
  const notes = new Map();
  for (const [id, element] of board.elements) {
    const placed = element.x !== undefined;
    if (placed && !element.deleted && isNoteKind(element.kind) && element.created_by === config.me.id) notes.set(id, { element, state: element.draft ? "On the wall, private until the reveal" : "On the wall", mine: false });
  }
  for (const [id, element] of tray) notes.set(id, { element, state: workshop.state.silent ? "Private until the reveal" : "In your tray", mine: true });
  for (const [id, element] of waiting) if (!notes.has(id)) notes.set(id, { element: /** @type {ElementProps} */ (element), state: "Kept on this phone until you are online", mine: true });
  const order = [...notes.keys()].filter((id) => !gone.has(id)).sort((a, b) => place(b) - place(a));
  const list = part("tray-list");
  list.replaceChildren(...order.slice(0, SHOWN_MAX).map((id) => noteRow(id, /** @type {any} */ (notes.get(id)))));
  if (!order.length && syncing.joined) list.replaceChildren(el("li", { class: "tray-empty" }, syncing.canEdit ? "Write what happened, one note a fact, and throw it in. Later you put your notes on the wall, or the facilitator reveals everybody's at once." : "You can look at the wall, but not write on it."));

  /** @param {string} id */
  function place(id) {
    const at = thrown.indexOf(id);
    return at >= 0 ? Number.MAX_SAFE_INTEGER - thrown.length + at : Date.parse(notes.get(id)?.element.created_at ?? "") || 0;
  }
}

/** @param {string} id @param {{element: ElementProps, state: string, mine: boolean}} note */
function noteRow(id, { element, state, mine }) {
  const remove = el("button", { class: "button button--quiet button--icon button--lg", type: "button", "aria-label": `Throw away: ${element.text ?? ""}`, "data-testid": "tray-remove", onclick: () => syncing.write({ elements: { [id]: { deleted: true } } }, { record: false }) }, icon("trash"));
  return el("li", { class: "tray-note", "data-testid": "tray-note" }, isNoteKind(element.kind) ? swatch(element.kind) : "", el("span", {}, element.text ?? "", el("span", { class: "tray-note__state" }, state)), mine ? remove : "");
}
