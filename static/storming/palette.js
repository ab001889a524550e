/** The palette: a sticky of each kind, to click or to drag onto the wall; lane, frame and context below. @import {AreaKind, NoteKind} from './types' @import {Wall} from './wall.js' */

import { el, icon } from "@app/dom.js";

import { AREAS, ARRANGED, hiddenKinds, NOTES, NOTE_KINDS } from "./kinds.js";
import { DrawingArea } from "./tools/drawing_area.js";
import { PlacingNote } from "./tools/placing_note.js";

const DRAG_PX = 6;
const SVG = "http://www.w3.org/2000/svg";

/** @param {Wall} wall @param {HTMLElement} bar */
export function fillPalette(wall, bar) {
  const fill = () => {
    const offered = wall.workshop.palette;
    const kinds = NOTE_KINDS.filter((kind) => !hiddenKinds.has(kind) && (offered?.includes(kind) ?? true));
    const lanes = wall.workshop.offersLanes;
    const areas = /** @type {AreaKind[]} */ (Object.keys(AREAS)).filter((kind) => (ARRANGED.has(kind) ? lanes && wall.canArrange : lanes || wall.workshop.state.lanes));
    const wanted = [...kinds.map((kind) => kind + NOTES[kind].label + NOTES[kind].colour), ...areas].join();
    bar.hidden = !wall.canEdit;
    if (bar.dataset.filled === wanted) return;
    bar.dataset.filled = wanted;
    bar.replaceChildren(...kinds.map((kind) => sticky(wall, kind)), ...(areas.length ? [el("hr", {})] : []), ...areas.map((kind) => area(wall, kind)));
    // Arrow keys walk the palette: it's one stop of Tab.
    bar.querySelectorAll("button").forEach((button, place) => { button.tabIndex = place ? -1 : 0; });
  };
  wall.syncing.stateChanged.on(fill);
  wall.workshop.changed.on(fill);
  wall.legendChanged.on(fill);
  fill();
  bar.addEventListener("keydown", (event) => {
    const buttons = /** @type {HTMLButtonElement[]} */ ([...bar.querySelectorAll("button")]);
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    const here = buttons.indexOf(/** @type {HTMLButtonElement} */ (event.target));
    if (!step || here < 0) return;
    event.preventDefault();
    buttons[(here + step + buttons.length) % buttons.length].focus();
  });
}

/** @param {Wall} wall @param {NoteKind} kind */
function sticky(wall, kind) {
  const { label, hint, key } = NOTES[kind];
  const button = el("button", {
    class: "palette-note", type: "button", "data-kind": kind, "data-testid": `palette-${kind}`,
    "data-tooltip": `${label}: ${hint}`, "aria-label": `${label}: ${hint}`, "aria-keyshortcuts": `N ${key}`,
  }, swatch(kind), el("span", { class: "palette-note__label" }, label));
  button.addEventListener("click", (event) => {
    if (event.detail === 0) wall.commands.createNoteByKey(kind);
    else wall.begin(new PlacingNote(wall, kind, wall.pointer));
  });
  button.addEventListener("pointerdown", (event) => followDrag(wall, kind, button, event));
  return button;
}

/** @param {Wall} wall @param {NoteKind} kind @param {HTMLElement} button @param {PointerEvent} down */
function followDrag(wall, kind, button, down) {
  if (down.button !== 0) return;
  /** @type {PlacingNote | null} */
  let placing = null;
  const move = (/** @type {PointerEvent} */ event) => {
    if (!placing && Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) < DRAG_PX) return;
    if (!placing) {
      placing = new PlacingNote(wall, kind, null);
      wall.begin(placing);
      button.setPointerCapture(event.pointerId);
    }
    placing.pointerMove(event, wall.pointOf(event));
  };
  const up = (/** @type {PointerEvent} */ event) => {
    removeEventListener("pointermove", move);
    if (!placing) return;
    button.addEventListener("click", (click) => click.stopImmediatePropagation(), { capture: true, once: true });
    const over = document.elementFromPoint(event.clientX, event.clientY);
    if (over && wall.stage.contains(over)) placing.pointerUp(event, wall.pointOf(event));
    else wall.idle();
  };
  addEventListener("pointermove", move);
  addEventListener("pointerup", up, { once: true });
}

/** @param {Wall} wall @param {AreaKind} kind */
function area(wall, kind) {
  const { label, hint, key, icon: symbol } = AREAS[kind];
  const start = () => {
    wall.begin(new DrawingArea(wall, kind));
    wall.focus();
  };
  return el("button", { class: "palette-note palette-note--tool", type: "button", "data-testid": `palette-${kind}`, "data-tooltip": `${label}: ${hint}`, "aria-label": `${label}: ${hint}`, "aria-keyshortcuts": key, onclick: start }, icon(symbol), el("span", { class: "palette-note__label" }, label));
}

/** A little note of a kind: colour, shape and icon. @param {NoteKind} kind */
export function swatch(kind) {
  const { colour, ink, icon: path, shape, tilt, w, h } = NOTES[kind];
  const paper = el("span", { class: "swatch", "aria-hidden": "true" });
  paper.style.cssText = `background:${colour};color:${ink};aspect-ratio:${shape === "dot" ? 1 : Math.max(0.7, Math.min(1.35, w / h))};rotate:${tilt}rad;border-radius:${shape === "dot" ? "50%" : "2px"}`;
  paper.append(kindIcon(path));
  return paper;
}

/** @param {string} path in a 16 x 16 box */
export function kindIcon(path) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "kind-icon");
  const shape = document.createElementNS(SVG, "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}
