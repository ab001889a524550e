/** Tooltips: data-tooltip="words" (and data-tooltip-key="N" for a key). Hover or focus shows, Escape hides. */
import { el, place } from "./dom.js";

const DELAY_MS = 350;
const tip = el("div", { class: "tooltip", popover: "manual", role: "tooltip", id: "tooltip" });
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** @type {Element | null} */
let owner = null;
document.body.append(tip);

document.addEventListener("pointerover", (event) => {
  if (event.pointerType === "touch") return;
  const target = event.target instanceof Element ? event.target.closest("[data-tooltip]") : null;
  if (target === owner) return;
  hide();
  if (target) later(target);
});
document.addEventListener("focusin", (event) => {
  const target = event.target instanceof Element ? event.target.closest("[data-tooltip]") : null;
  if (target?.matches(":focus-visible")) show(target);
});
document.addEventListener("focusout", hide);
document.addEventListener("pointerdown", hide);
document.addEventListener("scroll", hide, { capture: true, passive: true });
document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });

/** @param {Element} target */
function later(target) {
  owner = target;
  timer = setTimeout(() => show(target), DELAY_MS);
}

/** @param {Element} target */
function show(target) {
  clearTimeout(timer);
  if (!target.isConnected) return;
  owner = target;
  tip.replaceChildren(target.getAttribute("data-tooltip") ?? "");
  const key = target.getAttribute("data-tooltip-key");
  if (key) tip.append(" ", el("kbd", { class: "key" }, key));
  if (!tip.matches(":popover-open")) tip.showPopover();
  place(tip, target, { align: "center" });
  if (!target.hasAttribute("aria-describedby") && target.getAttribute("aria-label") !== target.getAttribute("data-tooltip")) target.setAttribute("aria-describedby", "tooltip");
}

function hide() {
  clearTimeout(timer);
  if (owner?.getAttribute("aria-describedby") === "tooltip") owner.removeAttribute("aria-describedby");
  owner = null;
  if (tip.matches(":popover-open")) tip.hidePopover();
}
