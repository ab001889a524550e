/**
 * Four hints that show a newcomer round the demo: the living board, a promoted note, its type, its stream. "Next" leads
 * from page to page; wherever it is left, it does not come again on this browser unless it is asked for.
 */
import { el } from "@app/dom.js";
import { showHints } from "@app/hints.js";

/** @typedef {import("@app/hints.js").Hint} Hint */
/** @typedef {{first: number, hints: () => Promise<Hint[]>, next: string}} Stop number of its first hint from 0; the place that follows */

const NAME = "demo";
const STEP = "demo-tour"; // in this tab: the number of the hint that comes next, from 0
const COUNT = 4;
const NOTE_WAIT_MS = 10_000;

const places = JSON.parse(document.getElementById("demo-places")?.textContent ?? "{}");
const view = document.getElementById("simulator")?.dataset.view ?? "";

/** @type {Record<string, Stop>} */
const STOPS = {
  "storming:board": { first: 0, hints: onBoard, next: "type" },
  "eventcatalog:type": { first: 2, hints: onType, next: "stream" },
  "broker_adapter:stream": { first: 3, hints: onStream, next: "" },
};

document.querySelector("[data-tour]")?.addEventListener("click", () => {
  localStorage.removeItem(`hints:${NAME}`);
  sessionStorage.removeItem(STEP);
  if (view === "storming:board") location.reload();
  else if (places.board) location.assign(places.board);
});
void begin();

async function begin() {
  if (view === "workspaces:workspace-home") await greet();
  const stop = STOPS[view];
  if (!stop || !due(stop.first)) return;
  const hints = await stop.hints();
  const goneThrough = await showHints(NAME, hints, { before: stop.first, of: COUNT, again: stop.first > 0 });
  if (!goneThrough) return leave();
  if (!stop.next || !places[stop.next]) return leave();
  sessionStorage.setItem(STEP, String(stop.first === 0 ? 2 : stop.first + 1));
  location.assign(places[stop.next]);
}

/** Whether the hint of this number comes next: the first for whoever has not seen it, the others on the way. */
function due(/** @type {number} */ first) {
  if (first === 0) return !localStorage.getItem(`hints:${NAME}`);
  return sessionStorage.getItem(STEP) === String(first);
}

function leave() {
  sessionStorage.removeItem(STEP);
}

/** At home a newcomer is led to the board: its row is marked until the round has been seen. */
async function greet() {
  const row = places.board && document.querySelector(`main a[href="${places.board}"]`);
  if (row && !localStorage.getItem(`hints:${NAME}`)) row.classList.add("hint-target");
}

/** @returns {Promise<Hint[]>} */
async function onBoard() {
  const note = await nearestNote();
  /** @type {Hint[]} */
  const hints = [{
    target: "#wall-status", title: "A living board",
    text: "A team stormed its business here: from the first click to the doorstep, time runs to the right. Everybody writes at once, and every word is kept.",
  }];
  if (note) {
    hints.push({
      target: ".tour-anchor", title: "A note that lives",
      text: "This note was promoted: it names a real event. The ring is services sending that event right now. Click the note for its rate and its last record.",
    });
  }
  return hints;
}

/** @returns {Promise<Hint[]>} */
async function onType() {
  return [{
    target: "main h1", title: "What the note became",
    text: "An event type with a schema. Every record is checked against it before it is stored, and a new version must not break the old one.",
  }];
}

/** @returns {Promise<Hint[]>} */
async function onStream() {
  return [{
    target: "main h1", title: "Every fact, in order",
    text: "Records arrive here as they happen and stay: watch them, open one, or read on from any point. Stop the flow with the switch in the top bar.",
  }];
}

/** An anchor over the promoted note that is nearest to the middle of the screen, once the wall is drawn. */
async function nearestNote() {
  const until = performance.now() + NOTE_WAIT_MS;
  while (document.body.dataset.boardState !== "ready" && performance.now() < until) await new Promise(requestAnimationFrame);
  const board = /** @type {any} */ (window).factstormBoard;
  if (!board) return null;
  const middle = { x: innerWidth / 2, y: innerHeight / 2 };
  let best = null;
  for (const [id, note] of board.document.elements) {
    const at = note.type_id && note.kind === "domain_event" && !note.deleted ? board.toScreen(id) : null;
    if (!at || at.x < 0 || at.y < 60 || at.x + at.w > innerWidth || at.y + at.h > innerHeight) continue;
    const far = Math.hypot(at.x - middle.x, at.y - middle.y);
    if (!best || far < best.far) best = { ...at, far };
  }
  if (!best) return null;
  const anchor = el("div", { class: "tour-anchor", "aria-hidden": "true" });
  Object.assign(anchor.style, { left: `${best.x}px`, top: `${best.y}px`, width: `${best.w}px`, height: `${best.h}px` });
  document.body.append(anchor);
  return anchor;
}
