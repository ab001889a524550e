/**
 * The import dialog: choose a file (or paste its text), see what it gives and what stays behind, adjust which colour becomes
 * which kind, then put it onto the wall. It goes in as operations of mine, so undo takes all of it back.
 *
 * @import {ElementProps} from '../types'
 * @import {Wall} from '../wall.js'
 */

import { openDialog } from "@app/dialogs.js";
import { el } from "@app/dom.js";
import { ApiError, fetchJson } from "@app/http.js";
import { toast } from "@app/toasts.js";

import { around } from "../geometry.js";
import { NOTES, NOTE_KINDS, sizeOf } from "../kinds.js";

const BYTES_MAX = 12_000_000;
/** Between what is there and what comes in. */
const GAP = 240;
const FORMS = /** @type {Record<string, string>} */ ({ board: "Factstorm board", miro: "Miro board", excalidraw: "Excalidraw drawing", csv: "Table", lines: "Lines of text" });

/** @typedef {{form: string, elements: Record<string, ElementProps>, counts: Record<string, number>, colours: {colour: string, count: number, kind: string, example: string}[], left_out: {what: string, count: number, examples: string[]}[]}} Report */

export class Importing {
  #wall;
  #dialog;
  #form;
  /** @type {Report | null} */
  #report = null;
  #content = "";
  /** @type {Record<string, string>} */
  #mapping = {};

  /** @param {Wall} wall @param {HTMLElement} dialog */
  constructor(wall, dialog) {
    this.#wall = wall;
    this.#dialog = /** @type {HTMLDialogElement} */ (dialog);
    this.#form = /** @type {HTMLFormElement} */ (dialog.querySelector("form"));
    this.#field("file").addEventListener("change", () => void this.#chosen());
    this.#field("content").addEventListener("input", () => {
      this.#content = this.#field("content").value;
      this.#part("look").toggleAttribute("disabled", !this.#content.trim());
    });
    this.#part("look").addEventListener("click", () => void this.#look());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#report) this.#put(this.#report);
    });
    wall.stage.addEventListener("dragover", (event) => { if (event.dataTransfer?.types.includes("Files")) event.preventDefault(); });
    wall.stage.addEventListener("drop", (event) => void this.#dropped(event));
  }

  open() {
    if (!this.#wall.canEdit) return;
    this.#form.reset();
    [this.#content, this.#report, this.#mapping] = ["", null, {}];
    this.#show();
    openDialog(this.#dialog.id);
  }

  /** @param {DragEvent} event */
  async #dropped(event) {
    const file = event.dataTransfer?.files[0];
    if (!file || !this.#wall.canEdit) return;
    event.preventDefault();
    this.open();
    await this.#read(file);
  }

  async #chosen() {
    const file = this.#field("file").files?.[0];
    if (file) await this.#read(file);
  }

  /** @param {File} file */
  async #read(file) {
    this.#mapping = {};
    if (file.size > BYTES_MAX) {
      this.#say(`The file has ${(file.size / 1e6).toFixed(1)} MB; at most 12 MB can be read.`);
      return;
    }
    this.#content = await file.text();
    await this.#look();
  }

  async #look() {
    this.#say("");
    this.#dialog.setAttribute("aria-busy", "true");
    try {
      this.#report = await fetchJson(`${this.#wall.config.api_url}/imports`, { method: "POST", body: { content: this.#content, mapping: this.#mapping } });
    } catch (error) {
      this.#report = null;
      const why = error instanceof ApiError ? [error.message, error.hint].filter(Boolean).join(" ") : "The file can't be read.";
      this.#say(why);
    }
    this.#dialog.removeAttribute("aria-busy");
    this.#show();
  }

  #show() {
    const report = this.#report;
    this.#part("report").hidden = !report;
    this.#part("source").hidden = Boolean(report);
    this.#part("put").hidden = !report;
    this.#part("look").hidden = Boolean(report);
    this.#part("look").toggleAttribute("disabled", !this.#content.trim());
    if (!report) return;
    const { notes = 0, arrows = 0, areas = 0 } = report.counts;
    this.#part("summary").textContent = `${FORMS[report.form] ?? report.form}: ${count(notes, "note")}, ${count(arrows, "arrow")}, ${count(areas, "frame or lane", "frames and lanes")}.`;
    this.#part("colours").replaceChildren(...report.colours.map((each) => this.#colourRow(each)));
    this.#part("colours-head").hidden = report.colours.length === 0;
    const left = [...report.left_out];
    if (areas && !this.#wall.canArrange) left.unshift({ what: "frames and lanes: only facilitators bring them in", count: areas, examples: [] });
    this.#part("left").replaceChildren(...left.map(({ what, count: many, examples }) =>
      el("li", {}, `${many.toLocaleString("en")} × ${what}`, ...(examples.length ? [el("span", { class: "import__examples" }, examples.map((text) => `“${text}”`).join(", "))] : []))));
    this.#part("left-head").hidden = left.length === 0;
  }

  /** @param {Report['colours'][number]} each */
  #colourRow({ colour, count: many, kind, example }) {
    const swatch = el("span", { class: "import__swatch", "aria-hidden": "true" });
    swatch.style.background = colour.replace("_", ""); // its names are those of CSS; others leave it empty
    const choose = el("select", { class: "select select--sm", "aria-label": `Kind of the notes in ${colour}` },
      ...NOTE_KINDS.filter((name) => name !== "vote").map((name) => el("option", { value: name, ...(name === kind ? { selected: true } : {}) }, NOTES[name].label)));
    choose.addEventListener("change", () => {
      this.#mapping[colour] = choose.value;
      void this.#look();
    });
    return el("div", { class: "import__colour" }, swatch, el("span", {}, el("strong", {}, colour === "text" ? "no colour" : colour), ` ${count(many, "note")}`, el("span", { class: "import__examples" }, example ? `“${example}”` : "")), choose);
  }

  /** @param {Report} report */
  #put({ elements }) {
    const wall = this.#wall;
    const made = wall.commands.insert(elements, { ...this.#place(elements), countMax: Infinity });
    this.#dialog.close();
    wall.focus();
    wall.commands.fitSelection();
    toast(`${made.toLocaleString("en")} elements came in`, { kind: "good", action: { label: "Undo", run: () => wall.commands.step("undo") } });
  }

  /** Below what is there already, or in the middle of an empty wall. @param {Record<string, ElementProps>} elements */
  #place(elements) {
    const { camera, scene } = this.#wall;
    const taken = scene.bounds();
    const own = around(Object.values(elements).flatMap((element) => (element.x === undefined ? [] : [{ x: element.x, y: element.y ?? 0, ...sizeOf(element) }])));
    if (taken && own) return { dx: taken.x - own.x, dy: taken.y + taken.h + GAP - own.y };
    return { centre: camera.toBoard({ x: camera.width / 2, y: camera.height / 2 }) };
  }

  /** @param {string} words */
  #say(words) { this.#part("error").textContent = words; }

  /** @param {'file' | 'content'} name */
  #field(name) { return /** @type {HTMLInputElement} */ (this.#form.elements.namedItem(name)); }

  /** @param {string} name */
  #part(name) { return /** @type {HTMLElement} */ (this.#dialog.querySelector(`[data-part="${name}"]`)); }
}

/** @param {number} many @param {string} one @param {string} [several] */
const count = (many, one, several = `${one}s`) => `${many.toLocaleString("en")} ${many === 1 ? one : several}`;
