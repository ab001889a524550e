/**
 * Snapping: what is dragged is drawn to edges and middles of what lies near, and to the gap its neighbours keep. Boxes in
 * board units; `reach` is how near is near.
 *
 * @import {Box} from './types'
 */

/** @typedef {{x: number | null, y: number | null, from: number, to: number}} Guide a line: at x from y to y, or at y from x to x */
/** @typedef {{dx: number, dy: number, guides: Guide[]}} Snap by how much the box has to move to lie on the guides */

/** @param {Box} box what is dragged, where the hand would put it @param {Box[]} others @param {number} reach @returns {Snap} */
export function snapped(box, others, reach) {
  const across = nearest(box, others, reach, "x", "w") ?? gapped(box, others, reach, "x", "w", "y", "h");
  const down = nearest(box, others, reach, "y", "h") ?? gapped(box, others, reach, "y", "h", "x", "w");
  const [dx, dy] = [across?.by ?? 0, down?.by ?? 0];
  const put = { ...box, x: box.x + dx, y: box.y + dy };
  /** @type {Guide[]} */
  const guides = [];
  if (across) guides.push(...linesOf(across, put, "y", "h").map(({ at, from, to }) => ({ x: at, y: null, from, to })));
  if (down) guides.push(...linesOf(down, put, "x", "w").map(({ at, from, to }) => ({ x: null, y: at, from, to })));
  return { dx, dy, guides };
}

/** @typedef {{by: number, at: number, other: Box}} Pull */

/** @param {Box} box @param {Box[]} others @param {number} reach @param {'x' | 'y'} at @param {'w' | 'h'} size @returns {Pull | null} */
function nearest(box, others, reach, at, size) {
  /** @type {Pull | null} */
  let best = null;
  const own = [box[at], box[at] + box[size] / 2, box[at] + box[size]];
  for (const other of others) {
    const lines = [other[at], other[at] + other[size] / 2, other[at] + other[size]];
    for (let mine = 0; mine < 3; mine++) {
      for (let theirs = 0; theirs < 3; theirs++) {
        if ((mine === 1) !== (theirs === 1)) continue; // middles go to middles, edges to edges
        const by = lines[theirs] - own[mine];
        if (Math.abs(by) <= reach && (!best || Math.abs(by) < Math.abs(best.by))) best = { by, at: lines[theirs], other };
      }
    }
  }
  return best;
}

/**
 * The gap that two neighbours in a row keep, kept again by the third.
 * @param {Box} box @param {Box[]} others @param {number} reach @param {'x' | 'y'} at @param {'w' | 'h'} size @param {'x' | 'y'} side
 * @param {'w' | 'h'} width @returns {Pull | null}
 */
function gapped(box, others, reach, at, size, side, width) {
  const row = others.filter((other) => other[side] < box[side] + box[width] && box[side] < other[side] + other[width])
    .sort((a, b) => a[at] - b[at]);
  const before = row.filter((other) => other[at] + other[size] <= box[at] + box[size] / 2).slice(-2);
  const after = row.filter((other) => other[at] >= box[at] + box[size] / 2).slice(0, 2);
  const wanted = [];
  if (before.length === 2) wanted.push({ place: end(before[1], at, size) + (before[1][at] - end(before[0], at, size)), other: before[1] });
  if (after.length === 2) wanted.push({ place: after[0][at] - (after[1][at] - end(after[0], at, size)) - box[size], other: after[0] });
  if (before.length && after.length) {
    const [low, high] = [end(before[before.length - 1], at, size), after[0][at]];
    wanted.push({ place: (low + high - box[size]) / 2, other: after[0] });
  }
  /** @type {Pull | null} */
  let best = null;
  for (const { place, other } of wanted) {
    const by = place - box[at];
    if (Math.abs(by) <= reach && (!best || Math.abs(by) < Math.abs(best.by))) best = { by, at: place, other };
  }
  return best;
}

/** @param {Box} box @param {'x' | 'y'} at @param {'w' | 'h'} size */
const end = (box, at, size) => box[at] + box[size];

/** @param {Pull} pull @param {Box} put @param {'x' | 'y'} side @param {'w' | 'h'} width */
const linesOf = ({ at, other }, put, side, width) => [{
  at, from: Math.min(put[side], other[side]), to: Math.max(end(put, side, width), end(other, side, width)),
}];
