/** Beside a refusal: what would mend it, previewed before it is applied, and what other registries would say. */
import { el, icon } from "@app/dom.js";
import { fetchJson } from "@app/http.js";
import { lineDiff } from "./text_diff.js";

/**
 * @typedef {{kind: string, words: string, pointer: string, mends: "all" | "leniently" | "part", text: string}} Fix
 * @typedef {{name: "proved" | "registry_strict" | "registry_lenient", answer: "yes" | "no" | "unknown", reason: string}} Opinion
 */

const FIXES_SHOWN = 6;
const NAMES = { proved: "Proved", registry_strict: "Confluent, strict", registry_lenient: "Confluent, lenient" };
const ANSWERS = { yes: "Compatible", no: "Breaks", unknown: "Can't tell" };
const MENDS = { all: "makes it compatible", leniently: "if nobody sends undeclared properties", part: "mends this place" };

/** The three verdicts, where they differ. @param {Opinion[]} opinions @returns {Node[]} */
export function opinionsOf(opinions) {
  if (new Set(opinions.map((each) => each.answer)).size < 2) return [];
  const rows = opinions.map((each) => el("div", { class: `opinion opinion--${each.answer}` },
    el("span", { class: "opinion__name" }, NAMES[each.name]),
    el("span", { class: "opinion__answer" }, icon(each.answer === "yes" ? "check" : "warning"), ANSWERS[each.answer]),
    el("p", { class: "opinion__reason" }, each.reason)));
  return [el("h3", {}, "Three verdicts"), el("p", { class: "muted small" }, "Registries with Confluent's rules judge this otherwise. Here the proof decides."), el("div", { class: "opinions" }, ...rows)];
}

/**
 * Asks for fixes and shows them as they come; `apply` puts one into the editor.
 * @param {{url: string, schema: string, policy: string, signal: AbortSignal, apply: (fix: Fix) => void}} wanted @returns {HTMLElement}
 */
export function fixesOf({ url, schema, policy, signal, apply }) {
  const part = el("section", { class: "fixes", "data-fixes": "" }, el("p", { class: "muted small" }, "Looking for what would mend it…"));
  void (async () => {
    try {
      const { fixes } = await fetchJson(url, { method: "POST", body: { schema, ...(policy ? { policy } : {}) }, signal });
      fill(part, fixes, schema, apply);
    } catch (error) {
      if (!(error instanceof DOMException)) part.replaceChildren(el("p", { class: "muted small" }, "Fixes could not be looked for."));
    }
  })();
  return part;
}

/** @param {HTMLElement} part @param {Fix[]} fixes @param {string} schema @param {(fix: Fix) => void} apply */
function fill(part, fixes, schema, apply) {
  if (!fixes.length) { part.replaceChildren(el("p", { class: "muted small" }, "Nothing simple mends it. Change the schema, or register a new type.")); return; }
  const rows = fixes.slice(0, FIXES_SHOWN).map((fix) => row(fix, schema, apply));
  part.replaceChildren(el("h3", {}, "What would mend it"), el("ul", { class: "fix-list" }, ...rows));
}

/** @param {Fix} fix @param {string} schema @param {(fix: Fix) => void} apply */
function row(fix, schema, apply) {
  const preview = el("pre", { class: "line-diff", tabindex: "0", hidden: "" });
  const look = el("button", { class: "button button--quiet button--sm", type: "button", "aria-expanded": "false" }, "Preview");
  look.addEventListener("click", () => {
    if (!preview.childElementCount) preview.append(...lineDiff(schema, fix.text).map(drawn));
    preview.hidden = !preview.hidden;
    look.setAttribute("aria-expanded", String(!preview.hidden));
  });
  const use = el("button", { class: "button button--sm", type: "button", "data-fix": fix.kind }, "Apply");
  use.addEventListener("click", () => apply(fix));
  return el("li", { class: `fix fix--${fix.mends}` }, el("div", { class: "fix__head" },
    el("div", { class: "fix__words" }, fix.words, el("span", { class: "fix__mends" }, fix.mends === "part" ? "" : icon("check"), MENDS[fix.mends])),
    el("div", { class: "fix__actions" }, look, use)), preview);
}

/** @param {import("./text_diff.js").Line} line */
function drawn(line) {
  const sign = { same: "  ", gone: "- ", new: "+ ", skip: "" }[line.kind];
  return el("span", { class: `line-diff__line line-diff__line--${line.kind}` }, `${sign}${line.text}\n`);
}
