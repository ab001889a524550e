/**
 * The order in which a board tells its story, as on the server (storming/document/timeline.py): from left to right; notes
 * that start within half an event's width of a column's first note are one column, read from top to bottom.
 *
 * @import {BoardDocument} from './document.js'
 * @import {ElementProps} from './types'
 */

import { isNote, sizeOf, UNIT } from "./kinds.js";
import { overlap } from "./geometry.js";

const COLUMN_WIDTH = UNIT / 2;

/** @typedef {{id: string, element: ElementProps}} Told */

/** @param {BoardDocument} board @returns {Told[]} live notes (votes aside) in timeline order */
export function timeline(board) {
  const notes = [];
  for (const [id, element] of board.elements) {
    if (!element.deleted && element.kind !== "vote" && isNote(element)) notes.push({ id, element });
  }
  notes.sort((a, b) => x(a) - x(b) || y(a) - y(b) || (a.id < b.id ? -1 : 1));
  /** @type {Told[]} */
  const ordered = [];
  /** @type {Told[]} */
  let column = [];
  const finish = () => ordered.push(...column.sort((a, b) => y(a) - y(b) || x(a) - x(b) || (a.id < b.id ? -1 : 1)));
  for (const note of notes) {
    if (column.length && x(note) - x(column[0]) >= COLUMN_WIDTH) {
      finish();
      column = [];
    }
    column.push(note);
  }
  finish();
  return ordered;
}

/** @param {Told} note */
const x = ({ element }) => element.x ?? 0;
/** @param {Told} note */
const y = ({ element }) => element.y ?? 0;

/** The first free place to the right. @param {BoardDocument} board @param {{x: number, y: number, w: number, h: number}} box where to begin
 * @param {number} gap */
export function freeToTheRight(board, box, gap) {
  const row = timeline(board)
    .map(({ element }) => ({ x: element.x ?? 0, y: element.y ?? 0, ...sizeOf(element) }))
    .filter((other) => overlap({ ...other, x: 0, w: 1 }, { ...box, x: 0, w: 1 }));
  row.sort((a, b) => a.x - b.x);
  let left = box.x;
  for (const other of row) if (overlap(other, { ...box, x: left })) left = other.x + other.w + gap;
  return { ...box, x: left };
}
