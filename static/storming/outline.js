/**
 * The outline: the same board as a list, in timeline order, in real DOM. For screen readers, for the keyboard, and for
 * whoever thinks in lists. Kept in step while it's open. Long boards are listed a page at a time.
 *
 * @import {ElementProps} from './types'
 * @import {Wall} from './wall.js'
 */

import { el } from "@app/dom.js";

import { whereabouts } from "./details.js";
import { isNoteKind, labelOf } from "./kinds.js";
import { swatch } from "./palette.js";
import { timeline } from "./timeline.js";

const REDRAW_MS = 300;
const PAGE = 300;

export class Outline {
  #wall;
  #panel;
  #list;
  #summary;
  #filter;
  #shown = PAGE;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {Wall} wall @param {HTMLElement} panel @param {HTMLElement} opener */
  constructor(wall, panel, opener) {
    this.#wall = wall;
    this.#panel = panel;
    this.#list = /** @type {HTMLElement} */ (panel.querySelector("[data-list]"));
    this.#summary = /** @type {HTMLElement} */ (panel.querySelector("[data-summary]"));
    this.#filter = /** @type {HTMLInputElement} */ (panel.querySelector("input"));
    opener.addEventListener("click", () => this.toggle(opener));
    panel.querySelector("[data-shut]")?.addEventListener("click", () => this.toggle(opener));
    panel.addEventListener("keydown", (event) => { if (event.key === "Escape") this.toggle(opener); });
    this.#filter.addEventListener("input", () => this.#draw());
    wall.document.changed.on(() => this.#soon());
    wall.selection.changed.on(() => this.#mark());
  }

  /** @param {HTMLElement} opener */
  toggle(opener) {
    this.#panel.hidden = !this.#panel.hidden;
    opener.setAttribute("aria-expanded", String(!this.#panel.hidden));
    if (this.#panel.hidden) return opener.focus();
    this.#draw();
    this.#filter.focus();
    return undefined;
  }

  #soon() {
    if (this.#panel.hidden) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#draw();
    }, REDRAW_MS);
  }

  #draw() {
    const wanted = this.#filter.value.trim().toLowerCase();
    const all = timeline(this.#wall.document);
    const notes = wanted ? all.filter(({ element }) => (element.text ?? "").toLowerCase().includes(wanted)) : all;
    const focused = this.#list.contains(document.activeElement) ? document.activeElement?.getAttribute("data-id") : null;
    this.#list.replaceChildren(...notes.slice(0, this.#shown).map(({ id, element }) => el("li", { ...(element.pivotal ? { class: "outline__chapter" } : {}) }, this.#row(id, element))));
    if (notes.length > this.#shown) this.#list.append(el("li", {}, this.#more()));
    this.#summary.textContent = wanted ? `${notes.length} of ${all.length} notes` : `${all.length} notes, from left to right`;
    this.#mark();
    if (focused) /** @type {HTMLElement | null} */ (this.#list.querySelector(`[data-id="${CSS.escape(focused)}"]`))?.focus();
  }

  /** @param {string} id @param {ElementProps} element */
  #row(id, element) {
    const show = () => {
      this.#wall.commands.show(id);
      this.#wall.camera.reveal(/** @type {import('./types').Box} */ (this.#wall.scene.boxOf(id)));
    };
    const type = element.type_id ? this.#wall.types[element.type_id] : undefined;
    const next = [...this.#wall.scene.connectorsOf(id)].map((arrow) => this.#wall.document.live(arrow)).filter((arrow) => arrow?.from === id)
      .map((arrow) => this.#wall.document.live(arrow?.to ?? "")?.text).filter(Boolean);
    const words = [
      labelOf(element.kind), element.pivotal ? "pivotal" : "", type ? `${type.name} v${type.version}` : "", whereabouts(this.#wall, id),
      element.tags?.length ? `tagged ${element.tags.join(", ")}` : "", next.length ? `leads to ${next.join(" and ")}` : "",
    ].filter(Boolean).join(", ");
    const edit = () => { if (this.#wall.canEdit) this.#wall.editor.open(id); };
    return el("button", { class: "outline__row", type: "button", "data-id": id, onclick: show, ondblclick: edit },
      isNoteKind(element.kind) ? swatch(element.kind) : "",
      el("span", { class: "outline__text" }, element.text || "No text yet", el("span", { class: "outline__kind" }, words)));
  }

  #more() {
    const more = () => {
      this.#shown += PAGE;
      this.#draw();
    };
    return el("button", { class: "button button--quiet button--full", type: "button", onclick: more }, "Show more");
  }

  #mark() {
    if (this.#panel.hidden) return;
    for (const row of this.#list.querySelectorAll("[data-id]")) {
      if (this.#wall.selection.has(row.getAttribute("data-id") ?? "")) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
  }
}
