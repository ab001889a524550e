/** A component's editor: what the change is, and what it would do to each type that refers to it. */
import { el, icon } from "@app/dom.js";
import { ApiError, fetchJson } from "@app/http.js";
import { SchemaEditor } from "./schema_editor.js";

/**
 * @typedef {{message: string, backward: string, words_only: boolean}} Change
 * @typedef {{name: string, version: string, uses: string, through: string[], compatible: boolean, proposed: string, bump: string, verdict: string}} Impact
 * @typedef {{proposed: string, bump: string, latest: string, is_same: boolean, changes: Change[], impact: Impact[]}} Answer
 */

const WAIT_MS = 350;
const form = /** @type {HTMLFormElement} */ (document.querySelector("[data-component-editor]"));
const editor = new SchemaEditor(/** @type {HTMLElement} */ (document.querySelector("[data-editor]")), document.getElementById("schema-error"));
const verdict = /** @type {HTMLElement | null} */ (document.querySelector("[data-verdict]"));
const proposed = document.querySelector("[data-proposed]");
const started = editor.value;
let timer = 0;
/** @type {AbortController | null} */
let running = null;

document.querySelector("[data-format-schema]")?.addEventListener("click", () => editor.tidy());
editor.onInput(() => { clearTimeout(timer); timer = window.setTimeout(check, WAIT_MS); });

async function check() {
  running?.abort();
  running = new AbortController();
  if (editor.value === started) return;
  try {
    const url = form.dataset.componentCheck ?? form.dataset.check ?? "";
    const answer = await fetchJson(url, { method: "POST", body: { schema: editor.value }, signal: running.signal });
    if (answer.valid === false) editor.showFault(answer.error); else editor.showError("");
    if (verdict) show(verdict, answer);
  } catch (error) {
    if (error instanceof DOMException) return;
    if (error instanceof ApiError && error.code === "invalid_schema") editor.showFault({ message: error.message, hint: error.hint, place: /** @type {any} */ (error.fields["place"]) });
    verdict?.replaceChildren(el("p", { class: "muted" }, "Not a schema yet."));
  }
}

/** @param {HTMLElement} part @param {Answer} found */
function show(part, found) {
  if (proposed) proposed.textContent = found.is_same ? "" : ` ${found.proposed}`;
  if (found.is_same) { part.replaceChildren(el("p", { class: "muted" }, `This says the same as ${found.latest}.`)); return; }
  const broken = found.impact.filter((each) => !each.compatible).length;
  const words = found.impact.length ? `${broken} of ${found.impact.length} types would refuse to move to it` : "No type refers to it yet";
  const head = el("div", { class: `callout callout--${broken ? "warn" : "good"}` }, icon(broken ? "warning" : "success"), el("div", {}, el("p", {}, el("strong", {}, `${words}.`)), el("p", { class: "callout__hint" }, `${found.latest} becomes ${found.proposed} (${found.bump}). Nothing moves by itself.`)));
  part.replaceChildren(head, ...impactOf(found.impact), el("h3", {}, "What changes"), el("ul", { class: "changes" }, ...found.changes.slice(0, 40).map(line)));
}

/** @param {Impact[]} impact @returns {Node[]} */
function impactOf(impact) {
  if (!impact.length) return [];
  const rows = impact.map((each) => el("li", { class: `impact impact--${each.compatible ? "good" : "bad"}` },
    icon(each.compatible ? "check" : "warning"), el("span", { class: "mono" }, each.name),
    el("span", { class: "impact__version" }, each.proposed ? `${each.version} → ${each.proposed}` : each.version),
    el("span", { class: "impact__words" }, each.verdict)));
  return [el("h3", {}, "If everybody moved"), el("ul", { class: "impacts" }, ...rows)];
}

/** @param {Change} change */
function line(change) {
  const look = change.words_only ? "words" : change.backward === "breaking" ? "breaking" : "safe";
  return el("li", { class: `change change--${look}` }, icon(look === "words" ? "text" : look === "breaking" ? "warning" : "check"), el("span", {}, change.message));
}
