/** Toasts: short news in a corner. Good news leaves by itself; bad news stays until it is closed. */
import { el, icon } from "./dom.js";

const STAY_MS = 5000;
const SHOWN_MAX = 4;
const ICONS = { info: "info", good: "success", warn: "warning", bad: "error" };
const OF_MESSAGE = new Map([["success", "good"], ["error", "bad"], ["warning", "warn"]]);
const region = el("div", { class: "toasts", role: "status", "aria-live": "polite", popover: "manual" });
document.body.append(region);

/**
 * @param {string} text
 * @param {{kind?: "info" | "good" | "warn" | "bad", hint?: string, action?: {label: string, run: () => void}}} [options]
 * @returns {() => void} takes it away
 */
export function toast(text, { kind = "info", hint = "", action } = {}) {
  const close = el("button", { class: "button button--quiet button--icon button--sm", type: "button", "aria-label": "Close" }, icon("close"));
  const words = el("div", { class: "toast__text" }, el("p", {}, text));
  if (hint) words.append(el("p", { class: "toast__hint" }, hint));
  const item = el("div", { class: `toast toast--${kind}` }, icon(ICONS[kind]), words, close);
  const leave = () => takeAway(item);
  if (action) words.append(el("button", { class: "button button--sm", type: "button", onclick: () => { action.run(); leave(); } }, action.label));
  close.addEventListener("click", leave);
  region.append(item);
  while (region.children.length > SHOWN_MAX) region.firstElementChild?.remove();
  raise();
  if (kind !== "bad") leaveLater(item, leave);
  return leave;
}

/** Shown again each time: the newest popover lies above open dialogs. */
function raise() {
  if (region.matches(":popover-open")) region.hidePopover();
  region.showPopover();
}

/** @param {HTMLElement} item @param {() => void} leave */
function leaveLater(item, leave) {
  let timer = setTimeout(leave, STAY_MS);
  item.addEventListener("pointerenter", () => clearTimeout(timer));
  item.addEventListener("focusin", () => clearTimeout(timer));
  item.addEventListener("pointerleave", () => { timer = setTimeout(leave, STAY_MS / 2); });
}

/** @param {HTMLElement} item */
function takeAway(item) {
  item.dataset.leaving = "";
  setTimeout(() => {
    item.remove();
    if (!region.childElementCount && region.matches(":popover-open")) region.hidePopover();
  }, 220);
}

for (const template of document.querySelectorAll("template[data-toast]")) {
  const level = /** @type {HTMLTemplateElement} */ (template).dataset.toast ?? "";
  const kind = /** @type {"info" | "good" | "warn" | "bad"} */ (OF_MESSAGE.get(level) ?? "info");
  toast(/** @type {HTMLTemplateElement} */ (template).content.textContent?.trim() ?? "", { kind });
}
