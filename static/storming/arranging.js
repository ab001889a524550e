/**
 * Arranging: aligning, spacing evenly, laying out. Boxes in, places out; nothing here knows of a document.
 *
 * @import {Box, Point} from './types'
 */

import { around } from "./geometry.js";

/** @typedef {{id: string, box: Box}} Boxed */
/** @typedef {Map<string, Point>} Places */
/** @typedef {'left' | 'centre' | 'right' | 'top' | 'middle' | 'bottom' | 'across' | 'down' | 'row' | 'grid'} How */

export const ROW_GAP = 28;

/** Ways to arrange, with what they are called and how many elements they need. @type {Record<How, {label: string, least: number}>} */
export const WAYS = {
  left: { label: "Align left", least: 2 }, centre: { label: "Align centres", least: 2 }, right: { label: "Align right", least: 2 },
  top: { label: "Align top", least: 2 }, middle: { label: "Align middles", least: 2 }, bottom: { label: "Align bottom", least: 2 },
  across: { label: "Space evenly across", least: 3 }, down: { label: "Space evenly down", least: 3 },
  row: { label: "In a row, as the timeline goes", least: 2 }, grid: { label: "In a grid", least: 2 },
};

/** Where each goes. @param {Boxed[]} boxed in timeline order @param {How} how @returns {Places} */
export function arranged(boxed, how) {
  const whole = around(boxed.map(({ box }) => box));
  if (!whole || boxed.length < WAYS[how].least) return new Map();
  if (how === "across" || how === "down") return spaced(boxed, how);
  if (how === "row") return inRow(boxed, whole);
  if (how === "grid") return inGrid(boxed, whole);
  return new Map(boxed.map(({ id, box }) => [id, aligned(box, whole, how)]));
}

/** @param {Box} box @param {Box} whole @param {How} how @returns {Point} */
function aligned(box, whole, how) {
  switch (how) {
    case "left": return { x: whole.x, y: box.y };
    case "right": return { x: whole.x + whole.w - box.w, y: box.y };
    case "centre": return { x: Math.round(whole.x + (whole.w - box.w) / 2), y: box.y };
    case "top": return { x: box.x, y: whole.y };
    case "bottom": return { x: box.x, y: whole.y + whole.h - box.h };
    default: return { x: box.x, y: Math.round(whole.y + (whole.h - box.h) / 2) };
  }
}

/** The outermost two stay; the gaps between become equal. @param {Boxed[]} boxed @param {'across' | 'down'} how @returns {Places} */
function spaced(boxed, how) {
  const [at, size] = how === "across" ? /** @type {const} */ (["x", "w"]) : /** @type {const} */ (["y", "h"]);
  const sorted = [...boxed].sort((a, b) => a.box[at] + a.box[size] / 2 - b.box[at] - b.box[size] / 2);
  const [first, last] = [sorted[0].box, sorted[sorted.length - 1].box];
  const filled = sorted.reduce((sum, { box }) => sum + box[size], 0);
  const gap = (last[at] + last[size] - first[at] - filled) / (sorted.length - 1);
  let next = first[at];
  return new Map(sorted.map(({ id, box }) => {
    const place = { x: box.x, y: box.y, [at]: Math.round(next) };
    next += box[size] + gap;
    return [id, place];
  }));
}

/** Middles on one line. @param {Boxed[]} boxed @param {Box} whole @returns {Places} */
function inRow(boxed, whole) {
  const tallest = Math.max(...boxed.map(({ box }) => box.h));
  let x = whole.x;
  return new Map(boxed.map(({ id, box }) => {
    const place = { x: Math.round(x), y: Math.round(whole.y + (tallest - box.h) / 2) };
    x += box.w + ROW_GAP;
    return [id, place];
  }));
}

/** About twice as wide as high, row by row. @param {Boxed[]} boxed @param {Box} whole @returns {Places} */
function inGrid(boxed, whole) {
  const [w, h] = [Math.max(...boxed.map(({ box }) => box.w)), Math.max(...boxed.map(({ box }) => box.h))];
  const columns = Math.max(1, Math.ceil(Math.sqrt((boxed.length * 2 * h) / w)));
  return new Map(boxed.map(({ id, box }, place) => {
    const [column, row] = [place % columns, Math.floor(place / columns)];
    const x = whole.x + column * (w + ROW_GAP) + (w - box.w) / 2;
    const y = whole.y + row * (h + ROW_GAP) + (h - box.h) / 2;
    return [id, { x: Math.round(x), y: Math.round(y) }];
  }));
}
