/** Menus and popovers: [popovertarget] buttons do the opening, this puts them beside the button and lets arrows move. */
import { place } from "./dom.js";

const ITEMS = ":is([role^=menuitem], .menu__item):not(:disabled, [aria-disabled=true])";

/** @param {HTMLElement} menu @returns {HTMLElement | null} */
function openerOf(menu) {
  return document.querySelector(`[popovertarget="${menu.id}"]`);
}

/** @param {HTMLElement} menu */
function placeMenu(menu) {
  const opener = openerOf(menu);
  if (opener) place(menu, opener, { align: menu.dataset.align === "end" ? "end" : "start" });
}

document.addEventListener("toggle", onToggle, true);
document.addEventListener("keydown", onKey);
addEventListener("resize", () => {
  for (const menu of document.querySelectorAll(":is(.menu, .popover):popover-open")) placeMenu(/** @type {HTMLElement} */ (menu));
});

/** @param {Event} event */
function onToggle(event) {
  const menu = event.target;
  if (!(menu instanceof HTMLElement) || !menu.matches(".menu, .popover")) return;
  const open = /** @type {ToggleEvent} */ (event).newState === "open";
  const opener = openerOf(menu);
  opener?.setAttribute("aria-expanded", String(open));
  if (!open) return;
  placeMenu(menu);
  if (menu.matches(".menu")) /** @type {HTMLElement | null} */ (menu.querySelector(ITEMS))?.focus({ preventScroll: true });
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const menu = event.target instanceof Element && event.target.closest(".menu");
  if (!(menu instanceof HTMLElement)) return;
  const items = /** @type {HTMLElement[]} */ ([...menu.querySelectorAll(ITEMS)]);
  const next = nextIndex(event.key, items.indexOf(/** @type {HTMLElement} */ (document.activeElement)), items.length);
  if (event.key === "Tab") menu.hidePopover();
  if (next === null) return;
  event.preventDefault();
  items[next]?.focus();
}

/**
 * Where an arrow key leads in a list that goes round.
 * @param {string} key @param {number} now @param {number} count @returns {number | null}
 */
function nextIndex(key, now, count) {
  if (key === "ArrowDown") return (now + 1) % count;
  if (key === "ArrowUp") return (now - 1 + count) % count;
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  return null;
}
