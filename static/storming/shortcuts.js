/** The sheet of shortcuts, opened by ?. */

import { el } from "@app/dom.js";

import { NOTES, NOTE_KINDS } from "./kinds.js";
import { WORKSHOP_KEYS } from "./workshop/keys.js";

const GROUPS = [
  ["Make notes", [
    ["Double-click", "an event, right there"], ["Enter", "while writing: the next note along the timeline"],
    ["Shift Enter", "while writing: a new line"], ["Esc", "stop writing"], ["Alt Shift Arrows", "a copy beside it, connected"],
    ["L", "a lane"], ["F", "a frame"], ["X", "a bounded context"],
  ]],
  ["Change them", [
    ["Enter", "write on the selected note"], ["Arrows", "move a little (Shift: more)"], ["Ctrl Shift Arrows", "larger or smaller"], ["Alt + letter", "change the kind"],
    ["B", "pivotal: a boundary across the wall"], ["C", "connect"], ["P", "promote to the catalog"], ["T", "tags and links"], ["A", "arrange: align, space, row, grid"], ["Ctrl G", "group (Shift: ungroup)"], ["Ctrl D", "duplicate"],
    ["Ctrl + drag", "without snapping"],
    ["Ctrl C / X / V", "copy, cut, paste; lines of text become notes"], ["Del", "delete"], ["Ctrl Z", "undo what you did"], ["Ctrl Shift Z", "redo"],
  ]],
  ["Find your way", [
    ["Tab", "the next note of the timeline (Shift: the one before)"], ["R", "the next lane, frame or context (Shift: the one before)"], ["E", "the next arrow of the selected note"], ["Ctrl A", "select all"], ["Space + drag", "move the wall"],
    ["Wheel", "move; with Ctrl zoom"], ["Ctrl + / −", "zoom"], ["Ctrl 0", "100 %"], ["Shift 1", "all of the wall"],
    ["Shift 2", "what is selected"], ["Esc, then Tab", "leave the wall"], ["Ctrl S", "save as a file: PNG, SVG, PDF, JSON, CSV, report"], ["Ctrl O", "import a file"], ["H", "the history: time-lapse, versions, restore"], ["?", "this page"],
  ]],
];

/** @param {HTMLElement} body */
export function fillShortcuts(body) {
  const letters = NOTE_KINDS.map((kind) => [`N ${NOTES[kind].key}`, NOTES[kind].label.toLowerCase()]);
  const groups = [["N, then a letter", letters], ...GROUPS, ["In a workshop", WORKSHOP_KEYS]];
  body.append(...groups.map(([title, rows]) => el("section", {}, el("h3", {}, String(title)), list(/** @type {string[][]} */ (rows)))));
}

/** @param {string[][]} rows */
const list = (rows) => el("dl", {}, ...rows.flatMap(([keys, does]) => [
  el("dt", {}, ...keys.split(" ").map((key) => (/^[+/,]$|drag|then|letter/.test(key) ? ` ${key} ` : el("kbd", { class: "key" }, key)))), el("dd", {}, does),
]));
