/** A promoted note and its type: whether they still say the same, and what would bring them in step, either way.
 * @import {ElementProps} from '../types' @import {Wall} from '../wall.js' */

import { el } from "@app/dom.js";
import { ApiError, fetchJson } from "@app/http.js";

import { section } from "./rows.js";

/** @param {Wall} wall @param {string} id @param {ElementProps} _element */
export function stepPart(wall, id, _element) {
  const body = el("div", { class: "stack stack--sm", "data-testid": "in-step" }, el("p", { class: "side-hint" }, "Comparing…"));
  void compare(wall, id, body);
  return section("In step with its type", body);
}

/** @param {Wall} wall @param {string} id @param {HTMLElement} body */
async function compare(wall, id, body) {
  const url = (wall.config.type_sync_url ?? "").replace("ELEMENT", encodeURIComponent(id));
  const act = (/** @type {string} */ label, /** @type {string} */ take, /** @type {string} */ testid) => el("button", { class: "button button--sm", type: "button", "data-testid": testid, onclick: async () => {
    try {
      await fetchJson(url, { method: "POST", body: { take } });
      wall.say("In step again", "", "good");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const shown = error.fields.counterexample;
      wall.say(error.message, [error.hint, shown === undefined ? "" : `For example: ${JSON.stringify(shown)}`].filter(Boolean).join(" "), "bad");
    }
    await compare(wall, id, body);
  } }, label);
  try {
    const { name, version, differences, verdict, may_publish: may } = await fetchJson(url);
    if (!differences.length) return body.replaceChildren(el("p", { class: "side-hint" }, `The note and ${name} ${version} say the same.`));
    body.replaceChildren(
      el("ul", { class: "step-list" }, ...differences.map((/** @type {string} */ line) => el("li", {}, line))),
      verdict ? el("p", { class: `callout ${verdict.compatible ? "callout--good" : "callout--bad"}`, "data-testid": "step-verdict" }, verdict.words) : "",
      el("div", { class: "cluster cluster--sm" }, may ? act("Change the type", "note", "step-type") : "", wall.canEdit ? act("Change the note", "type", "step-note") : ""),
    );
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    body.replaceChildren(el("p", { class: "side-hint" }, error.message));
  }
  return undefined;
}
