/** What an operation did, in a few words. @import {ElementPatches, ElementProps} from '../types' */

import { labelOf } from "../kinds.js";

const TEXT_MAX = 48;

/**
 * @param {ElementPatches} patches
 * @param {(id: string) => ElementProps | undefined} before the element as it was, if the caller knows
 * @returns {string} such as: made the event “Order placed”, moved 3 notes
 */
export function deedOf(patches, before) {
  const entries = Object.entries(patches);
  const verbs = new Map(entries.map(([id, patch]) => [id, verbOf(patch, before(id))]));
  const main = ["made", "brought back", "deleted", "wrote", "promoted", "changed the kind of", "moved", "resized"].find((verb) => [...verbs.values()].includes(verb)) ?? "changed";
  const done = entries.filter(([id]) => verbs.get(id) === main);
  const shown = done.filter(([id, patch]) => (patch.kind ?? before(id)?.kind) !== "connector");
  const count = shown.length || done.length;
  if (count !== 1) return `${main} ${count} ${shown.length ? "elements" : "arrows"}`;
  const [id, patch] = shown[0] ?? done[0];
  return `${main} ${nameOf(patch, before(id))}`;
}

/** @param {ElementPatches[string]} patch @param {ElementProps | undefined} before @returns {string} */
function verbOf(patch, before) {
  if (patch.deleted === true) return "deleted";
  if (patch.deleted === null) return "brought back";
  if (patch.kind && (patch.created_at !== undefined || !before)) return "made";
  if (patch.type_id) return "promoted";
  if (patch.text !== undefined) return "wrote";
  if (patch.kind !== undefined) return "changed the kind of";
  if (patch.w !== undefined || patch.h !== undefined) return "resized";
  if (patch.x !== undefined || patch.y !== undefined) return "moved";
  return "changed";
}

/** @param {ElementPatches[string]} patch @param {ElementProps | undefined} before */
function nameOf(patch, before) {
  const kind = patch.kind ?? before?.kind;
  const text = String(patch.text ?? before?.text ?? "").replace(/\s+/g, " ").trim();
  const words = text ? ` “${text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX - 1)}…` : text}”` : "";
  return `the ${kind ? labelOf(kind).toLowerCase() : "element"}${words}`;
}
