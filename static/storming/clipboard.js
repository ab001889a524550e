/**
 * The system clipboard. Copied notes go out as JSON (for other boards) and as plain text (for everything else); JSON of
 * ours comes in as notes, lines of plain text as events, rows of a spreadsheet as notes with kinds.
 *
 * @import {ElementProps} from './types'
 * @import {Wall} from './wall.js'
 */

import { isNote, isNoteKind } from "./kinds.js";
import { timeline } from "./timeline.js";

const FORMAT = "application/x-factstorm+json";
const VERSION = 1;
const OTHERS = new Set(["connector", "swimlane", "frame", "context"]);

/** @param {Wall} wall */
export function useClipboard(wall) {
  document.addEventListener("copy", (event) => copy(wall, event));
  document.addEventListener("cut", (event) => { if (copy(wall, event) && wall.canEdit) wall.commands.remove(); });
  document.addEventListener("paste", (event) => paste(wall, event));
}

/** @param {Wall} wall @param {ClipboardEvent} event @returns {boolean} */
function copy(wall, event) {
  if (!isOurs(wall, event) || !wall.selection.size || !event.clipboardData) return false;
  const elements = wall.commands.copied();
  const lines = timeline(wall.document).filter(({ id }) => wall.selection.has(id)).map(({ element }) => element.text ?? "");
  event.clipboardData.setData(FORMAT, JSON.stringify({ factstorm: VERSION, elements }));
  event.clipboardData.setData("text/plain", lines.join("\n"));
  event.preventDefault();
  wall.announce(`${Object.keys(elements).length} copied`);
  return true;
}

/** @param {Wall} wall @param {ClipboardEvent} event */
function paste(wall, event) {
  if (!isOurs(wall, event) || !wall.canEdit || !event.clipboardData) return;
  const centre = wall.camera.toBoard(wall.pointer ?? { x: wall.camera.width / 2, y: wall.camera.height / 2 });
  const elements = read(event.clipboardData.getData(FORMAT));
  const text = event.clipboardData.getData("text/plain");
  if (elements) wall.commands.insert(elements, { centre });
  else if (text.trim()) wall.commands.insertText(text, centre);
  else return;
  event.preventDefault();
  wall.announce("Pasted");
}

/** Anything may lie on a clipboard: only known properties of the right type come in. @param {string} text @returns {Record<string, ElementProps> | null} */
function read(text) {
  try {
    const { factstorm, elements } = JSON.parse(text);
    if (factstorm !== VERSION || typeof elements !== "object" || elements === null) return null;
    const clean = Object.entries(elements).map(([id, properties]) => [id, cleaned(properties)]).filter(([, element]) => element);
    return clean.length ? Object.fromEntries(clean) : null;
  } catch {
    return null;
  }
}

/** @param {any} given @returns {ElementProps | null} */
function cleaned(given) {
  if (typeof given !== "object" || given === null || (!isNoteKind(given.kind) && !OTHERS.has(given.kind))) return null;
  /** @type {Record<string, unknown>} */
  const element = { kind: given.kind };
  const numbers = given.kind === "connector" ? [] : ["x", "y", "w", "h"];
  for (const name of numbers) if (Number.isFinite(given[name])) element[name] = given[name];
  for (const name of given.kind === "connector" ? ["text", "from", "to"] : ["text"]) {
    if (typeof given[name] === "string") element[name] = given[name];
  }
  if (typeof given.group === "string" && given.group) element.group = given.group;
  const links = (Array.isArray(given.links) ? given.links : []).filter((/** @type {any} */ link) => typeof link?.url === "string" && /^https?:\/\/\S+$/.test(link.url));
  if (links.length) element.links = links.slice(0, 40).map((/** @type {any} */ link) => ({ url: link.url.slice(0, 2_000) }));
  if (Array.isArray(given.tags)) {
    const tags = [...new Set(given.tags.filter((/** @type {unknown} */ tag) => typeof tag === "string").map((/** @type {string} */ tag) => tag.trim().slice(0, 40)))].filter(Boolean).slice(0, 12);
    if (tags.length) element.tags = tags;
  }
  if (given.pivotal === true && given.kind === "domain_event") element.pivotal = true;
  const placed = /** @type {ElementProps} */ (/** @type {unknown} */ (element));
  return isNote(placed) && (placed.x === undefined || placed.y === undefined) ? null : placed;
}

/** @param {Wall} wall @param {Event} event */
function isOurs(wall, { target }) {
  if (document.querySelector("dialog[open]") || document.body.dataset.timeLapse) return false;
  return target === document.body || target === wall.stage || (target instanceof Node && wall.stage.contains(target) && !(target instanceof HTMLTextAreaElement));
}
