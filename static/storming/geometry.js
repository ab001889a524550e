/** Boxes, borders and curves, in board units. @import {Box, Point, ElementProps} from './types' */

/** @param {Box} a @param {Box} b */
export const overlap = (a, b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

/** @param {Box} outer @param {Box} inner */
export const encloses = (outer, inner) =>
  inner.x >= outer.x && inner.y >= outer.y && inner.x + inner.w <= outer.x + outer.w && inner.y + inner.h <= outer.y + outer.h;

/** @param {Box} box @param {Point} at */
export const contains = (box, at) => at.x >= box.x && at.x <= box.x + box.w && at.y >= box.y && at.y <= box.y + box.h;

/** @param {Box} box @returns {Point} */
export const centre = (box) => ({ x: box.x + box.w / 2, y: box.y + box.h / 2 });

/** @param {Box} box @param {number} by @returns {Box} */
export const grown = (box, by) => ({ x: box.x - by, y: box.y - by, w: box.w + 2 * by, h: box.h + 2 * by });

/** @param {Point} a @param {Point} b @returns {Box} */
export const between = (a, b) => ({
  x: Math.min(a.x, b.x), y: Math.min(a.y, b.y), w: Math.abs(a.x - b.x), h: Math.abs(a.y - b.y),
});

/** @param {Iterable<Box>} boxes @returns {Box | null} the box around all */
export function around(boxes) {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const box of boxes) {
    left = Math.min(left, box.x);
    top = Math.min(top, box.y);
    right = Math.max(right, box.x + box.w);
    bottom = Math.max(bottom, box.y + box.h);
  }
  return left === Infinity ? null : { x: left, y: top, w: right - left, h: bottom - top };
}

/** @typedef {{from: Point, to: Point, a: Point, b: Point}} Curve a cubic: from, its control a, to's control b, to */

/**
 * The arrow between two notes: it leaves from the middle of the side that faces the other note and ends at the border.
 * @param {Box} from @param {Box} to a box of no size is a point @returns {Curve}
 */
export function arrowBetween(from, to) {
  const [f, t] = [centre(from), centre(to)];
  const gapX = Math.abs(t.x - f.x) - (from.w + to.w) / 2;
  const gapY = Math.abs(t.y - f.y) - (from.h + to.h) / 2;
  const sideways = gapX >= gapY;
  const sign = sideways ? Math.sign(t.x - f.x) || 1 : Math.sign(t.y - f.y) || 1;
  /** @param {Box} box @param {Point} mid @param {number} direction @returns {Point} */
  const side = (box, mid, direction) =>
    sideways ? { x: mid.x + (direction * box.w) / 2, y: mid.y } : { x: mid.x, y: mid.y + (direction * box.h) / 2 };
  const start = side(from, f, sign);
  const end = side(to, t, -sign);
  const reach = Math.max(12, Math.min(160, (sideways ? Math.abs(end.x - start.x) : Math.abs(end.y - start.y)) / 2));
  /** @param {Point} at @param {number} direction @returns {Point} */
  const pull = (at, direction) =>
    sideways ? { x: at.x + direction * reach, y: at.y } : { x: at.x, y: at.y + direction * reach };
  return { from: start, to: end, a: pull(start, sign), b: pull(end, -sign) };
}

/** @param {Curve} curve @param {number} t 0 to 1 @returns {Point} */
export function pointOn({ from, a, b, to }, t) {
  const u = 1 - t;
  const [p, q, r, s] = [u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t];
  return { x: p * from.x + q * a.x + r * b.x + s * to.x, y: p * from.y + q * a.y + r * b.y + s * to.y };
}

/** @param {Curve} curve @param {Point} at @returns {number} about how far the point lies from the curve */
export function distanceTo(curve, at) {
  let least = Infinity;
  let last = curve.from;
  for (let step = 1; step <= 16; step++) {
    const next = pointOn(curve, step / 16);
    least = Math.min(least, distanceToLine(last, next, at));
    last = next;
  }
  return least;
}

/** @param {Point} a @param {Point} b @param {Point} p */
function distanceToLine(a, b, p) {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = dx * dx + dy * dy;
  const t = length ? Math.max(0, Math.min(1, ((p.x - a.x) * dx + (p.y - a.y) * dy) / length)) : 0;
  return Math.hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

/** @param {Curve} curve @returns {Box} its hull */
export const hullOf = ({ from, a, b, to }) =>
  /** @type {Box} */ (around([from, a, b, to].map(({ x, y }) => ({ x, y, w: 0, h: 0 }))));

/** @param {ElementProps} element @returns {boolean} numbers that can be drawn */
export const isPlaced = (element) => Number.isFinite(element.x) && Number.isFinite(element.y);
