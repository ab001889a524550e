/** Rows that lead to notes, shared by the tabs of the panel. @import {Wall} from '../wall.js' @import {NoteKind} from '../types' */

import { el } from "@app/dom.js";

import { isNoteKind } from "../kinds.js";
import { swatch } from "../palette.js";

/** A note as a button that brings it into view. @param {Wall} wall @param {string} id @param {string} [text] @param {...(Node | string)} more beneath */
export function noteRow(wall, id, text, ...more) {
  const element = wall.document.live(id);
  const kind = /** @type {NoteKind} */ (element?.kind ?? "comment");
  const words = text ?? (element?.text?.trim() || "no words yet");
  return el("button", { class: "side-note", type: "button", "data-testid": `go-${id}`, onclick: () => goTo(wall, id) },
    isNoteKind(kind) ? swatch(kind) : "", el("span", { class: "side-note__text" }, words.length > 140 ? `${words.slice(0, 139)}…` : words, ...more));
}

/** Selects it and brings it into the middle. @param {Wall} wall @param {string} id */
export function goTo(wall, id) {
  const box = wall.scene.boxOf(id);
  if (!box) return wall.say("This note is gone", "Somebody has deleted it.");
  wall.selection.set([id]);
  wall.camera.fit({ x: box.x - 260, y: box.y - 200, w: box.w + 520, h: box.h + 400 }, 1, wall.insets);
  return undefined;
}

/** @param {string} title @param {...(Node | string)} children */
export const section = (title, ...children) => el("section", { class: "side-section" }, el("h2", {}, title), ...children);
