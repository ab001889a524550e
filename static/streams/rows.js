/**
 * The live rows: newest on top, of which only those in sight exist as elements. What you look at stays where it is while
 * new rows come in above; at the very top the newest are shown as they come. Keeps the newest ROWS_MAX records.
 */
import { el, icon } from "../app/dom.js";

export const ROW_PX = 34;
export const ROWS_MAX = 50_000;
const SPARE_ROWS = 8;
const FLASHED_MAX = 5; // more at once would make the whole table blink
const PREVIEW_CHARACTERS = 400;
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });

/** @typedef {import("./tail.js").StreamRecord} StreamRecord */

/** @param {StreamRecord} record @returns {string} one line of the payload */
export function preview(record) {
  if (record.data_base64 !== undefined) return `(${record.content_type ?? "binary"})`;
  const text = JSON.stringify(record.data) ?? "";
  return text.length > PREVIEW_CHARACTERS ? `${text.slice(0, PREVIEW_CHARACTERS)}…` : text;
}

/** @param {StreamRecord} record what its schema has against it, in a line */
function flagTitle(record) {
  const faults = record.faults ?? [];
  return `Flagged: ${faults[0]?.message ?? ""}${faults.length > 1 ? ` (and ${faults.length - 1} more)` : ""}`;
}

export class Rows {
  /** All records, oldest first. @type {StreamRecord[]} */ records = [];
  /** Those that match the filter; the same array when there is none. @type {StreamRecord[]} */ shown = this.records;
  #filter = "";
  /** @type {WeakMap<StreamRecord, string>} */ #texts = new WeakMap();
  /** @type {Map<StreamRecord, HTMLElement>} */ #elements = new Map();
  #frame = 0;
  #fresh = 0;
  /** @type {StreamRecord | undefined} */ selected;

  /**
   * @param {HTMLElement} box @param {{onOpen: (record: StreamRecord) => void, onScroll: (atTop: boolean) => void}} listener
   */
  constructor(box, listener) {
    this.box = box;
    this.listener = listener;
    this.space = /** @type {HTMLElement} */ (box.firstElementChild);
    box.addEventListener("scroll", () => { this.#draw(); listener.onScroll(this.atTop); }, { passive: true });
    box.addEventListener("click", (event) => {
      const row = event.target instanceof Element && event.target.closest(".tail__row");
      const found = [...this.#elements].find(([, element]) => element === row)?.[0];
      if (found) this.open(found);
    });
    box.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => this.#draw()).observe(box);
  }

  get atTop() {
    return this.box.scrollTop < ROW_PX / 2;
  }

  /** @param {StreamRecord[]} records in the order they came @returns {number} how many of them are shown */
  add(records) {
    const before = this.shown.length;
    this.records.push(...records);
    if (this.shown !== this.records) this.shown.push(...records.filter((record) => this.#matches(record)));
    const added = this.shown.length - before;
    this.#forget();
    this.#fresh = this.atTop && added <= FLASHED_MAX ? added : 0;
    if (!this.atTop) this.#later(() => { this.#size(); this.box.scrollTop += added * ROW_PX; });
    else this.#later();
    return added;
  }

  clear() {
    this.records = [];
    this.shown = this.records;
    this.selected = undefined;
    this.filter(this.#filter);
    this.box.scrollTop = 0;
  }

  /** @param {string} text */
  filter(text) {
    this.#filter = text.trim().toLowerCase();
    this.shown = this.#filter ? this.records.filter((record) => this.#matches(record)) : this.records;
    for (const element of this.#elements.values()) element.remove();
    this.#elements.clear();
    this.#later();
  }

  toTop() {
    this.box.scrollTop = 0;
    this.#draw();
  }

  /** @param {StreamRecord} record */
  open(record) {
    this.select(record);
    this.listener.onOpen(record);
  }

  /** @param {StreamRecord} record */
  select(record) {
    this.selected = record;
    const top = this.#indexOf(record) * ROW_PX;
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    else if (top + ROW_PX > this.box.scrollTop + this.box.clientHeight) this.box.scrollTop = top + ROW_PX - this.box.clientHeight;
    this.#draw();
  }

  /** @param {number} step 1: older, -1: newer @returns {StreamRecord | undefined} */
  beside(step) {
    const at = this.selected ? this.#indexOf(this.selected) + step : 0;
    return this.shown[this.shown.length - 1 - at];
  }

  /** The place from the top. @param {StreamRecord} record */
  #indexOf(record) {
    return this.shown.length - 1 - this.shown.lastIndexOf(record);
  }

  /** @param {StreamRecord} record */
  #matches(record) {
    let text = this.#texts.get(record);
    if (text === undefined) this.#texts.set(record, (text = JSON.stringify(record).toLowerCase()));
    return text.includes(this.#filter);
  }

  #forget() {
    if (this.records.length <= ROWS_MAX * 1.1) return;
    const same = this.shown === this.records;
    this.records = this.records.slice(-ROWS_MAX);
    if (same) { this.shown = this.records; return; }
    const kept = new Set(this.records);
    this.shown = this.shown.filter((record) => kept.has(record));
  }

  /** @param {() => void} [first] */
  #later(first) {
    if (first) first();
    if (!this.#frame) this.#frame = requestAnimationFrame(() => { this.#frame = 0; this.#draw(); });
  }

  #size() {
    this.space.style.height = `${this.shown.length * ROW_PX}px`;
  }

  #draw() {
    this.#size();
    const first = Math.max(0, Math.floor(this.box.scrollTop / ROW_PX) - SPARE_ROWS);
    const last = Math.min(this.shown.length, Math.ceil((this.box.scrollTop + this.box.clientHeight) / ROW_PX) + SPARE_ROWS);
    /** @type {Map<StreamRecord, HTMLElement>} */
    const kept = new Map();
    for (let place = first; place < last; place += 1) {
      const record = /** @type {StreamRecord} */ (this.shown[this.shown.length - 1 - place]);
      const element = this.#elements.get(record) ?? this.#make(record, place < this.#fresh);
      element.style.transform = `translateY(${place * ROW_PX}px)`;
      element.setAttribute("aria-selected", String(record === this.selected));
      kept.set(record, element);
    }
    for (const [record, element] of this.#elements) if (!kept.has(record)) element.remove();
    for (const element of kept.values()) if (!element.isConnected) this.box.append(element);
    this.#elements = kept;
    this.#fresh = 0;
    const chosen = this.selected && kept.get(this.selected);
    if (chosen) this.box.setAttribute("aria-activedescendant", chosen.id);
    else this.box.removeAttribute("aria-activedescendant");
  }

  /** @param {StreamRecord} record @param {boolean} isNew */
  #make(record, isNew) {
    const moment = new Date(record.timestamp);
    const milliseconds = el("span", { class: "tail__ms" }, `.${String(moment.getMilliseconds()).padStart(3, "0")}`);
    return el(
      "div",
      { class: `tail__row${isNew ? " tail__row--new" : ""}`, role: "option", id: `row-${record.partition}-${record.offset}` },
      el("span", { class: "tail__time", title: record.timestamp }, clock.format(moment), milliseconds),
      el("span", { class: "tail__type" }, ...(record.faults ? [el("span", { class: "tail__flag", title: flagTitle(record) }, icon("flag"))] : []), this.#marked(record.type ?? "—")),
      el("span", { class: "tail__key" }, this.#marked(record.key ?? "")),
      el("span", { class: "tail__data" }, this.#marked(preview(record))),
      el("span", { class: "tail__offset" }, `${record.partition}:${record.offset}`),
    );
  }

  /** @param {string} text */
  #marked(text) {
    const at = this.#filter ? text.toLowerCase().indexOf(this.#filter) : -1;
    if (at < 0) return text;
    const fragment = document.createDocumentFragment();
    fragment.append(text.slice(0, at), el("mark", {}, text.slice(at, at + this.#filter.length)), text.slice(at + this.#filter.length));
    return fragment;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const page = Math.max(1, Math.floor(this.box.clientHeight / ROW_PX) - 1);
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page }[event.key];
    if (step) {
      event.preventDefault();
      const at = this.selected ? this.#indexOf(this.selected) + step : 0;
      const found = this.shown[this.shown.length - 1 - Math.min(Math.max(at, 0), this.shown.length - 1)];
      if (found) this.select(found);
    } else if (event.key === "Enter" && this.selected) {
      event.preventDefault(); // or it would press the drawer's first button
      this.open(this.selected);
    }
    else if (event.key === "Home") { event.preventDefault(); const newest = this.shown.at(-1); if (newest) this.select(newest); this.toTop(); }
    else if (event.key === "End") { event.preventDefault(); const oldest = this.shown[0]; if (oldest) this.select(oldest); }
  }
}
