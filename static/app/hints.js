/**
 * Coach marks: a few hints that show a newcomer round, one at a time, each pointing at the real thing.
 * Shown once per name on this device; Escape or "Skip" ends them; a missing target is passed over.
 */
import { el, place } from "./dom.js";

/**
 * @typedef {{target: string, title: string, text: string, side?: "top" | "bottom"}} Hint `target` is a selector
 * @param {string} name remembered as seen under this name
 * @param {Hint[]} hints
 * @param {{again?: boolean, before?: number, of?: number}} [options] `again` shows them though they were seen; a round
 *   that goes over several pages says how many came `before` these and how many it has in all
 * @returns {Promise<boolean>} true when gone through to the end
 */
export async function showHints(name, hints, { again = false, before = 0, of = 0 } = {}) {
  if (!again && localStorage.getItem(`hints:${name}`)) return false;
  const present = hints.filter((hint) => document.querySelector(hint.target));
  for (const [index, hint] of present.entries()) {
    const goOn = await showOne(hint, before + index, of || before + present.length);
    localStorage.setItem(`hints:${name}`, "seen");
    if (!goOn) return false;
  }
  return present.length > 0;
}

/** @param {Hint} hint @param {number} index @param {number} count @returns {Promise<boolean>} */
function showOne(hint, index, count) {
  const target = document.querySelector(hint.target);
  if (!target) return Promise.resolve(true);
  const next = el("button", { class: "button button--fact button--sm", type: "button" }, index === count - 1 ? "Got it" : "Next");
  const skip = el("button", { class: "button button--sm", type: "button" }, "Skip");
  const title = el("div", { class: "hint__title", id: "hint-title" }, hint.title);
  const foot = el("div", { class: "hint__foot" }, el("span", { class: "hint__count" }, `${index + 1} of ${count}`));
  if (index < count - 1) foot.append(skip);
  foot.append(next);
  const box = el("div", { class: "hint", popover: "manual", role: "dialog", "aria-labelledby": "hint-title" }, title, el("p", { class: "hint__text" }, hint.text), foot);
  document.body.append(box);
  target.classList.add("hint-target");
  box.showPopover();
  const put = () => point(box, target, hint.side ?? "bottom");
  put();
  next.focus();
  return new Promise((resolve) => {
    const stop = new AbortController();
    const end = (/** @type {boolean} */ goOn) => {
      stop.abort();
      target.classList.remove("hint-target");
      box.remove();
      resolve(goOn);
    };
    next.addEventListener("click", () => end(true));
    skip.addEventListener("click", () => end(false));
    addEventListener("resize", put, { signal: stop.signal });
    document.addEventListener("keydown", (event) => { if (event.key === "Escape") end(false); }, { signal: stop.signal });
  });
}

/** @param {HTMLElement} box @param {Element} target @param {"top" | "bottom"} side */
function point(box, target, side) {
  const ended = place(box, target, { align: "center", gap: 14, side });
  box.dataset.side = ended;
  const at = target.getBoundingClientRect();
  const arrow = at.left + at.width / 2 - box.getBoundingClientRect().left;
  box.style.setProperty("--hint-arrow", `${Math.max(16, Math.min(arrow, box.offsetWidth - 16))}px`);
  const covers = box.getBoundingClientRect().top < at.bottom && box.getBoundingClientRect().bottom > at.top;
  if (covers) box.dataset.side = "none";
}
