/** Check against reality: stored records replayed through a schema, with progress, and what would fail. */
import { highlightJson } from "@app/code.js";
import { el, icon } from "@app/dom.js";
import { ApiError, fetchJson } from "@app/http.js";

/**
 * @typedef {{pointer: string, message: string, keyword: string}} Fault
 * @typedef {{stream: string, partition: number, offset: string, version: string, source: string, payload: string, faults: Fault[]}} Sample
 * @typedef {{id: string, state: "waiting" | "running" | "done" | "cancelled" | "failed", progress: number, records_wanted: number, records_seen: number,
 *   records_checked: number, records_failed: number, reasons: (Fault & {count: number})[], samples: Sample[], stopped_because: string,
 *   sources: {source: string, service: string | null, checked: number, failed: number}[], versions: {version: string, checked: number, failed: number}[]}} Check
 */

const EVERY_MS = 500;
const many = new Intl.NumberFormat("en");

export class RealityPanel {
  #root;
  #result;
  /** @type {Check | null} */
  #check = null;
  #timer = 0;

  /** @param {HTMLElement} root `[data-reality]`: `data-start` and a form part, or `data-check`, the address of a check */
  constructor(root) {
    this.#root = root;
    this.#result = /** @type {HTMLElement} */ (root.querySelector("[data-reality-result]"));
    root.querySelector("[data-reality-start]")?.addEventListener("click", () => void this.#start());
    if (root.dataset.check) void this.#look(root.dataset.check);
  }

  async #start() {
    clearTimeout(this.#timer);
    const records = Number(/** @type {HTMLSelectElement} */ (this.#root.querySelector("[data-reality-records]")).value);
    const text = /** @type {HTMLTextAreaElement | null} */ (document.querySelector("[data-editor] textarea"));
    this.#result.replaceChildren(el("p", { class: "muted small" }, "Starting…"));
    try {
      const check = await fetchJson(this.#root.dataset.start ?? "", { method: "POST", body: { records, ...(text ? { schema: text.value } : {}) } });
      this.#show(check);
      this.#again(check);
    } catch (error) { this.#refuse(error); }
  }

  /** @param {string} url */
  async #look(url) {
    try {
      const check = await fetchJson(url);
      this.#show(check);
      this.#again(check);
    } catch (error) { this.#refuse(error); }
  }

  /** @param {Check} check */
  #again(check) {
    if (check.state !== "waiting" && check.state !== "running") return;
    this.#timer = window.setTimeout(() => void this.#look(this.#address(check)), EVERY_MS);
  }

  /** @param {Check} check */
  #address(check) { return (this.#root.dataset.checks ?? "").replace("00000000-0000-0000-0000-000000000000", check.id); }

  async #cancel() {
    if (!this.#check) return;
    try { this.#show(await fetchJson(this.#address(this.#check), { method: "DELETE" })); } catch (error) { this.#refuse(error); }
  }

  /** @param {unknown} error */
  #refuse(error) {
    const words = error instanceof ApiError ? `${error.message} ${error.hint}` : "The server could not be reached.";
    this.#result.replaceChildren(el("div", { class: "callout callout--bad" }, icon("warning"), el("div", {}, el("p", {}, words))));
  }

  /** @param {Check} check */
  #show(check) {
    this.#check = check;
    const going = check.state === "waiting" || check.state === "running";
    const parts = going ? this.#progress(check) : [this.#verdict(check)];
    this.#result.replaceChildren(...parts, ...reasonsOf(check), ...samplesOf(check), ...sourcesOf(check), ...this.#link(check, going));
  }

  /** @param {Check} check @returns {Node[]} */
  #progress(check) {
    const bar = /** @type {HTMLProgressElement} */ (el("progress", { class: "progress", max: "1", "aria-label": "Replaying" }));
    bar.value = check.progress;
    const stop = el("button", { class: "button button--quiet button--sm", type: "button" }, "Cancel");
    stop.addEventListener("click", () => void this.#cancel());
    const words = `${many.format(check.records_checked)} checked, ${many.format(check.records_failed)} would fail`;
    return [bar, el("div", { class: "reality__bar" }, el("span", { class: "small muted", role: "status" }, words), stop)];
  }

  /** @param {Check} check */
  #verdict(check) {
    const { records_checked: checked, records_failed: failed } = check;
    const share = checked ? ` (${(failed / checked * 100).toFixed(failed && failed / checked < 0.01 ? 2 : 1)} %)` : "";
    const [look, mark, words] = check.state === "failed" ? ["bad", "warning", "The check could not be finished."]
      : !checked ? ["info", "info", "No stored record of this type was found."]
        : failed ? ["bad", "warning", `${many.format(failed)} of ${many.format(checked)} stored records would fail${share}.`]
          : ["good", "success", `All ${many.format(checked)} stored records that were checked pass.`];
    const note = check.state === "cancelled" ? "Cancelled: this is what was found until then." : check.stopped_because;
    return el("div", { class: `callout callout--${look}`, role: "status" }, icon(mark), el("div", {}, el("p", {}, el("strong", {}, words)), note ? el("p", { class: "callout__hint" }, note) : ""));
  }

  /** @param {Check} check @param {boolean} going @returns {Node[]} */
  #link(check, going) {
    const page = this.#root.dataset.page;
    if (going || !page) return [];
    return [el("p", { class: "small" }, el("a", { href: page.replace("00000000-0000-0000-0000-000000000000", check.id) }, "Link to this result"))];
  }
}

/** @param {Check} check @returns {Node[]} */
function reasonsOf(check) {
  if (!check.reasons.length) return [];
  const most = Math.max(...check.reasons.map((each) => each.count));
  const rows = check.reasons.slice(0, 8).map((each) => {
    const bar = el("span", { class: "reason-bar" });
    bar.style.inlineSize = `${Math.max(2, each.count / most * 100)}%`;
    return el("li", { class: "reality__reason" }, el("span", { class: "reality__count" }, many.format(each.count)), el("div", {}, el("code", {}, each.pointer || "(whole)"), ` ${each.message}`, bar));
  });
  return [el("h3", {}, "Why"), el("ul", { class: "reality__reasons" }, ...rows)];
}

/** @param {Check} check @returns {Node[]} */
function samplesOf(check) {
  if (!check.samples.length) return [];
  const shown = check.samples.map((each) => {
    const pre = el("pre", { tabindex: "0" });
    pre.append(highlightJson(pretty(each.payload)));
    const place = `${each.stream} · partition ${each.partition} · offset ${each.offset}${each.version ? ` · ${each.version}` : ""}`;
    return el("details", { class: "disclosure" }, el("summary", {}, place), el("ul", { class: "reasons small" }, ...each.faults.slice(0, 3).map((fault) => el("li", {}, el("code", {}, fault.pointer || "(whole)"), ` ${fault.message}`))), el("div", { class: "code" }, pre));
  });
  return [el("h3", {}, shown.length === 1 ? "One of them" : `${["", "", "Two", "Three"][shown.length]} of them`), ...shown];
}

/** @param {Check} check @returns {Node[]} */
function sourcesOf(check) {
  const failing = check.sources.filter((each) => each.failed);
  if (!failing.length) return [];
  const rows = failing.slice(0, 10).map((each) => el("tr", {}, el("td", {}, each.service ? el("span", { class: "strong" }, each.service) : "", each.service ? " " : "", el("span", { class: "mono faint" }, each.source || "no source given")), el("td", { class: "table__number" }, many.format(each.failed)), el("td", { class: "table__number" }, many.format(each.checked))));
  return [el("h3", {}, "Who sent them"), el("div", { class: "table-wrap" }, el("table", { class: "table table--dense" }, el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Source"), el("th", { scope: "col", class: "table__number" }, "Fail"), el("th", { scope: "col", class: "table__number" }, "Of"))), el("tbody", {}, ...rows)))];
}

/** @param {string} text */
function pretty(text) {
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}

for (const part of document.querySelectorAll("[data-reality]")) new RealityPanel(/** @type {HTMLElement} */ (part));
