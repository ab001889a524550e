/**
 * Design tokens for scripts that paint (canvas, charts). A token's raw text may be `light-dark(...)`, which a canvas
 * does not understand, so the browser resolves it here. Ask again after `themechange` on document.
 */

/** @type {HTMLElement | undefined} */
let probe;

/**
 * @param {string} name such as "--ink-2"
 * @returns {string} a colour as `rgb(...)`
 */
export function colourToken(name) {
  if (!probe) {
    probe = document.createElement("span");
    probe.hidden = true;
    document.documentElement.append(probe);
  }
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}

/**
 * @param {string} name such as "--font-sans"
 * @returns {string} the token's text
 */
export function textToken(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
