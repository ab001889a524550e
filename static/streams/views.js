/** Saved views of a stream: where it starts, the type and the filter, by name. They are in the address too, to be shared. */
import { confirm } from "../app/dialogs.js";
import { el, icon } from "../app/dom.js";
import { ApiError, fetchJson } from "../app/http.js";
import { toast } from "../app/toasts.js";

/** @typedef {{from: string, type: string, q: string}} View */

export class Views {
  /** @type {Record<string, View>} */ #saved;

  /** @param {HTMLElement} menu @param {{views: string, saved: Record<string, View>}} data @param {{now: () => View, show: (view: View) => void}} page */
  constructor(menu, data, page) {
    this.menu = menu;
    this.address = data.views;
    this.page = page;
    this.#saved = data.saved;
  }

  draw() {
    const names = Object.keys(this.#saved).sort((one, other) => one.localeCompare(other));
    const rows = names.map((name) => el("div", { class: "views__row" },
      el("button", { class: "menu__item", type: "button", role: "menuitem", onclick: () => this.#open(name) }, icon("star"), name),
      el("button", { class: "button button--quiet button--icon button--sm", type: "button", "aria-label": `Forget ${name}`, onclick: () => this.#forget(name) }, icon("close"))));
    const input = el("input", { class: "input input--sm", "aria-label": "Name of the view", placeholder: "Save what you see as…", maxlength: "60" });
    const form = el("form", { class: "views__save" }, input, el("button", { class: "button button--sm" }, "Save"));
    form.addEventListener("submit", (event) => { event.preventDefault(); if (input.value.trim()) this.#save(input.value.trim()); });
    const label = el("div", { class: "menu__label" }, names.length ? "Saved views" : "No saved views yet");
    this.menu.replaceChildren(label, ...rows, el("hr", {}), form);
  }

  /** @param {string} name */
  #open(name) {
    const view = this.#saved[name];
    this.menu.hidePopover();
    if (view) this.page.show(view);
  }

  /** @param {string} name */
  async #save(name) {
    if (await this.#keep({ ...this.#saved, [name]: this.page.now() })) toast(`${name} is saved.`, { kind: "good" });
  }

  /** @param {string} name */
  async #forget(name) {
    this.menu.hidePopover();
    if (!(await confirm({ title: `Forget ${name}?`, action: "Forget" }))) return;
    const { [name]: _, ...rest } = this.#saved;
    await this.#keep(rest);
  }

  /** @param {Record<string, View>} views */
  async #keep(views) {
    try {
      const answer = await fetchJson(this.address, { method: "POST", body: { views } });
      this.#saved = answer.views;
      this.draw();
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      toast(error.message, { kind: "bad", hint: error.hint });
      return false;
    }
  }
}
