/** The record drawer: envelope, payload (byte for byte, prettily), and what can be copied. */
import { highlightJson } from "../app/code.js";
import { copyText } from "../app/copy.js";
import { el } from "../app/dom.js";

/** @typedef {import("./tail.js").StreamRecord} StreamRecord */
/** @typedef {{records: string, types: string, base: string}} Addresses */

/**
 * Indents JSON text without parsing it, so that numbers and strings stay as they were sent.
 * @param {string} text
 */
export function prettyJson(text) {
  let out = "";
  let depth = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '"') {
      let end = at + 1;
      while (end < text.length && text.charAt(end) !== '"') end += text.charAt(end) === "\\" ? 2 : 1;
      out += text.slice(at, end + 1);
      at = end;
    } else if (character === "{" || character === "[") {
      const rest = /^\s*[}\]]/.exec(text.slice(at + 1, at + 200));
      if (rest) { out += character + rest[0].trim(); at += rest[0].length; } else { depth += 1; out += character + line(); }
    } else if (character === "}" || character === "]") { depth -= 1; out += line() + character; }
    else if (character === ",") out += `,${line()}`;
    else if (character === ":") out += ": ";
    else if (!/\s/.test(character)) out += character;
  }
  return out;
}

/** The payload's own text out of an answer that embeds it verbatim. @param {string} line one record as JSON */
export function rawData(line) {
  const at = line.indexOf(',"data":');
  return at < 0 ? "" : line.slice(at + 8, line.lastIndexOf("}"));
}

/** @param {string} text for a shell, in single quotes */
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** @param {{pointer: string, message: string, hint: string}} fault */
export function faultWords(fault) {
  const words = el("div", { class: "fault" });
  if (fault.pointer) words.append(el("code", {}, fault.pointer), " ");
  words.append(fault.message);
  if (fault.hint) words.append(el("div", { class: "muted" }, fault.hint));
  return words;
}

export class RecordDrawer {
  #raw = "";
  /** @type {StreamRecord | undefined} */ #record;
  /** Called with type, key and text of a record that is to be appended again. @type {(draft: {type: string, key: string, text: string}) => void} */ onRepublish = () => {};

  /** @param {HTMLDialogElement} dialog @param {Addresses} addresses */
  constructor(dialog, addresses) {
    this.dialog = dialog;
    this.addresses = addresses;
    this.title = /** @type {HTMLElement} */ (dialog.querySelector("h2"));
    this.body = /** @type {HTMLElement} */ (dialog.querySelector(".dialog__body"));
    for (const [id, text] of /** @type {[string, () => string][]} */ ([["copy-payload", () => this.#raw], ["copy-curl", () => this.#curl()], ["copy-link", () => this.#link()]])) {
      const button = /** @type {HTMLElement} */ (dialog.querySelector(`#${id}`));
      button.addEventListener("click", () => copyText(text(), button));
    }
    dialog.querySelector("#republish")?.addEventListener("click", () => this.republish());
  }

  /** The record as a draft of a new one. */
  republish() {
    const record = this.#record;
    if (!record || record.data_base64 !== undefined) return;
    this.dialog.close();
    this.onRepublish({ type: record.type ?? "", key: record.key ?? "", text: this.#raw });
  }

  /** @param {StreamRecord} record */
  async show(record) {
    this.#record = record;
    const again = /** @type {HTMLElement | null} */ (this.dialog.querySelector("#republish"));
    if (again) again.hidden = record.data_base64 !== undefined || record.data === undefined;
    this.#raw = record.data_base64 ?? JSON.stringify(record.data) ?? "";
    this.#render(record);
    if (!this.dialog.open) this.dialog.showModal();
    const answer = await fetch(`${this.addresses.records}?from=offset:${record.partition}:${record.offset}&limit=1`, { headers: { Accept: "application/x-ndjson" } }).catch(() => null);
    if (!answer?.ok || this.#record !== record || record.data_base64 !== undefined) return;
    const raw = rawData((await answer.text()).trimEnd());
    if (raw && this.#record === record) { this.#raw = raw; this.#renderPayload(record); }
  }

  /** @param {StreamRecord} record */
  #render(record) {
    this.title.textContent = record.type ?? "Record";
    const type = record.type ? el("a", { href: `${this.addresses.types}${encodeURIComponent(record.type)}/` }, record.type) : "—";
    const version = record.version && record.type ? el("a", { class: "badge badge--version", href: `${this.addresses.types}${encodeURIComponent(record.type)}/#${record.version}` }, record.version) : el("span", { class: "faint" }, "not validated by a schema");
    /** @type {[string, Node | string | undefined][]} */
    const facts = [
      ["Type", type],
      ["Schema version", version],
      ["Stored", el("time", { datetime: record.timestamp, title: record.timestamp }, new Date(record.timestamp).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" }))],
      ["Place", el("span", { class: "mono" }, `partition ${record.partition}, offset ${record.offset}`)],
      ["Key", record.key ?? (record.key_base64 ? `${record.key_base64} (Base64)` : undefined)],
      ["Id", record.id], ["Source", record.source], ["Subject", record.subject], ["Time", record.time], ["Content type", record.content_type],
      ...Object.entries(record.attributes ?? {}),
    ];
    const list = el("dl", { class: "details" });
    for (const [name, value] of facts) if (value !== undefined) list.append(el("dt", {}, name), el("dd", {}, value));
    this.payload = el("div", { class: "code code--wrap" });
    this.body.replaceChildren(...(record.faults ?? []).map(faultWords), list, this.payload);
    this.body.scrollTop = 0;
    this.#renderPayload(record);
  }

  /** @param {StreamRecord} record */
  #renderPayload(record) {
    const pre = el("pre", { tabindex: "0", "aria-label": "Payload" });
    pre.append(record.data_base64 === undefined ? highlightJson(prettyJson(this.#raw)) : this.#raw);
    const bytes = new TextEncoder().encode(this.#raw).length;
    const head = el("div", { class: "code__head" }, el("span", {}, record.data_base64 === undefined ? "Payload" : "Payload, Base64"), el("span", { class: "numeric faint" }, `${bytes.toLocaleString()} bytes`));
    this.payload?.replaceChildren(head, pre);
  }

  #curl() {
    const record = /** @type {StreamRecord} */ (this.#record);
    const head = JSON.stringify({ type: record.type, ...(record.version ? { version: record.version } : {}), ...(record.key !== undefined ? { key: record.key } : {}) });
    const body = record.data_base64 === undefined ? `${head.slice(0, -1)},"data":${this.#raw}}`
      : JSON.stringify({ specversion: "1.0", id: crypto.randomUUID(), source: "/copied", type: record.type, datacontenttype: record.content_type, data_base64: record.data_base64 });
    const kind = record.data_base64 === undefined ? "application/json" : "application/cloudevents+json";
    return `curl -X POST ${quoted(this.addresses.base + this.addresses.records)} \\\n  -H "Authorization: Bearer $FACTSTORM_KEY" \\\n  -H 'Content-Type: ${kind}' \\\n  -d ${quoted(body)}`;
  }

  #link() {
    const record = /** @type {StreamRecord} */ (this.#record);
    return `${location.origin}${location.pathname}?from=offset:${record.partition}:${record.offset}`;
  }
}
