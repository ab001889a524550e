/** The order in which a board tells its story: from left to right, then from top to bottom. @import {BoardDocument} from './document.js' @import {ElementProps} from './types' */

import { isNote, sizeOf } from "./kinds.js";
import { overlap } from "./geometry.js";

/** @param {BoardDocument} board @returns {{id: string, element: ElementProps}[]} live notes (votes aside) in timeline order */
export function timeline(board) {
  const notes = [];
  for (const [id, element] of board.elements) {
    if (!element.deleted && element.kind !== "vote" && isNote(element)) notes.push({ id, element });
  }
  return notes.sort((a, b) => (a.element.x ?? 0) - (b.element.x ?? 0) || (a.element.y ?? 0) - (b.element.y ?? 0));
}

/** The first free place to the right. @param {BoardDocument} board @param {{x: number, y: number, w: number, h: number}} box where to begin
 * @param {number} gap */
export function freeToTheRight(board, box, gap) {
  const row = timeline(board)
    .map(({ element }) => ({ x: element.x ?? 0, y: element.y ?? 0, ...sizeOf(element) }))
    .filter((other) => overlap({ ...other, x: 0, w: 1 }, { ...box, x: 0, w: 1 }));
  let x = box.x;
  for (const other of row) if (overlap(other, { ...box, x })) x = other.x + other.w + gap;
  return { ...box, x };
}
