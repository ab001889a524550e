/**
 * The side panel: the workshop, the chosen note, hotspots, hints, and one's own tray. One is shown at a time; only that one
 * is kept in step.
 *
 * @import {Wall} from '../wall.js'
 */

import { el, icon } from "@app/dom.js";

import { Signal } from "../signals.js";
import { showHints } from "./hints_tab.js";
import { showHotspots } from "./hotspots_tab.js";
import { showNote } from "./note_tab.js";
import { showTray } from "./tray_tab.js";
import { showWorkshop } from "./workshop_tab.js";

/** @typedef {'workshop' | 'note' | 'hotspots' | 'hints' | 'tray'} TabName */
/** @typedef {{draw: () => void, focus?: () => void, changes?: (ids: Set<string>) => boolean}} Tab `changes`: whether these concern it */

const REDRAW_MS = 250;

export class Panel {
  /** @type {TabName} */
  shown = "workshop";
  /** Opened or closed. @type {Signal<[boolean]>} */
  opened = new Signal();
  #wall;
  #panel;
  #opener;
  /** @type {Record<TabName, Tab>} */
  #tabs;
  /** @type {Record<TabName, {button: HTMLButtonElement, body: HTMLElement}>} */
  #parts;
  /** A button of it is down: drawing now would take the click away. */
  #pressed = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {Wall} wall @param {HTMLElement} panel @param {HTMLElement} opener */
  constructor(wall, panel, opener) {
    this.#wall = wall;
    this.#panel = panel;
    this.#opener = opener;
    const labels = { workshop: "Workshop", note: "Note", hotspots: "Hotspots", hints: "Hints", tray: "Tray" };
    const names = /** @type {TabName[]} */ (Object.keys(labels));
    this.#parts = /** @type {any} */ (Object.fromEntries(names.map((name) => [name, this.#part(name, labels[name])])));
    const list = el("div", { class: "tabs wall-side__tabs", role: "tablist", "aria-label": "Parts of the workshop" }, ...names.map((name) => this.#parts[name].button));
    const shut = el("button", { class: "button button--quiet button--icon button--sm", type: "button", "aria-label": "Close the panel", "data-testid": "panel-close", onclick: () => this.close() }, icon("close"));
    panel.append(el("header", { class: "wall-side__head" }, list, shut), ...names.map((name) => this.#parts[name].body));
    this.#tabs = {
      workshop: showWorkshop(wall, this.#parts.workshop.body, this), note: showNote(wall, this.#parts.note.body), hotspots: showHotspots(wall, this.#parts.hotspots.body),
      hints: showHints(wall, this.#parts.hints.body), tray: showTray(wall, this.#parts.tray.body),
    };
    opener.addEventListener("click", () => (panel.hidden ? this.open(this.shown) : this.close()));
    panel.addEventListener("keydown", (event) => { if (event.key === "Escape" && !event.defaultPrevented) this.close(); });
    panel.addEventListener("pointerdown", () => { this.#pressed = true; });
    for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => setTimeout(() => { this.#pressed = false; }, 0));
    list.addEventListener("keydown", (event) => this.#walk(event, names));
    wall.document.changed.on((ids) => { if (this.#tabs[this.shown].changes?.(ids) ?? true) this.#soon(); });
    for (const signal of [wall.document.trayChanged, wall.workshop.ballotChanged, wall.syncing.stateChanged]) signal.on(() => this.#soon());
    wall.workshop.changed.on(() => this.#soon());
    wall.selection.changed.on(() => { if (this.shown === "note") this.#soon(); });
    wall.presence.changed.on(() => { if (this.shown === "workshop") this.#soon(); });
    wall.document.trayChanged.on(() => this.#countTray());
  }

  /** @param {TabName} name @param {{focus?: boolean}} [how] */
  open(name, { focus = true } = {}) {
    this.shown = name;
    this.#panel.hidden = false;
    this.#opener.setAttribute("aria-expanded", "true");
    for (const [each, { button, body }] of Object.entries(this.#parts)) {
      button.setAttribute("aria-selected", String(each === name));
      button.tabIndex = each === name ? 0 : -1;
      body.hidden = each !== name;
    }
    this.#tabs[name].draw();
    this.#parts[name].body.scrollTop = 0;
    document.body.dataset.side = name;
    this.opened.emit(true);
    if (!focus) return;
    if (this.#tabs[name].focus) this.#tabs[name].focus?.();
    else this.#parts[name].button.focus();
  }

  close() {
    if (this.#panel.hidden) return;
    const inside = this.#panel.contains(document.activeElement);
    this.#panel.hidden = true;
    delete document.body.dataset.side;
    this.opened.emit(false);
    this.#opener.setAttribute("aria-expanded", "false");
    if (inside) this.#opener.focus();
  }

  /** After a reveal: pairs that say the same, if there are any. */
  async lookForTwins() {
    const { pairs } = await this.#wall.workshop.fetch("/duplicates").catch(() => ({ pairs: [] }));
    if (pairs.length) this.open("hints", { focus: false });
  }

  /** @param {TabName} name @param {string} label */
  #part(name, label) {
    const button = el("button", { role: "tab", type: "button", id: `side-tab-${name}`, "aria-controls": `side-${name}`, "data-testid": `side-${name}`, onclick: () => this.open(name) }, label);
    const body = el("div", { class: "wall-side__body", role: "tabpanel", id: `side-${name}`, "aria-labelledby": `side-tab-${name}`, hidden: true, tabindex: "-1" });
    return { button, body };
  }

  /** @param {KeyboardEvent} event @param {TabName[]} names */
  #walk(event, names) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = names[(names.indexOf(this.shown) + step + names.length) % names.length];
    this.open(next, { focus: false });
    this.#parts[next].button.focus();
  }

  #countTray() {
    const count = this.#wall.document.tray.length;
    this.#parts.tray.button.textContent = count ? `Tray ${count}` : "Tray";
  }

  /** Draws again soon, but not while somebody writes into it or presses a button; what is half written stays. */
  #soon() {
    if (this.#panel.hidden) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const { body } = this.#parts[this.shown];
      const writing = body.contains(document.activeElement) && document.activeElement?.matches("input:not([type=checkbox], [type=radio]), textarea, select");
      if (this.#panel.hidden || writing) return;
      if (this.#pressed) return this.#soon();
      const written = halfWritten(body);
      const kept = document.activeElement instanceof HTMLElement && body.contains(document.activeElement) ? document.activeElement.dataset.testid : undefined;
      const top = body.scrollTop;
      this.#tabs[this.shown].draw();
      body.scrollTop = top;
      for (const [name, value] of written) {
        const field = /** @type {HTMLInputElement | null} */ (body.querySelector(`[data-testid="${CSS.escape(name)}"]`));
        if (field) field.value = value;
      }
      if (kept) /** @type {HTMLElement | null} */ (body.querySelector(`[data-testid="${CSS.escape(kept)}"]`))?.focus();
      return undefined;
    }, REDRAW_MS);
  }
}

/** What was typed and not sent, by test id. @param {HTMLElement} body @returns {[string, string][]} */
function halfWritten(body) {
  const fields = /** @type {NodeListOf<HTMLInputElement>} */ (body.querySelectorAll("input:not([type=checkbox], [type=radio]), textarea"));
  return [...fields].filter((field) => field.dataset.testid && field.value !== field.defaultValue).map((field) => [field.dataset.testid ?? "", field.value]);
}
