/** The tray: notes of mine that wait for a place, thrown in from a phone. Nobody else sees them. @import {Wall} from '../wall.js' @import {ElementPatches} from '../types' @import {Tab} from './panel.js' */

import { el, icon } from "@app/dom.js";

import { isNoteKind, NOTES } from "../kinds.js";
import { swatch } from "../palette.js";
import { GAP } from "../commands.js";
import { orderKeyAfter } from "../fractional.js";

/** @param {Wall} wall @param {HTMLElement} body @returns {Tab} */
export function showTray(wall, body) {
  return {
    changes: () => false,
    draw() {
      const { tray } = wall.document;
      const phone = el("a", { href: wall.config.tray_url ?? "", target: "_blank", "data-testid": "tray-link" }, "one box for your phone");
      body.replaceChildren(el("p", { class: "side-hint" }, "Notes that you threw in from ", phone, " wait here until you put them on the wall. Only you see them."));
      if (!tray.length) return body.append(el("p", { class: "side-empty" }, "Your tray is empty."));
      body.append(
        el("div", { class: "cluster" }, el("button", { class: "button button--primary button--sm", type: "button", disabled: !wall.canEdit, "data-testid": "place-all", onclick: () => placeNotes(wall, tray.map(({ id }) => id)) }, "Put all on the wall")),
        ...tray.map(({ id, element }) => el("div", { class: "tray-row" }, isNoteKind(element.kind) ? swatch(element.kind) : "", el("span", { class: "side-note__text" }, element.text ?? ""),
          el("button", { class: "button button--sm", type: "button", disabled: !wall.canEdit, "data-testid": `place-${id}`, onclick: () => placeNotes(wall, [id]) }, "Place"),
          el("button", { class: "button button--quiet button--icon button--sm", type: "button", "aria-label": `Throw away: ${element.text ?? ""}`, onclick: () => wall.syncing.write({ elements: { [id]: { deleted: true } } }) }, icon("trash")))),
      );
      return undefined;
    },
  };
}

/** In the middle of the view, in rows. @param {Wall} wall @param {string[]} ids */
export function placeNotes(wall, ids) {
  const columns = Math.min(6, Math.ceil(Math.sqrt(ids.length * 1.6)));
  const { x, y, w, h } = wall.camera.view;
  const [left, top] = [x + w / 2 - (columns * 168) / 2, y + h / 2 - (Math.ceil(ids.length / columns) * 168) / 2];
  /** @type {ElementPatches} */
  const elements = {};
  let z = wall.scene.topZ;
  ids.forEach((id, place) => {
    const draft = wall.document.tray.find((each) => each.id === id)?.element;
    if (!draft || !isNoteKind(draft.kind)) return;
    z = orderKeyAfter(z);
    const step = NOTES[draft.kind].w > 140 ? 140 * 1.8 + GAP : 140 + GAP;
    elements[id] = { kind: draft.kind, text: draft.text ?? "", x: Math.round(left + (place % columns) * step), y: Math.round(top + Math.floor(place / columns) * 168), z };
  });
  wall.syncing.write({ elements });
  wall.selection.set(Object.keys(elements));
}
