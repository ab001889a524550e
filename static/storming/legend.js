/** The legend: what each kind is called on this board and how it looks. Facilitators edit it. @import {LegendEntry, NoteKind} from './types' @import {Wall} from './wall.js' */

import { el } from "@app/dom.js";
import { openDialog } from "@app/dialogs.js";

import { hiddenKinds, NOTES, NOTE_KINDS, ownStyle } from "./kinds.js";
import { swatch } from "./palette.js";

/** @param {Wall} wall @param {{panel: HTMLElement, dialog: HTMLElement, opener: HTMLElement}} parts */
export function showLegend(wall, { panel, dialog, opener }) {
  const edit = /** @type {HTMLElement} */ (panel.querySelector("[data-edit]"));
  const list = /** @type {HTMLElement} */ (panel.querySelector("[data-list]"));
  const fill = () => {
    const kinds = NOTE_KINDS.filter((kind) => !hiddenKinds.has(kind));
    list.replaceChildren(...kinds.map((kind) => el("li", {}, swatch(kind), el("span", {}, NOTES[kind].label))));
    edit.hidden = !wall.canArrange;
  };
  const toggle = (/** @type {boolean} */ open) => {
    panel.hidden = !open;
    opener.setAttribute("aria-expanded", String(open));
    if (open) fill();
  };
  opener.addEventListener("click", () => toggle(panel.hidden === true));
  panel.querySelector("[data-shut]")?.addEventListener("click", () => {
    toggle(false);
    opener.focus();
  });
  wall.legendChanged.on(() => { if (!panel.hidden) fill(); });
  wall.syncing.stateChanged.on(() => { if (!panel.hidden) fill(); });
  edit.addEventListener("click", () => openEditor(wall, /** @type {HTMLDialogElement} */ (dialog)));
  dialog.querySelector("form")?.addEventListener("submit", (event) => {
    event.preventDefault();
    wall.commands.setLegend(read(dialog));
    /** @type {HTMLDialogElement} */ (dialog).close();
    wall.focus();
  });
  dialog.querySelector("[data-reset]")?.addEventListener("click", () => fillRows(dialog, {}));
}

/** @param {Wall} wall @param {HTMLDialogElement} dialog */
function openEditor(wall, dialog) {
  const legend = wall.document.live("legend");
  fillRows(dialog, legend?.entries ?? {});
  openDialog(dialog.id);
}

/** @param {HTMLElement} dialog @param {Record<string, LegendEntry>} entries */
function fillRows(dialog, entries) {
  const rows = NOTE_KINDS.map((kind) => row(kind, entries[kind] ?? {}));
  dialog.querySelector("[data-part=rows]")?.replaceChildren(...rows);
}

/** @param {NoteKind} kind @param {LegendEntry} entry */
function row(kind, { label, colour, hidden }) {
  const own = ownStyle(kind);
  const name = own.label;
  return el("div", { class: "legend-row", role: "group", "aria-label": name, "data-kind": kind },
    el("input", { class: "legend-row__colour", type: "color", value: (colour ?? own.colour).toLowerCase(), "aria-label": `Colour of ${name}` }),
    el("input", { class: "input input--sm", type: "text", value: label ?? name, maxlength: "40", "aria-label": `Name of ${name}`, autocomplete: "off" }),
    el("label", { class: "choice" }, el("input", { type: "checkbox", ...(hidden ? {} : { checked: "" }) }), el("span", { class: "choice__text" }, "In the palette")));
}

/** Only what differs from the notation's own. @param {HTMLElement} dialog @returns {Record<string, LegendEntry>} */
function read(dialog) {
  /** @type {Record<string, LegendEntry>} */
  const entries = {};
  for (const kind of NOTE_KINDS) {
    const [colour, label, shown] = /** @type {HTMLInputElement[]} */ ([...dialog.querySelectorAll(`[data-kind="${kind}"] input`)]);
    const own = ownStyle(kind);
    /** @type {LegendEntry} */
    const entry = {};
    const words = label.value.trim();
    if (words && words !== own.label) entry.label = words;
    if (colour.value.toLowerCase() !== own.colour.toLowerCase()) entry.colour = colour.value;
    if (!shown.checked) entry.hidden = true;
    if (Object.keys(entry).length) entries[kind] = entry;
  }
  return entries;
}
