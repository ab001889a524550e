/**
 * Split panes: `.split[data-split=name] > pane + .split__bar + pane`. The bar is a separator that the pointer drags
 * and the arrow keys move; where it stands is remembered per name on this device.
 */
const STEP_PERCENT = 4;
const [LEAST_PERCENT, MOST_PERCENT] = [20, 80];

for (const split of document.querySelectorAll(".split[data-split]")) wire(/** @type {HTMLElement} */ (split));

/** @param {HTMLElement} split for one made later by a page's script */
export function wire(split) {
  const bar = /** @type {HTMLElement | null} */ (split.querySelector(":scope > .split__bar"));
  if (!bar) return;
  const name = `split:${split.dataset.split}`;
  /** @param {number} percent @param {boolean} [keep] */
  const move = (percent, keep = true) => {
    const at = Math.round(Math.min(MOST_PERCENT, Math.max(LEAST_PERCENT, percent)) * 10) / 10;
    split.style.setProperty("--split", `${at}%`);
    bar.setAttribute("aria-valuenow", String(Math.round(at)));
    if (keep) localStorage.setItem(name, String(at));
  };
  bar.setAttribute("role", "separator");
  bar.setAttribute("aria-orientation", "vertical");
  if (!bar.hasAttribute("aria-label")) bar.setAttribute("aria-label", "Resize the panes");
  bar.setAttribute("aria-valuemin", String(LEAST_PERCENT));
  bar.setAttribute("aria-valuemax", String(MOST_PERCENT));
  bar.tabIndex = 0;
  move(Number(localStorage.getItem(name)) || Number(split.dataset.splitAt) || 62, false);
  bar.addEventListener("pointerdown", (event) => { bar.setPointerCapture(event.pointerId); bar.dataset.dragging = ""; });
  bar.addEventListener("pointermove", (event) => {
    if (!bar.hasPointerCapture(event.pointerId)) return;
    const box = split.getBoundingClientRect();
    move(((event.clientX - box.left) / box.width) * 100);
  });
  bar.addEventListener("lostpointercapture", () => { delete bar.dataset.dragging; });
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -STEP_PERCENT, ArrowRight: STEP_PERCENT }[event.key];
    if (!step) return;
    event.preventDefault();
    move(Number(bar.getAttribute("aria-valuenow")) + step);
  });
}
