/** The schema editor: a plain textarea with line numbers, that knows where its JSON is wrong. */

const INDENT = "  ";

export class SchemaEditor {
  #text;
  #lines;
  #error;
  #shown = "";

  /** @param {HTMLElement} root the `[data-editor]` element @param {HTMLElement | null} error where a fault is said */
  constructor(root, error) {
    this.#text = /** @type {HTMLTextAreaElement} */ (root.querySelector("textarea"));
    this.#lines = /** @type {HTMLElement} */ (root.querySelector(".editor__lines"));
    this.#error = error;
    this.#text.addEventListener("input", () => { this.#number(0); this.#lines.scrollTop = this.#text.scrollTop; });
    this.#text.addEventListener("scroll", () => { this.#lines.scrollTop = this.#text.scrollTop; });
    this.#text.addEventListener("keydown", (event) => this.#onKey(event));
    this.#number(Number(root.dataset.line ?? 0));
  }

  get value() { return this.#text.value; }

  set value(text) {
    this.#text.value = text;
    this.#number(0);
    this.#text.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** Another text in place of all, as if it were typed: undo takes it back. @param {string} text */
  replace(text) {
    this.#text.focus();
    this.#text.select();
    if (!document.execCommand("insertText", false, text)) this.value = text;
    this.#text.setSelectionRange(0, 0);
    this.#text.scrollTop = 0;
    this.#number(0);
  }

  /** @param {() => void} listener */
  onInput(listener) { this.#text.addEventListener("input", listener); }

  /** @param {string} message "" when nothing is wrong @param {number} [line] from 1 */
  showError(message, line = 0) {
    this.#text.setAttribute("aria-invalid", String(Boolean(message)));
    this.#number(line);
    if (!this.#error) return;
    this.#error.hidden = !message;
    const words = this.#error.querySelector("span");
    if (words) words.textContent = message;
  }

  /** Shows a refusal of the API. @param {{message: string, hint?: string, place?: {line?: number, column?: number, pointer?: string}}} fault */
  showFault({ message, hint = "", place = {} }) {
    const told = /line \d/.test(message);
    const where = place.line && !told ? ` Line ${place.line}, column ${place.column}.` : place.pointer ? ` At ${place.pointer}.` : "";
    this.showError(`${message}${where} ${hint}`.trim(), place.line ?? 0);
  }

  /** Pretty-prints; leaves text that is no JSON alone. */
  tidy() {
    try { this.value = `${JSON.stringify(JSON.parse(this.value), null, 2)}\n`; } catch { /* the check says what is wrong */ }
  }

  /** @param {number} wrong the line to mark, 0 for none */
  #number(wrong) {
    const count = this.#text.value.split("\n").length;
    const key = `${count}:${wrong}`;
    if (key === this.#shown) return;
    this.#shown = key;
    const numbers = Array.from({ length: count }, (_, index) => index + 1);
    if (!wrong) { this.#lines.textContent = numbers.join("\n"); return; }
    const mark = document.createElement("span");
    mark.className = "is-wrong";
    mark.textContent = String(wrong);
    this.#lines.replaceChildren(numbers.slice(0, wrong - 1).map((each) => `${each}\n`).join(""), mark, numbers.slice(wrong).map((each) => `\n${each}`).join(""));
  }

  /** Tab indents (Escape first, then Tab, leaves the field); Enter keeps the indentation. @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.key === "Escape") { this.#text.dataset.leaving = ""; return; }
    if (event.key === "Tab" && !event.shiftKey && this.#text.dataset.leaving === undefined) {
      event.preventDefault();
      this.#insert(INDENT);
    } else if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      const before = this.#text.value.slice(0, this.#text.selectionStart);
      const indent = /^[ \t]*/.exec(before.slice(before.lastIndexOf("\n") + 1))?.[0] ?? "";
      this.#insert(`\n${indent}${/[{[]\s*$/.test(before) ? INDENT : ""}`);
    }
    delete this.#text.dataset.leaving;
  }

  /** Keeps the browser's undo. @param {string} text */
  #insert(text) {
    if (!document.execCommand("insertText", false, text)) this.#text.setRangeText(text, this.#text.selectionStart, this.#text.selectionEnd, "end");
    this.#number(0);
  }
}
