/**
 * Text from a clipboard: lines become notes; a table from a spreadsheet becomes notes with kinds where a column names them.
 * Pure.
 *
 * @import {ElementProps, NoteKind} from '../types'
 */

import { NOTES, NOTE_KINDS, UNIT } from "../kinds.js";

const GAP = 28;
const COLUMNS = 10;
const WORDS = /** @type {Record<string, NoteKind>} */ ({
  event: "domain_event", "domain event": "domain_event", person: "actor", user: "actor", role: "actor", rule: "policy", question: "hotspot", issue: "hotspot",
  problem: "hotspot", idea: "opportunity", view: "read_model", query: "read_model", "external system": "system", constraint: "aggregate", note: "comment",
});

/** @param {string} word @returns {NoteKind | undefined} in our words or everyday ones */
export function kindOfWord(word) {
  const plain = word.trim().toLowerCase().replace(/[_\s]+/g, " ");
  return NOTE_KINDS.find((kind) => kind.replace("_", " ") === plain || NOTES[kind].label.toLowerCase() === plain) ?? WORDS[plain];
}

/**
 * Notes, laid out along the timeline from (0, 0).
 * @param {string} text @param {number} countMax @returns {{notes: Record<string, ElementProps>, left: number}}
 */
export function notesOf(text, countMax) {
  const rows = text.includes("\t") ? tableOf(text) : text.split(/\r?\n/).map((line) => [line]);
  const filled = rows.map((row) => row.map((cell) => cell.trim())).filter((row) => row.some(Boolean));
  const found = filled.length && filled[0].length > 1 ? ofTable(filled) : filled.map(([line]) => ({ kind: /** @type {NoteKind} */ ("domain_event"), text: line.replace(/^[-*•]\s+/, "") }));
  /** @type {Record<string, ElementProps>} */
  const notes = {};
  found.slice(0, countMax).forEach(({ kind, text: words }, place) => {
    const { w, h } = NOTES[kind];
    const x = (place % COLUMNS) * (UNIT + GAP) + (UNIT - Math.min(w, UNIT)) / 2;
    notes[`line${place}`] = { kind, x, y: Math.floor(place / COLUMNS) * (UNIT + GAP) + (UNIT - h) / 2, text: words };
  });
  return { notes, left: Math.max(0, found.length - countMax) };
}

/** A column that names kinds goes with the text beside it; without one every cell is an event. @param {string[][]} rows */
function ofTable(rows) {
  const width = Math.max(...rows.map((row) => row.length));
  const named = Array.from({ length: width }, (_, column) => rows.filter((row) => kindOfWord(row[column] ?? "")).length);
  const most = Math.max(...named);
  const kinds = most >= Math.max(1, (rows.length - 1) / 2) ? named.indexOf(most) : -1;
  if (kinds < 0) return rows.flat().filter(Boolean).map((text) => ({ kind: /** @type {NoteKind} */ ("domain_event"), text }));
  return rows.flatMap((row) => {
    const kind = kindOfWord(row[kinds] ?? "");
    const text = row.find((cell, column) => column !== kinds && cell) ?? "";
    return kind && text ? [{ kind, text }] : [];
  });
}

/** Cells by tabs; a cell in quotes may hold line breaks, as spreadsheets copy them. @param {string} text @returns {string[][]} */
export function tableOf(text) {
  /** @type {string[][]} */
  const rows = [[]];
  const cell = /(?:"((?:[^"]|"")*)"|([^\t\r\n]*))(\t|\r?\n|$)/y;
  while (cell.lastIndex < text.length) {
    const match = cell.exec(text);
    if (!match) break;
    rows[rows.length - 1].push(match[1] === undefined ? match[2] : match[1].replaceAll('""', '"'));
    if (match[3] !== "\t") rows.push([]);
  }
  return rows.filter((row) => row.length);
}
