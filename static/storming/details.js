/** What is worth knowing of the element pointed at or selected, beside it: a promoted note's traffic, what lies in an area. @import {ElementProps} from './types' @import {Wall} from './wall.js' */

import { el } from "@app/dom.js";

import { isAreaKind, isNoteKind, labelOf, NOTES, NOTE_KINDS } from "./kinds.js";

/** @param {Wall} wall @param {HTMLElement} card */
export function showDetails(wall, card) {
  const show = () => {
    const id = wall.hovered ?? wall.selection.only;
    const element = id ? wall.document.live(id) : undefined;
    const box = id ? wall.renderer.boxOf(id) : null;
    const parts = id && element && box && wall.editor.id === null && wall.gesture.name === "idling" ? partsOf(wall, id, element) : null;
    card.hidden = !parts || !box;
    if (!parts || !box) return;
    card.replaceChildren(...parts);
    const { x, y, h } = wall.camera.boxToScreen(box);
    const below = y + h + 30;
    const above = Math.max(8, y - card.offsetHeight - 90);
    const top = below + card.offsetHeight < wall.camera.height ? below : above;
    card.style.transform = `translate(${Math.max(8, Math.min(wall.camera.width - card.offsetWidth - 8, x))}px, ${top}px)`;
  };
  wall.renderer.animations.add(() => {
    if (wall.gesture.name !== "idling") card.hidden = true;
    return false;
  });
  wall.hoverChanged.on(show);
  wall.selection.changed.on(show);
  wall.camera.changed.on(show);
  wall.pulses.changed.on(show);
  wall.editor.changed.on(show);
}

/** @param {Wall} wall @param {string} id @param {ElementProps} element @returns {(HTMLElement | string)[] | null} */
function partsOf(wall, id, element) {
  if (isAreaKind(element.kind)) return areaParts(wall, id, element);
  const type = element.type_id ? wall.types[element.type_id] : undefined;
  const where = isNoteKind(element.kind) ? whereabouts(wall, id) : "";
  if (!type) return null;
  const traffic = wall.pulses.traffic.get(element.type_id ?? "");
  return [
    el("strong", {}, type.name), el("span", { class: "note-details__state" }, `${type.kind ?? "event"} · v${type.version} · ${type.state}`),
    ...(where ? [el("span", { class: "note-details__state" }, where)] : []),
    el("dl", {},
      ...row("Rate", `${(traffic?.rate ?? 0).toLocaleString("en", { maximumFractionDigits: 1 })} per second`),
      ...row("Total", (traffic?.total ?? 0).toLocaleString("en")),
      ...row("Last seen", traffic?.last_seen ? new Date(traffic.last_seen).toLocaleTimeString() : "never"),
      ...row("Refused", (traffic?.rejected ?? 0).toLocaleString("en")),
    ),
  ];
}

/** What lies in it, by kind. @param {Wall} wall @param {string} id @param {ElementProps} element */
function areaParts(wall, id, element) {
  const inside = wall.scene.contentsOf(id).map((each) => wall.document.live(each)?.kind);
  const counts = NOTE_KINDS.map((kind) => ({ kind, count: inside.filter((each) => each === kind).length })).filter(({ count }) => count);
  return [
    el("strong", { class: "note-details__title" }, element.text || `${labelOf(element.kind)} without a name`),
    el("span", { class: "note-details__state" }, inside.length ? `${labelOf(element.kind)} with ${inside.length} ${inside.length === 1 ? "note" : "notes"}` : `${labelOf(element.kind)}, nothing in it yet`),
    el("dl", {}, ...counts.flatMap(({ kind, count }) => row(NOTES[kind].label, String(count)))),
  ];
}

/** In which context, lane and frame a note lies. @param {Wall} wall @param {string} id */
export function whereabouts(wall, id) {
  const names = ["context", "swimlane", "frame"].map((kind) => wall.scene.areaOf(id, kind)?.element.text).filter(Boolean);
  return names.length ? `in ${names.join(", ")}` : "";
}

/** @param {string} term @param {string} value */
const row = (term, value) => [el("dt", {}, term), el("dd", {}, value)];
