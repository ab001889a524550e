/** Keys of the workshop, while the wall has the focus: the panel, remarks, a hand, a lock, dots. @import {Wall} from '../wall.js' @import {Panel} from './panel.js' */

import { isNote } from "../kinds.js";

/** For the sheet of shortcuts. */
export const WORKSHOP_KEYS = [
  ["W", "the workshop: phases, timer, votes"], ["M", "fields, tags and remarks of the selected note"], ["Y", "raise a hand, or take it down"],
  ["K", "lock or unlock (facilitators)"], [".", "while a vote is open: a dot on the selected note (Shift: one back)"],
];

/** @param {Wall} wall @param {Panel} panel */
export function useWorkshopKeys(wall, panel) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target !== document.body && event.target !== wall.stage) return;
    if (act(wall, panel, event)) event.preventDefault();
  });
}

/** @param {Wall} wall @param {Panel} panel @param {KeyboardEvent} event @returns {boolean} */
function act(wall, panel, { key, code, shiftKey }) {
  const only = wall.selection.only;
  switch (key.toLowerCase()) {
    case "w": panel.open("workshop"); return true;
    case "m": panel.open("note"); return true;
    case "y": wall.raiseHand(); return true;
    case "k": return lockSelected(wall);
    default:
  }
  if (code !== "Period" || !only || !wall.workshop.state.vote || !isNote(wall.document.live(only))) return false;
  void wall.workshop.dot(only, shiftKey ? -1 : 1);
  return true;
}

/** @param {Wall} wall */
export function lockSelected(wall) {
  if (!wall.workshop.facilitates) return false;
  const chosen = [...wall.selection.ids].map((id) => ({ id, element: wall.document.live(id) })).filter(({ element }) => element && element.kind !== "connector" && !element.draft);
  const on = !chosen.every(({ element }) => element?.locked);
  wall.syncing.write({ elements: Object.fromEntries(chosen.map(({ id }) => [id, { locked: on || null }])) });
  wall.announce(on ? "Locked" : "Unlocked");
  return chosen.length > 0;
}
