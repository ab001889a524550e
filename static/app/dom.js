/** Making elements without markup in strings. */

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string | boolean | EventListener | null | undefined>} [attributes] `onclick` and the like are listeners; true is an empty attribute; false and null are left out
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (typeof value === "function") element.addEventListener(name.replace(/^on/, ""), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

const SPRITE = new URL("../icons/icons.svg", import.meta.url).pathname;
const SVG = "http://www.w3.org/2000/svg";

/**
 * An icon of static/icons/icons.svg, hidden from screen readers.
 * @param {string} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${SPRITE}#${name}`);
  svg.append(use);
  return svg;
}

/**
 * Puts a fixed-position popover beside an anchor, flipped and shifted so that it stays inside the window.
 * @param {HTMLElement} floating shown already, so that it has a size
 * @param {Element} anchor
 * @param {{align?: "start" | "end" | "center", gap?: number, side?: "bottom" | "top"}} [options]
 * @returns {"bottom" | "top"} the side it ended up on
 */
export function place(floating, anchor, { align = "start", gap = 6, side = "bottom" } = {}) {
  const at = anchor.getBoundingClientRect();
  const width = floating.offsetWidth;
  const height = floating.offsetHeight;
  const below = window.innerHeight - at.bottom - gap;
  const above = at.top - gap;
  const bottom = side === "bottom" ? below >= height || below >= above : above < height && below > above;
  const left = align === "start" ? at.left : align === "end" ? at.right - width : at.left + (at.width - width) / 2;
  floating.style.left = `${Math.max(8, Math.min(left, window.innerWidth - width - 8))}px`;
  floating.style.top = `${Math.max(8, bottom ? at.bottom + gap : at.top - gap - height)}px`;
  return bottom ? "bottom" : "top";
}
