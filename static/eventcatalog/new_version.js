/** The next version: what the change does, said while one types; publishing only what may be published. */
import { highlightJson } from "@app/code.js";
import { el, icon } from "@app/dom.js";
import { ApiError, fetchJson } from "@app/http.js";
import { SchemaEditor } from "./schema_editor.js";
import { fixesOf, opinionsOf } from "./version_advice.js";

/**
 * @typedef {{pointer: string, message: string, backward: string, forward: string, words_only: boolean}} Change
 * @typedef {{mode: string, latest: string, proposed: string, bump: string, bump_reason: string, compatible: boolean, certain: boolean,
 *   is_same: boolean, verdict: string, hint: string, against: string, direction: string, reasons: string[], fixes: string[],
 *   changes: Change[], would_pass_leniently: boolean, opinions: import("./version_advice.js").Opinion[], number_warning: string,
 *   counterexample: {document: unknown, faults: {pointer: string, message: string}[]} | null}} Assessment
 */

const WAIT_MS = 350;
const CHANGES_SHOWN_MAX = 40;
const form = /** @type {HTMLFormElement} */ (document.querySelector("[data-version-editor]"));
const verdict = /** @type {HTMLElement} */ (document.querySelector("[data-verdict]"));
const publish = /** @type {HTMLButtonElement} */ (document.querySelector("[data-publish]") ?? document.createElement("button")); // who may only propose has none
const propose = /** @type {HTMLButtonElement} */ (document.querySelector("[data-propose], [data-save]") ?? document.createElement("button"));
const proposed = /** @type {HTMLElement} */ (document.querySelector("[data-proposed]") ?? document.createElement("span"));
const editor = new SchemaEditor(/** @type {HTMLElement} */ (document.querySelector("[data-editor]")), document.getElementById("schema-error"));
const lenientPart = /** @type {HTMLElement} */ (document.querySelector("[data-lenient]"));
const lenient = /** @type {HTMLInputElement} */ (lenientPart.querySelector("input"));
const text = /** @type {HTMLTextAreaElement} */ (document.querySelector("[data-editor] textarea"));
const started = "moved" in form.dataset ? "" : text.defaultValue; // as the page came: who typed before this ran has changed it already; references that moved are a change too
/** @type {AbortController | null} */
let running = null;
let timer = 0;

document.querySelector("[data-format-schema]")?.addEventListener("click", () => editor.tidy());
editor.onInput(() => { clearTimeout(timer); timer = window.setTimeout(check, WAIT_MS); });
const number = /** @type {HTMLInputElement} */ (form.elements.namedItem("version"));
number.addEventListener("input", () => { nameButton(); clearTimeout(timer); timer = window.setTimeout(check, WAIT_MS); });
const numberWarning = el("p", { class: "field__warning", role: "status" });
number.closest(".field")?.append(numberWarning);
lenient.addEventListener("change", check);
/** @type {Assessment | null} */
let latest = null;
if (!form.querySelector("[aria-invalid=true]") && !verdict.querySelector(".callout")) publish.disabled = propose.disabled = true;
if ("moved" in form.dataset || editor.value !== started) void check();

async function check() {
  running?.abort();
  running = new AbortController();
  if (editor.value === started) { latest = null; say(el("p", { class: "muted" }, "Change the schema, and what it does shows up here.")); publish.disabled = propose.disabled = true; nameButton(); return; }
  verdict.setAttribute("aria-busy", "true");
  try {
    latest = await fetchJson(form.dataset.check ?? "", { method: "POST", body: { schema: editor.value, version: number.value.trim(), ...(lenient.checked ? { policy: "lenient" } : {}) }, signal: running.signal });
    editor.showError("");
    if (latest) show(latest);
  } catch (error) {
    if (error instanceof DOMException) return;
    latest = null;
    refuse(error);
  }
  nameButton();
}

/** @param {unknown} error */
function refuse(error) {
  publish.disabled = propose.disabled = true;
  if (error instanceof ApiError && error.code === "invalid_schema") {
    editor.showFault({ message: error.message, hint: error.hint, place: /** @type {any} */ (error.fields["place"]) });
    say(el("p", { class: "muted" }, "Not a schema yet."));
    return;
  }
  const words = error instanceof ApiError ? `${error.message} ${error.hint}` : "The check did not work. Try again.";
  say(callout("bad", "warning", words));
}

/** @param {Assessment} found */
function show(found) {
  publish.disabled = found.is_same || !found.compatible;
  propose.disabled = found.is_same; // what breaks may be proposed, to be talked about
  lenientPart.hidden = !found.would_pass_leniently && !lenient.checked;
  if (found.is_same) { say(callout("info", "info", `This says the same as ${found.latest}.`)); return; }
  const head = found.compatible
    ? callout("good", "success", found.verdict, `${found.latest} becomes ${found.proposed} (${found.bump}). ${found.bump_reason}`)
    : callout(found.certain ? "bad" : "warn", "warning", found.verdict, found.hint);
  numberWarning.replaceChildren(...(found.number_warning ? [icon("warning"), el("span", {}, found.number_warning)] : []));
  say(head, ...brokenBy(found), ...mending(found), ...opinionsOf(found.opinions), ...changesOf(found));
}

/** @param {Assessment} found @returns {Node[]} */
function mending(found) {
  if (found.compatible || !running) return [];
  return [fixesOf({
    url: form.dataset.fixes ?? "",
    schema: editor.value,
    policy: lenient.checked ? "lenient" : "",
    signal: running.signal,
    apply: (fix) => {
      if (fix.mends === "leniently") { lenientPart.hidden = false; lenient.checked = true; }
      editor.replace(fix.text);
    },
  })];
}

/** @param {Assessment} found @returns {Node[]} */
function brokenBy(found) {
  if (!found.counterexample || found.compatible) return [];
  const { document: example, faults } = found.counterexample;
  const [takes, refuses] = found.direction === "forward" ? ["The new schema", found.against] : [found.against, "the new schema"];
  const pre = el("pre", { tabindex: "0" });
  pre.append(highlightJson(JSON.stringify(example, null, 2)));
  const why = faults.slice(0, 3).map((fault) => el("li", {}, fault.pointer ? el("code", {}, fault.pointer) : "", ` ${fault.message}`));
  return [
    el("h3", {}, "A document that breaks"),
    el("p", { class: "muted small" }, `${takes} takes it, ${refuses} refuses it:`),
    el("div", { class: "code" }, pre),
    el("ul", { class: "reasons small" }, ...why),
  ];
}

/** @param {Assessment} found @returns {Node[]} */
function changesOf(found) {
  if (!found.changes.length) return [];
  const rows = found.changes.slice(0, CHANGES_SHOWN_MAX).map((change) => {
    const effect = found.mode.startsWith("forward") ? change.forward : change.backward;
    const breaks = effect === "breaking" || (effect === "unclear" && !found.compatible);
    const look = change.words_only ? "words" : breaks ? "breaking" : "safe";
    const mark = change.words_only ? "text" : breaks ? "warning" : "check";
    return el("li", { class: `change change--${look}` }, icon(mark), el("span", {}, change.message));
  });
  const more = found.changes.length - rows.length;
  if (more > 0) rows.push(el("li", { class: "faint small" }, `and ${more} more`));
  return [el("h3", {}, "What changes"), el("ul", { class: "changes" }, ...rows)];
}

function nameButton() {
  const given = form.elements.namedItem("version");
  const version = given instanceof HTMLInputElement && given.value.trim() ? given.value.trim() : latest && !latest.is_same ? latest.proposed : "";
  proposed.textContent = version ? ` ${version}` : "";
}

/** @param {"good" | "bad" | "warn" | "info"} kind @param {string} name @param {string} text @param {string} [hint] */
function callout(kind, name, text, hint = "") {
  return el("div", { class: `callout callout--${kind}` }, icon(name), el("div", {}, el("p", {}, el("strong", {}, text)), hint ? el("p", { class: "callout__hint" }, hint) : ""));
}

/** @param {...Node} nodes */
function say(...nodes) {
  verdict.removeAttribute("aria-busy");
  verdict.replaceChildren(...nodes);
}
