/** What happened to one note: a list, the newest first, each with a way back. @import {Operation} from '../types' @import {Wall} from '../wall.js' */

import { openDialog } from "@app/dialogs.js";
import { el } from "@app/dom.js";
import { ApiError, fetchJson } from "@app/http.js";
import { toast } from "@app/toasts.js";

import { labelOf } from "../kinds.js";
import { deedOf } from "./deeds.js";
import { restoration } from "./restoring.js";

/** @param {Wall} wall @param {HTMLElement} dialog @param {string} id */
export async function openNoteHistory(wall, dialog, id) {
  const element = wall.document.live(id);
  if (!element) return;
  const list = /** @type {HTMLElement} */ (dialog.querySelector("[data-part=deeds]"));
  const title = /** @type {HTMLElement} */ (dialog.querySelector("h2"));
  title.textContent = `History of this ${labelOf(element.kind).toLowerCase()}`;
  list.replaceChildren(el("li", { class: "skeleton" }));
  openDialog(dialog.id);
  try {
    const { operations } = await fetchJson(`${wall.config.api_url}/notes/${encodeURIComponent(id)}/history`);
    list.replaceChildren(...operations.map((/** @type {Operation} */ operation, /** @type {number} */ place) => row(wall, dialog, id, operation, place === 0)));
    if (!operations.length) list.append(el("li", {}, "Nothing is known of it: it's older than the last 50,000 changes."));
  } catch (error) {
    const words = error instanceof ApiError ? error.message : "The history can't be read.";
    list.replaceChildren(el("li", { role: "alert" }, words));
  }
}

/** @param {Wall} wall @param {HTMLElement} dialog @param {string} id @param {Operation} operation @param {boolean} newest */
function row(wall, dialog, id, operation, newest) {
  const text = deedOf(operation.patch.elements, () => wall.document.elements.get(id));
  const back = async () => {
    const { elements } = await fetchJson(`${wall.config.api_url}/moments/${operation.seq}?ids=${encodeURIComponent(id)}`);
    const patch = restoration(wall.document.elements, new Map(Object.entries(elements)), new Set([id]), (each) => wall.mayChange(each));
    /** @type {HTMLDialogElement} */ (dialog).close();
    if (!Object.keys(patch.elements).length) return wall.say("It's the same now as it was then");
    wall.syncing.write({ elements: patch.elements });
    toast("Put back", { kind: "good", action: { label: "Undo", run: () => wall.commands.step("undo") } });
    return wall.focus();
  };
  return el("li", { class: "deed" },
    el("span", { class: "deed__text" }, el("strong", {}, operation.actor.name), ` ${text}`,
      el("span", { class: "deed__when" }, new Date(operation.at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" }))),
    ...(newest || !wall.mayChange(id) ? [] : [el("button", { class: "button button--sm", type: "button", onclick: () => void back() }, "Back to this")]));
}
