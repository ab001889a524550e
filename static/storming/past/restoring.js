/**
 * Restoring: what to write so that elements are again as they were. It's an ordinary patch: everybody sees it as new
 * operations, and undo takes it back. What the server alone sets stays as it is now, and so do remarks (they belong to who
 * made them) and locks.
 *
 * @import {Box, ElementPatches, ElementProps} from '../types'
 */

import { centre, contains } from "../geometry.js";
import { sizeOf } from "../kinds.js";

const KEPT = new Set(["type_id", "created_by", "created_at", "locked"]);
const NEVER = new Set(["remark", "reaction"]);

/** @typedef {Map<string, ElementProps>} Elements */

/**
 * @param {Elements} present @param {Elements} past @param {Set<string> | null} only these; null: all
 * @param {(id: string, element: ElementProps) => boolean} [may] whether it may be changed
 * @returns {{elements: ElementPatches, left: number}} left: how many may not be changed
 */
export function restoration(present, past, only, may = () => true) {
  /** @type {ElementPatches} */
  const elements = {};
  let left = 0;
  for (const id of new Set([...present.keys(), ...past.keys()])) {
    if (only && !only.has(id)) continue;
    const [now, then] = [present.get(id), past.get(id)];
    if (!now || NEVER.has(now.kind)) continue;
    const patch = back(now, then);
    if (!patch) continue;
    if (may(id, now)) elements[id] = patch;
    else left += 1;
  }
  return { elements: arrowsLast(elements, present), left };
}

/** @param {Elements} present @param {Elements} past @param {Box} region @returns {Set<string>} what lies there now or lay there then, and the arrows between */
export function idsIn(present, past, region) {
  const ids = new Set();
  for (const elements of [present, past]) {
    for (const [id, element] of elements) {
      if (element.x === undefined || element.y === undefined || element.deleted) continue;
      if (contains(region, centre({ x: element.x, y: element.y, ...sizeOf(element) }))) ids.add(id);
    }
  }
  for (const elements of [present, past]) {
    for (const [id, element] of elements) if (element.kind === "connector" && ids.has(element.from ?? "") && ids.has(element.to ?? "")) ids.add(id);
  }
  return ids;
}

/** @param {ElementProps} now @param {ElementProps | undefined} then @returns {Record<string, unknown> | null} */
function back(now, then) {
  if (!then || then.deleted) return now.deleted ? null : { deleted: true };
  /** @type {Record<string, unknown>} */
  const patch = {};
  const [a, b] = [/** @type {Record<string, unknown>} */ (/** @type {unknown} */ (now)), /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (then))];
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
    if (KEPT.has(name) || (name === "kind" && now.type_id) || JSON.stringify(a[name]) === JSON.stringify(b[name])) continue;
    patch[name] = b[name] ?? null;
  }
  return Object.keys(patch).length ? patch : null;
}

/** An arrow comes back after its notes, should they come in several operations. @param {ElementPatches} elements @param {Elements} present @returns {ElementPatches} */
function arrowsLast(elements, present) {
  const isArrow = (/** @type {string} */ id) => Number(present.get(id)?.kind === "connector");
  return Object.fromEntries(Object.entries(elements).sort(([a], [b]) => isArrow(a) - isArrow(b)));
}
