/** The hotspot ledger: every doubt with who finds out, until when, and how far it is; to take along as CSV or Markdown.
 * @import {ElementProps} from '../types' @import {Wall} from '../wall.js' @import {Tab} from './panel.js' */

import { el, icon } from "@app/dom.js";

import { timeline } from "../timeline.js";
import { noteRow } from "./rows.js";

export const STATES = { open: "Open", doing: "In hand", settled: "Settled" };

/** @param {Wall} wall @param {HTMLElement} body @returns {Tab} */
export function showHotspots(wall, body) {
  let open = true;
  const draw = () => {
    const all = timeline(wall.document).filter(({ element }) => element.kind === "hotspot");
    const shown = open ? all.filter(({ element }) => element.state !== "settled") : all;
    const settled = all.length - all.filter(({ element }) => element.state !== "settled").length;
    const only = el("input", { type: "checkbox", class: "switch", id: "hotspots-open", checked: open, onchange: () => {
      open = only.checked;
      draw();
    } });
    const file = (/** @type {string} */ form, /** @type {string} */ label) => el("a", { class: "button button--sm", href: `${wall.config.board_api_url}/hotspots.${form}`, download: true, "data-testid": `hotspots-${form}` }, icon("download"), label);
    body.replaceChildren(
      el("div", { class: "side-line" }, el("label", { class: "side-switch", for: "hotspots-open" }, only, `Without the ${settled} settled`), el("span", { class: "cluster cluster--sm" }, file("csv", "CSV"), file("md", "Markdown"))),
      ...shown.map(({ id, element }) => ledgerRow(wall, id, element)),
    );
    if (!shown.length) body.append(el("p", { class: "side-empty" }, all.length ? "All hotspots are settled." : "No hotspots yet. Where you doubt, put a pink note (N, then H)."));
  };
  return { draw };
}

/** @param {Wall} wall @param {string} id @param {ElementProps} element */
const ledgerRow = (wall, id, element) =>
  el("div", { class: "ledger", "data-testid": "ledger-row" }, noteRow(wall, id), ledgerFields(wall, id, element));

/** Owner, due date and state of a hotspot. @param {Wall} wall @param {string} id @param {ElementProps} element */
export function ledgerFields(wall, id, element) {
  const off = !wall.mayChange(id);
  const write = (/** @type {import('../types').ElementPatch} */ change) => wall.syncing.write({ elements: { [id]: change } });
  const owner = el("input", { class: "input input--sm", placeholder: "Who finds out", "aria-label": "Owner", value: element.owner ?? "", maxlength: "80", list: "people-names", disabled: off, "data-testid": `owner-${id}`, onchange: () => write({ owner: owner.value.trim() || null }) });
  const due = el("input", { class: "input input--sm", type: "date", "aria-label": "Due", value: element.due ?? "", disabled: off, "data-testid": `due-${id}`, onchange: () => write({ due: due.value || null }) });
  const state = el("select", { class: "select select--sm", "aria-label": "State", disabled: off, "data-testid": `state-${id}`, onchange: () => write({ state: state.value === "open" ? null : state.value }) },
    ...Object.entries(STATES).map(([value, label]) => el("option", { value, selected: value === (element.state ?? "open") }, label)));
  return el("div", { class: "ledger__fields" }, owner, due, state);
}
