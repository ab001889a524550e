/**
 * The note's tab: what a chosen note carries besides its text (fields, tags, links, the ledger of a hotspot, its lock), and
 * what people say of it. With nothing chosen, every remark that is open.
 *
 * @import {ElementPatch, ElementProps, NoteField} from '../types'
 * @import {Wall} from '../wall.js'
 * @import {Tab} from './panel.js'
 */

import { el, icon } from "@app/dom.js";

import { isNote, labelOf, PROMOTED_AS } from "../kinds.js";
import { FIELD_TYPES } from "../schema_fields.js";
import { ledgerFields } from "./hotspots_tab.js";
import { talkOf } from "./remarks.js";
import { noteRow, section } from "./rows.js";
import { SaidOfNotes } from "./said.js";
import { stepPart } from "./in_step.js";

/** @param {Wall} wall @param {HTMLElement} body @returns {Tab} */
export function showNote(wall, body) {
  const said = saidOf(wall);
  const draw = () => {
    const id = wall.selection.only;
    const element = id ? wall.document.live(id) : undefined;
    if (!id || !element || element.kind === "connector") return body.replaceChildren(...overview(wall, said));
    /** @type {HTMLElement[]} */
    const parts = [el("div", { class: "side-line" }, el("p", { class: "side-hint" }, labelOf(element.kind), element.draft ? " · only you see it" : ""), lock(wall, id, element)),
      el("p", { class: "note-words" }, element.text?.trim() || "No words yet.")];
    if (element.kind === "hotspot") parts.push(section("Who finds out", ledgerFields(wall, id, element)));
    if (element.kind in PROMOTED_AS) parts.push(section("Fields", fieldsPart(wall, id, element, draw)));
    if (element.type_id) parts.push(stepPart(wall, id, element));
    if (isNote(element)) parts.push(section("Tags", tags(wall, id, element)), section("Links", links(wall, id, element, draw)));
    if (!element.draft) parts.push(section("Remarks", ...talkOf(wall, said, id)));
    return body.replaceChildren(...parts);
  };
  return { draw };
}

/** @type {WeakMap<Wall, SaidOfNotes>} */
const kept = new WeakMap();

/** One for each wall. @param {Wall} wall @returns {SaidOfNotes} */
export function saidOf(wall) {
  let said = kept.get(wall);
  if (!said) kept.set(wall, (said = new SaidOfNotes(wall.document)));
  return said;
}

/** @param {Wall} wall @param {SaidOfNotes} said */
function overview(wall, said) {
  const open = [...said.subjects()].filter((id) => wall.document.live(id) && said.openRemarks(id));
  if (!open.length) return [el("p", { class: "side-empty" }, "Choose a note to see its fields, tags and remarks. There are no open remarks.")];
  return [section("Open remarks", ...open.map((id) => {
    const last = said.remarksOf(id).filter(({ element }) => !element.resolved).at(-1)?.element;
    return noteRow(wall, id, undefined, el("span", { class: "choice__hint" }, last ? `${wall.workshop.nameOf(last.created_by)}: ${last.text ?? ""}` : ""));
  }))];
}

/** @param {Wall} wall @param {string} id @param {ElementProps} element */
function lock(wall, id, element) {
  if (!wall.workshop.facilitates || element.draft) return element.locked ? el("span", { class: "badge" }, icon("lock"), "Locked") : "";
  return el("button", { class: "button button--sm", type: "button", "aria-pressed": String(Boolean(element.locked)), "data-testid": "lock", onclick: () => wall.syncing.write({ elements: { [id]: { locked: element.locked ? null : true } } }) }, icon("lock"), element.locked ? "Unlock" : "Lock");
}

/** @param {Wall} wall @param {string} id @param {ElementPatch} change */
const write = (wall, id, change) => wall.syncing.write({ elements: { [id]: change } });

/** @param {Wall} wall @param {string} id @param {ElementProps} element @param {() => void} draw */
function fieldsPart(wall, id, element, draw) {
  const off = !wall.mayChange(id);
  const fields = element.fields ?? [];
  const set = (/** @type {NoteField[]} */ next) => write(wall, id, { fields: next.length ? next : null });
  const rows = fields.map((field, place) => fieldRow(field, off, (change) => {
    const next = wall.document.live(id)?.fields?.map((each, at) => (at === place ? tidy({ ...each, ...change }) : each)) ?? [];
    set(next);
  }, () => {
    set((wall.document.live(id)?.fields ?? []).filter((_, at) => at !== place));
    draw();
  }));
  const name = el("input", { class: "input input--sm input--mono", placeholder: "orderId", "aria-label": "Name of a new field", maxlength: "80", autocomplete: "off", spellcheck: "false", "data-testid": "field-new" });
  const add = () => {
    const wanted = name.value.trim().replace(/\s+/g, "_").replace(/["\\]/g, "");
    if (!wanted || fields.some((field) => field.name === wanted)) return name.focus();
    name.blur();
    set([...(wall.document.live(id)?.fields ?? []), { name: wanted, type: guess(wanted), required: true }]);
    draw();
    return undefined;
  };
  name.addEventListener("keydown", (event) => { if (event.key === "Enter") add(); });
  return el("div", { class: "stack stack--sm", "data-testid": "note-fields" }, ...rows,
    off ? (rows.length ? "" : el("p", { class: "side-hint" }, "None.")) : el("div", { class: "side-line" }, name, el("button", { class: "button button--sm", type: "button", "data-testid": "field-add", onclick: add }, icon("plus"), "Field")));
}

/** @param {NoteField} field @param {boolean} off @param {(change: Partial<NoteField>) => void} change @param {() => void} remove */
function fieldRow(field, off, change, remove) {
  const type = el("select", { class: "select select--sm", "aria-label": `Type of ${field.name}`, disabled: off, onchange: () => change({ type: type.value }) }, ...Object.keys(FIELD_TYPES).map((each) => el("option", { value: each, selected: each === field.type }, each)));
  const example = el("input", { class: "input input--sm", "aria-label": `Example of ${field.name}`, placeholder: "Example", maxlength: "400", value: field.example ?? "", disabled: off, onchange: () => change({ example: example.value }) });
  const required = el("input", { type: "checkbox", checked: Boolean(field.required), disabled: off, "aria-label": `${field.name} is required`, title: "Required", onchange: () => change({ required: required.checked }) });
  return el("div", { class: "note-field", role: "group", "aria-label": field.name }, el("code", {}, field.name), type, required, example,
    off ? "" : el("button", { class: "button button--quiet button--icon button--sm", type: "button", "aria-label": `Remove ${field.name}`, onclick: remove }, icon("close")));
}

/** @param {NoteField} field @returns {NoteField} without what is empty */
function tidy({ name, type, example, required }) {
  return { name, type, ...(example ? { example } : {}), ...(required ? { required } : {}) };
}

/** What a field of this name usually is. @param {string} name */
export function guess(name) {
  if (/(^|[a-z_.])(uuid|guid)$/i.test(name)) return "uuid";
  if (/(At|_at|Time|Timestamp)$/.test(name)) return "date and time";
  if (/(^|_)(date)$|Date$|On$/.test(name)) return "date";
  if (/e-?mail$/i.test(name)) return "email";
  if (/(url|uri|link)$/i.test(name)) return "web address";
  if (/(count|quantity|number|cents)$/i.test(name)) return "whole number";
  if (/(total|amount|price|rate|sum)$/i.test(name)) return "number";
  if (/^(is|has|can)[A-Z_]/.test(name)) return "yes or no";
  return "text";
}

/** @param {Wall} wall @param {string} id @param {ElementProps} element */
function tags(wall, id, element) {
  const input = el("input", { class: "input input--sm", "aria-label": "Tags, with commas between", placeholder: "risk, later", value: (element.tags ?? []).join(", "), disabled: !wall.mayChange(id), "data-testid": "tags", onchange: () => {
    const words = [...new Set(input.value.split(",").map((word) => word.trim().slice(0, 80)).filter(Boolean))].slice(0, 40);
    write(wall, id, { tags: words.length ? words : null });
  } });
  return input;
}

/** @param {Wall} wall @param {string} id @param {ElementProps} element @param {() => void} draw */
function links(wall, id, element, draw) {
  const off = !wall.mayChange(id);
  const all = element.links ?? [];
  const rows = all.map(({ url, title }, place) => el("div", { class: "side-line" }, el("a", { href: url, target: "_blank", rel: "noreferrer noopener", class: "side-link" }, title || url.replace(/^https?:\/\//, "")),
    off ? "" : el("button", { class: "button button--quiet button--icon button--sm", type: "button", "aria-label": `Remove the link to ${title || url}`, onclick: () => {
      write(wall, id, { links: all.length > 1 ? all.filter((_, at) => at !== place) : null });
      draw();
    } }, icon("close"))));
  if (off) return el("div", { class: "stack stack--sm" }, ...rows);
  const input = el("input", { class: "input input--sm", type: "url", placeholder: "https://…", "aria-label": "Address of a new link", "data-testid": "link-new", onchange: () => {
    const url = /^(https?:\/\/|mailto:)/.test(input.value.trim()) ? input.value.trim() : `https://${input.value.trim()}`;
    if (!input.value.trim() || /\s/.test(url)) return;
    input.blur();
    write(wall, id, { links: [...all, { url }].slice(0, 40) });
    draw();
  } });
  return el("div", { class: "stack stack--sm" }, ...rows, input);
}
