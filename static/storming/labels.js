/** The dialog for a note's tags and links. @import {Wall} from './wall.js' */

import { el } from "@app/dom.js";
import { openDialog } from "@app/dialogs.js";

import { labelOf } from "./kinds.js";

export const LISTED_MAX = 40;
export const TAG_CHARACTERS_MAX = 80;
const LINK = /^https?:\/\/\S+$/;

export class Labels {
  #wall;
  #dialog;
  #form;
  #id = "";

  /** @param {Wall} wall @param {HTMLElement} dialog */
  constructor(wall, dialog) {
    this.#wall = wall;
    this.#dialog = /** @type {HTMLDialogElement} */ (dialog);
    this.#form = /** @type {HTMLFormElement} */ (dialog.querySelector("form"));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save();
    });
  }

  /** @param {string} id */
  open(id) {
    const element = this.#wall.document.live(id);
    if (!element || !this.#wall.mayChange(id) || element.kind === "connector" || element.kind === "vote") return;
    this.#id = id;
    this.#field("tags").value = (element.tags ?? []).join(", ");
    this.#field("links").value = (element.links ?? []).map(({ url }) => url).join("\n");
    this.#say("links", "");
    this.#say("tags", "");
    const title = this.#dialog.querySelector("h2");
    if (title) title.textContent = `Tags and links of this ${labelOf(element.kind).toLowerCase()}`;
    const known = this.#dialog.querySelector("[data-part=known]");
    known?.replaceChildren(...this.#known(element.tags ?? []).map((tag) => el("button", {
      class: "button button--sm", type: "button", onclick: () => this.#add(tag),
    }, tag)));
    openDialog(this.#dialog.id);
    this.#field("tags").focus();
  }

  #save() {
    const tags = tagsOf(this.#field("tags").value);
    const links = [...new Set(this.#field("links").value.split("\n").map((line) => line.trim()).filter(Boolean))];
    const bad = links.find((link) => !LINK.test(link));
    this.#say("links", bad ? `“${bad.slice(0, 60)}” is no link: one begins with https:// or http:// and has no spaces.` : "");
    const many = tags.length > LISTED_MAX || links.length > LISTED_MAX || tags.some((tag) => tag.length > TAG_CHARACTERS_MAX);
    this.#say("tags", many ? `At most ${LISTED_MAX} tags and links, tags of at most ${TAG_CHARACTERS_MAX} characters.` : "");
    if (bad || many) return;
    this.#wall.commands.label(this.#id, { tags, links });
    this.#dialog.close();
    this.#wall.focus();
  }

  /** The tags most used on this board, without those it has. @param {string[]} own */
  #known(own) {
    /** @type {Map<string, number>} */
    const counts = new Map();
    for (const element of this.#wall.document.elements.values()) {
      if (!element.deleted) for (const tag of element.tags ?? []) counts.set(tag, (counts.get(tag) ?? 0) + 1);
    }
    return [...counts].filter(([tag]) => !own.includes(tag)).sort((a, b) => b[1] - a[1]).slice(0, 10).map(([tag]) => tag);
  }

  /** @param {string} tag */
  #add(tag) {
    this.#field("tags").value = [...tagsOf(this.#field("tags").value), tag].join(", ");
    this.#field("tags").focus();
  }

  /** @param {'tags' | 'links'} name */
  #field(name) {
    return /** @type {HTMLInputElement} */ (this.#form.elements.namedItem(name));
  }

  /** @param {'tags' | 'links'} name @param {string} words */
  #say(name, words) {
    const error = this.#dialog.querySelector(`[data-error=${name}]`);
    if (error) error.textContent = words;
    this.#field(name).setAttribute("aria-invalid", String(words !== ""));
  }
}

/** @param {string} text comma-separated @returns {string[]} */
export const tagsOf = (text) => [...new Set(text.split(",").map((tag) => tag.trim().replace(/\s+/g, " ")).filter(Boolean))];
