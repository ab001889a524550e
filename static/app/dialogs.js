/**
 * Dialogs. In markup: `data-opens="id"` opens <dialog id>, `data-closes` closes the one around it, an
 * `<input data-confirm-name="X">` keeps the `[data-confirm-submit]` of its form disabled until X is typed.
 */
import { el, icon } from "./dom.js";

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const opener = target?.closest("[data-opens]");
  if (opener) openDialog(opener.getAttribute("data-opens") ?? "");
  if (target?.closest("[data-closes]")) target.closest("dialog")?.close();
  if (target instanceof HTMLDialogElement && target.matches(".dialog") && outside(target, event)) target.close();
});
document.addEventListener("input", (event) => {
  if (event.target instanceof HTMLInputElement && event.target.dataset.confirmName !== undefined) guard(event.target);
});
for (const input of document.querySelectorAll("[data-confirm-name]")) guard(/** @type {HTMLInputElement} */ (input));
/** An address ending in #invite presses the button with that id, so that other pages can link to a dialog. */
function openAsked() {
  const asked = location.hash && document.getElementById(location.hash.slice(1))?.getAttribute("data-opens");
  if (asked) openDialog(asked);
}
openAsked();
addEventListener("hashchange", openAsked);
for (const dialog of document.querySelectorAll("dialog[data-open-now]")) /** @type {HTMLDialogElement} */ (dialog).showModal();

/** @param {string} id */
export function openDialog(id) {
  const dialog = document.getElementById(id);
  if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
}

/**
 * Asks before something that can't be taken back.
 * @param {{title: string, text?: string, action: string, danger?: boolean, typedName?: string}} question
 * `typedName`: the person must type this to go on
 * @returns {Promise<boolean>}
 */
export function confirm({ title, text = "", action, danger = true, typedName = "" }) {
  const submit = el("button", { class: `button button--${danger ? "danger" : "primary"}`, value: "yes", "data-confirm-submit": true }, action);
  const form = el("form", { method: "dialog" }, head(title), el("div", { class: "dialog__body" }, ...body(text, typedName)), foot(submit));
  const dialog = el("dialog", { class: "dialog dialog--sm", "aria-labelledby": "confirm-title" }, form);
  document.body.append(dialog);
  for (const input of dialog.querySelectorAll("[data-confirm-name]")) guard(/** @type {HTMLInputElement} */ (input));
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}

/** @param {string} title */
function head(title) {
  const close = el("button", { class: "button button--quiet button--icon", type: "button", "data-closes": true, "aria-label": "Close" }, icon("close"));
  return el("div", { class: "dialog__head" }, el("h2", { id: "confirm-title" }, title), close);
}

/** @param {string} text @param {string} typedName */
function body(text, typedName) {
  const parts = text ? [el("p", {}, text)] : [];
  if (!typedName) return parts;
  const input = el("input", { class: "input", id: "confirm-name", "data-confirm-name": typedName, autocomplete: "off" });
  const label = el("label", { for: "confirm-name" }, "Type ", el("strong", {}, typedName), " to go on");
  return [...parts, el("div", { class: "field" }, label, input)];
}

/** @param {HTMLElement} submit */
function foot(submit) {
  return el("div", { class: "dialog__foot" }, el("button", { class: "button", type: "button", "data-closes": true }, "Cancel"), submit);
}

/** @param {HTMLInputElement} input */
function guard(input) {
  const submit = input.form?.querySelector("[data-confirm-submit]");
  if (submit instanceof HTMLButtonElement) submit.disabled = input.value.trim() !== input.dataset.confirmName;
}

/** A click on the backdrop lands on the dialog itself, outside its box. @param {Element} dialog @param {MouseEvent} event */
function outside(dialog, event) {
  const box = dialog.getBoundingClientRect();
  const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  return !inside && event.detail > 0 && dialog.getAttribute("data-modal") !== "strict";
}
