/**
 * The promotion dialog: a note becomes a message type of the catalog, or names one that's there already. Errors are shown
 * where they belong; nothing is closed before the server has said yes.
 *
 * @import {ElementProps} from './types'
 * @import {Wall} from './wall.js'
 */

import { el, icon } from "@app/dom.js";
import { ApiError, fetchJson } from "@app/http.js";

import { PROMOTED_AS } from "./kinds.js";
import { exampleOf, FIELD_TYPES, nameOf, schemaOf } from "./schema_fields.js";

const SEARCH_MS = 200;
const NEW = "new";

/** @typedef {'fields' | 'example' | 'schema' | 'existing'} Source */

export class Promotion {
  #wall;
  #dialog;
  #form;
  #id = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {Wall} wall @param {HTMLElement} dialog */
  constructor(wall, dialog) {
    this.#wall = wall;
    this.#dialog = /** @type {HTMLDialogElement} */ (dialog);
    this.#form = /** @type {HTMLFormElement} */ (dialog.querySelector("form"));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#submit();
    });
    for (const radio of this.#form.querySelectorAll("[name=source]")) radio.addEventListener("change", () => this.#showSource());
    this.#part("add-field").addEventListener("click", () => this.#addField(true));
    this.#part("infer").addEventListener("click", () => void this.#infer());
    this.#field("context").addEventListener("change", () => this.#showContext());
    this.#field("search").addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.#search(), SEARCH_MS);
    });
  }

  /** @param {string} id */
  open(id) {
    const element = this.#wall.document.live(id);
    const kind = element && PROMOTED_AS[element.kind];
    if (!element || !kind) return this.#wall.say("Events, commands and read models can be promoted", "Choose one of these first.");
    if (element.type_id) return this.#wall.say("This note is promoted already");
    if (this.#wall.config.can_promote === false) return this.#wall.say("You may not write the catalog", "Ask a facilitator to promote this note.");
    this.#id = id;
    this.#form.reset();
    this.#clearErrors();
    this.#part("title").textContent = `Promote to ${kind === "event" ? "an event type" : `a ${kind}`}`;
    this.#field("title").value = (element.text ?? "").replace(/\s+/g, " ").trim();
    this.#field("name").value = nameOf(element.text ?? "");
    this.#fillContexts();
    this.#part("fields").replaceChildren();
    for (const field of element.fields ?? []) this.#addField(false, field);
    if (!element.fields?.length) this.#addField(false);
    this.#part("found").replaceChildren();
    this.#showSource();
    this.#dialog.showModal();
    this.#field("name").focus();
    return undefined;
  }

  get #source() {
    return /** @type {Source} */ (new FormData(this.#form).get("source") ?? "fields");
  }

  /** @param {string} name @returns {HTMLInputElement} */
  #field(name) {
    return /** @type {HTMLInputElement} */ (this.#form.elements.namedItem(name));
  }

  /** @param {string} name @returns {HTMLElement} */
  #part(name) {
    const found = this.#dialog.querySelector(`[data-part="${name}"]`);
    if (!found) throw new Error(`the promotion dialog has no ${name}`);
    return /** @type {HTMLElement} */ (found);
  }

  #fillContexts() {
    const select = this.#form.elements.namedItem("context");
    const options = this.#wall.config.contexts.map(({ id, name, domain }) => el("option", { value: id }, domain ? `${domain} › ${name}` : name));
    if (select instanceof HTMLSelectElement) {
      select.replaceChildren(el("option", { value: "" }, "None yet"), ...options, el("option", { value: NEW }, "A new one…"));
    }
    const domains = new Set(this.#wall.config.contexts.map(({ domain }) => domain).filter(Boolean));
    this.#part("domains").replaceChildren(...[...domains].map((domain) => el("option", { value: domain })));
    this.#showContext();
  }

  #showContext() {
    this.#part("new-context").hidden = this.#field("context").value !== NEW;
  }

  #showSource() {
    const source = this.#source;
    for (const pane of this.#dialog.querySelectorAll("[data-source]")) /** @type {HTMLElement} */ (pane).hidden = pane.getAttribute("data-source") !== source;
    this.#part("describe").hidden = source === "existing";
    this.#field("name").required = source !== "existing";
    this.#part("submit").textContent = source === "existing" ? "Link" : "Promote";
    if (source === "existing") void this.#search();
  }

  /** @param {boolean} focus @param {import('./types').NoteField} [field] what the note says */
  #addField(focus, field) {
    const list = this.#part("fields");
    const number = list.childElementCount + 1;
    const row = el("div", { class: "field-row", role: "group", "aria-label": `Field ${number}` });
    const name = el("input", { class: "input input--mono", "data-field": "name", placeholder: "orderId", "aria-label": "Name", autocomplete: "off", spellcheck: "false", value: field?.name ?? "" });
    const type = el("select", { class: "select", "data-field": "type", "aria-label": "Type" }, ...Object.keys(FIELD_TYPES).map((each) => el("option", { value: each, selected: each === field?.type }, each)));
    const required = el("label", { class: "field-row__required" }, el("input", { type: "checkbox", "data-field": "required", checked: field ? Boolean(field.required) : true }), "required");
    const remove = el("button", { class: "button button--quiet button--icon", type: "button", "aria-label": "Remove this field", onclick: () => row.remove() }, icon("close"));
    row.append(name, type, required, remove);
    list.append(row);
    if (focus) name.focus();
  }

  #fields() {
    return [...this.#part("fields").children].map((row) => {
      /** @param {string} name @returns {any} */
      const value = (name) => row.querySelector(`[data-field="${name}"]`);
      return { name: value("name").value, type: value("type").value, required: value("required").checked, description: "" };
    });
  }

  /** From the pasted example to a schema, which can be edited before it's saved. */
  async #infer() {
    this.#clearErrors();
    const examples = this.#examples();
    if (!examples) return;
    const url = this.#wall.config.infer_url;
    const button = this.#part("infer");
    button.setAttribute("aria-busy", "true");
    try {
      const { schema } = await fetchJson(url ?? "", { method: "POST", body: { examples } });
      this.#field("inferred").value = JSON.stringify(schema, null, 2);
      this.#part("inferred").hidden = false;
      this.#field("inferred").focus();
    } catch (error) {
      this.#showError(error);
    } finally {
      button.removeAttribute("aria-busy");
    }
  }

  /** One JSON document, several in a row (NDJSON), or a list of them. @returns {unknown[] | null} */
  #examples() {
    const text = this.#field("example").value.trim();
    try {
      const value = JSON.parse(text);
      return Array.isArray(value) ? value : [value];
    } catch (error) {
      try {
        return text.split("\n").filter((line) => line.trim()).map((line) => JSON.parse(line));
      } catch {
        this.#errorAt("example", text ? `This is not JSON: ${error instanceof Error ? error.message : ""}` : "Paste an example first.");
        return null;
      }
    }
  }

  async #search() {
    const element = this.#wall.document.live(this.#id);
    const url = new URL(this.#wall.config.types_search_url, location.href);
    url.searchParams.set("q", this.#field("search").value.trim());
    url.searchParams.set("kind", (element && PROMOTED_AS[element.kind]) ?? "");
    try {
      const { types } = await fetchJson(url.href);
      const rows = types.slice(0, 20).map((/** @type {any} */ type, /** @type {number} */ place) => el("label", { class: "found-type" },
        el("input", { type: "radio", name: "type_id", value: type.id, checked: place === 0 }),
        el("span", {}, el("strong", {}, type.name), el("span", { class: "choice__hint" }, [type.title, type.version && `v${type.version}`, type.state].filter(Boolean).join(" · ")))));
      this.#part("found").replaceChildren(...(rows.length ? rows : [el("p", { class: "field__hint" }, "Nothing like that in the catalog.")]));
    } catch (error) {
      this.#showError(error);
    }
  }

  async #submit() {
    this.#clearErrors();
    const element = this.#wall.document.live(this.#id);
    if (!element) return this.#errorAt("form", "Somebody has deleted this note meanwhile.");
    const submit = this.#part("submit");
    submit.setAttribute("aria-busy", "true");
    try {
      const type = this.#source === "existing" ? await this.#link() : await this.#promote();
      if (!type) return undefined;
      this.#wall.types = { ...this.#wall.types, [type.id]: type };
      this.#dialog.close();
      this.#wall.say(`${type.name} is in the catalog`, `Version ${type.version}. The note shows it from now on.`, "good");
      this.#wall.focus();
    } catch (error) {
      this.#showError(error);
    } finally {
      submit.removeAttribute("aria-busy");
    }
    return undefined;
  }

  async #link() {
    const chosen = new FormData(this.#form).get("type_id");
    if (!chosen) {
      this.#errorAt("form", "Choose a type.");
      return null;
    }
    return fetchJson(this.#address(this.#wall.config.link_url ?? ""), { method: "POST", body: { type_id: chosen } });
  }

  async #promote() {
    const schema = this.#schema();
    if (schema === null) return null;
    const body = {
      name: this.#field("name").value.trim(), title: this.#field("title").value.trim(),
      description: this.#field("description").value.trim(), schema, context: await this.#context(),
      ...(this.#source === "example" ? { example: this.#examples()?.[0] ?? null } : {}),
      ...(this.#source === "fields" ? { example: exampleOf(this.#wall.document.live(this.#id)?.fields ?? []) } : {}),
    };
    return fetchJson(this.#address(this.#wall.config.promote_url), { method: "POST", body });
  }

  /** @returns {Record<string, unknown> | string | null} null: the reason is shown */
  #schema() {
    const source = this.#source;
    if (source === "fields") return schemaOf(this.#fields());
    const text = this.#field(source === "example" ? "inferred" : "schema").value.trim();
    if (!text) {
      this.#errorAt(source, source === "example" ? "Make a schema of the example first." : "Paste a JSON Schema.");
      return null;
    }
    try {
      JSON.parse(text);
      return text;
    } catch (error) {
      this.#errorAt(source === "example" ? "inferred" : "schema", `This is not JSON: ${error instanceof Error ? error.message : ""}`);
      return null;
    }
  }

  /** The slug of the chosen bounded context; a new one is made first. @returns {Promise<string | null>} */
  async #context() {
    const { config } = this.#wall;
    const chosen = this.#field("context").value;
    if (chosen !== NEW) return chosen || null;
    const catalog = config.types_search_url.replace(/\/types\/?$/, "");
    const [name, domainName] = [this.#field("context_name").value.trim(), this.#field("domain").value.trim()];
    const { domains } = await fetchJson(`${catalog}/domains`);
    const known = domains?.find((/** @type {any} */ each) => each.name.toLowerCase() === domainName.toLowerCase());
    const domain = known ?? (await fetchJson(`${catalog}/domains`, { method: "POST", body: { name: domainName } }));
    const made = await fetchJson(`${catalog}/contexts`, { method: "POST", body: { domain: domain.slug, name } });
    config.contexts.push({ id: made.slug, name, domain: domain.name ?? domainName });
    this.#fillContexts();
    this.#field("context").value = made.slug;
    this.#showContext();
    return made.slug;
  }

  /** @param {string} template */
  #address(template) {
    return template.replace("ELEMENT", encodeURIComponent(this.#id));
  }

  /** @param {unknown} error */
  #showError(error) {
    if (!(error instanceof ApiError)) throw error;
    const place = String(error.fields.place ?? error.fields.field ?? "");
    const known = ["name", "title", "description", "context", "domain", "example", "schema"].find((field) => place === field || place.startsWith(`${field}.`));
    const target = known === "example" && this.#source === "fields" ? "form" : known === "schema" && this.#source !== "schema" ? (this.#source === "example" ? "inferred" : "form") : (known ?? "form");
    this.#errorAt(target, [error.message, error.hint].filter(Boolean).join(" "));
  }

  /** @param {string} name of a field, or "form" @param {string} text */
  #errorAt(name, text) {
    const place = this.#dialog.querySelector(`[data-error="${name}"]`) ?? this.#part("error");
    place.replaceChildren(icon("error"), el("span", {}, text));
    const field = this.#form.elements.namedItem(name);
    if (field instanceof HTMLElement) {
      field.setAttribute("aria-invalid", "true");
      field.focus();
    }
  }

  #clearErrors() {
    for (const place of this.#dialog.querySelectorAll("[data-error]")) place.replaceChildren();
    for (const field of this.#form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  }
}
