/**
 * The export dialog: PNG is drawn here, by the wall's own renderer, a strip at a time; everything else is the server's.
 *
 * @import {Box} from '../types'
 * @import {Wall} from '../wall.js'
 */

import { openDialog } from "@app/dialogs.js";
import { toast } from "@app/toasts.js";

import { around, grown } from "../geometry.js";
import { pngOf, SIDE_MAX } from "./png_stream.js";

const MARGIN = 60;
const STRIP_PX = 512;
/** Wider than this a strip is drawn in pieces: canvases have a limit. */
const PIECE_PX = 8_192;
/** What is drawn altogether; at 12 bytes a note's pixel that is minutes, not hours. */
const PIXELS_MAX = 1_500_000_000;

export class Exporting {
  #wall;
  #dialog;
  #form;
  #stopped = false;

  /** @param {Wall} wall @param {HTMLElement} dialog */
  constructor(wall, dialog) {
    this.#wall = wall;
    this.#dialog = /** @type {HTMLDialogElement} */ (dialog);
    this.#form = /** @type {HTMLFormElement} */ (dialog.querySelector("form"));
    this.#form.addEventListener("change", () => this.#show());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#export();
    });
    dialog.addEventListener("close", () => { this.#stopped = true; });
  }

  open() {
    this.#busy(null);
    this.#show();
    openDialog(this.#dialog.id);
  }

  get #format() { return String(new FormData(this.#form).get("format")); }

  #show() {
    const format = this.#format;
    this.#part("png").hidden = format !== "png";
    this.#part("pdf").hidden = format !== "pdf";
    this.#say("");
    if (format !== "png") return;
    const chosen = this.#wall.selection.size > 0;
    const what = /** @type {HTMLOptionElement} */ (this.#form.querySelector("option[value=selection]"));
    what.disabled = !chosen;
    const { w, h } = this.#size();
    const fits = w <= SIDE_MAX && h <= SIDE_MAX && w * h <= PIXELS_MAX;
    this.#part("size").textContent = `${w.toLocaleString("en")} × ${h.toLocaleString("en")} pixels`;
    if (!fits) this.#say(`A PNG here has sides of at most ${SIDE_MAX.toLocaleString("en")} pixels and 1.5 gigapixels in all. Choose a smaller scale, or SVG or PDF, which have no pixels.`);
  }

  async #export() {
    const format = this.#format;
    if (format !== "png") {
      const query = format === "pdf" ? `?paper=${encodeURIComponent(String(new FormData(this.#form).get("paper")))}` : "";
      await this.#fetchFile(`${this.#wall.config.api_url}/exports/${format}${query}`, format);
      return;
    }
    const { w, h } = this.#size();
    if (w > SIDE_MAX || h > SIDE_MAX || w * h > PIXELS_MAX) return;
    this.#stopped = false;
    this.#busy(0);
    try {
      const blob = await pngOf(w, h, this.#strips());
      save(blob, `${fileName(this.#wall.config.board_name)}.png`);
      this.#dialog.close();
    } catch (error) {
      if (!this.#stopped) toast("The picture wasn't made", { kind: "bad", hint: error instanceof Error ? error.message : "" });
    }
    this.#busy(null);
  }

  /** @param {string} url @param {string} format */
  async #fetchFile(url, format) {
    this.#busy(0.5);
    try {
      const answer = await fetch(url);
      if (!answer.ok) {
        const { error } = await answer.json().catch(() => ({ error: null }));
        this.#say([error?.message ?? "The server could not make the file.", error?.hint].filter(Boolean).join(" "));
      } else {
        save(await answer.blob(), `${fileName(this.#wall.config.board_name)}.${format}`);
        this.#dialog.close();
      }
    } catch {
      this.#say("The server can't be reached.");
    }
    this.#busy(null);
  }

  /** @returns {Box} board units */
  #region() {
    const { scene, selection, camera } = this.#wall;
    const what = String(new FormData(this.#form).get("what"));
    const boxes = [...selection.ids].map((id) => scene.boxOf(id)).filter((box) => box !== null);
    if (what === "view") return camera.view;
    const box = what === "selection" ? around(boxes) : scene.bounds();
    return grown(box ?? { x: 0, y: 0, w: 400, h: 300 }, MARGIN);
  }

  get #scale() { return Number(new FormData(this.#form).get("scale")) || 1; }

  #size() {
    const { w, h } = this.#region();
    return { w: Math.max(1, Math.round(w * this.#scale)), h: Math.max(1, Math.round(h * this.#scale)) };
  }

  /** From top to bottom; a strip is drawn in pieces and handed on before the next. */
  async *#strips() {
    const [region, scale, { w, h }] = [this.#region(), this.#scale, this.#size()];
    const canvas = document.createElement("canvas");
    for (let top = 0; top < h; top += STRIP_PX) {
      const rows = Math.min(STRIP_PX, h - top);
      const data = new Uint8ClampedArray(w * rows * 4);
      for (let left = 0; left < w; left += PIECE_PX) {
        const columns = Math.min(PIECE_PX, w - left);
        canvas.width = columns;
        canvas.height = rows;
        const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
        this.#wall.renderer.paintRegion(context, { x: region.x + left / scale, y: region.y + top / scale, w: columns / scale, h: rows / scale }, scale);
        const piece = context.getImageData(0, 0, columns, rows).data;
        if (columns === w) data.set(piece);
        else for (let row = 0; row < rows; row++) data.set(piece.subarray(row * columns * 4, (row + 1) * columns * 4), (row * w + left) * 4);
      }
      yield { data, rows };
      this.#busy((top + rows) / h);
      await new Promise((resolve) => { setTimeout(resolve); });
      if (this.#stopped) throw new DOMException("stopped", "AbortError");
    }
  }

  /** @param {number | null} share done, 0 to 1; null: not at work */
  #busy(share) {
    const bar = /** @type {HTMLProgressElement} */ (this.#part("progress"));
    bar.hidden = share === null;
    if (share !== null) bar.value = share;
    for (const button of this.#dialog.querySelectorAll("button.button--primary")) button.toggleAttribute("disabled", share !== null);
  }

  /** @param {string} words */
  #say(words) { this.#part("error").textContent = words; }

  /** @param {string} name */
  #part(name) {
    return /** @type {HTMLElement} */ (this.#dialog.querySelector(`[data-part="${name}"]`));
  }
}

/** @param {Blob} blob @param {string} name */
function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** @param {string} name */
const fileName = (name) => name.normalize("NFKD").replace(/[^\w -]/g, "").trim().replace(/\s+/g, "-").slice(0, 60) || "board";
