/** A new type: the schema from an example, and a check of the schema while one types. */
import { el } from "@app/dom.js";
import { ApiError, fetchJson } from "@app/http.js";
import { SchemaEditor } from "./schema_editor.js";

const WAIT_MS = 400;
const form = /** @type {HTMLFormElement} */ (document.querySelector("[data-new-type]"));
const source = /** @type {HTMLTextAreaElement} */ (document.getElementById("from-example"));
const error = /** @type {HTMLElement} */ (document.querySelector("[data-infer-error]"));
const notes = /** @type {HTMLElement} */ (document.querySelector("[data-infer-notes]"));
const example = /** @type {HTMLInputElement} */ (form.elements.namedItem("example"));
const editor = new SchemaEditor(/** @type {HTMLElement} */ (document.querySelector("[data-editor]")), document.getElementById("schema-error"));
let timer = 0;
let checks = 0;

document.querySelector("[data-format-schema]")?.addEventListener("click", () => editor.tidy());
document.querySelector("[data-infer-button]")?.addEventListener("click", infer);
editor.onInput(() => { clearTimeout(timer); timer = window.setTimeout(check, WAIT_MS); });

async function infer() {
  say("");
  let examples;
  try { examples = documents(source.value); } catch (problem) { say(`This is not JSON: ${problem instanceof Error ? problem.message : ""}`); return; }
  if (!examples.length) { say("Paste an example first."); source.focus(); return; }
  try {
    const made = await fetchJson(form.dataset.infer ?? "", { method: "POST", body: { examples } });
    editor.value = `${JSON.stringify(made.schema, null, 2)}\n`;
    example.value = JSON.stringify(examples[0]);
    notes.replaceChildren(...made.notes.map((/** @type {string} */ note) => el("li", {}, note)));
    notes.hidden = made.notes.length === 0;
  } catch (problem) {
    say(problem instanceof ApiError ? `${problem.message} ${problem.hint}` : "That did not work. Try again.");
  }
}

/** One JSON document, an array taken as it is, or one document a line. @param {string} text @returns {unknown[]} */
function documents(text) {
  const trimmed = text.trim();
  if (!trimmed) return [];
  try { return [JSON.parse(trimmed)]; } catch (problem) {
    const lines = trimmed.split("\n").filter((line) => line.trim());
    if (lines.length < 2) throw problem;
    try { return lines.map((line) => JSON.parse(line)); } catch { throw problem; }
  }
}

async function check() {
  const mine = ++checks;
  try {
    const found = await fetchJson(form.dataset.check ?? "", { method: "POST", body: { schema: editor.value } });
    if (mine !== checks) return;
    if (found.valid) { editor.showError(""); return; }
    editor.showFault(found.error);
  } catch { /* the server checks again when the form is sent */ }
}

/** @param {string} message */
function say(message) {
  error.textContent = message;
  error.hidden = !message;
}
