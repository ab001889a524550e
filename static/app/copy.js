/** Copy buttons: data-copy="text", or data-copy-from="#selector" for another element's text or value. */
import { toast } from "./toasts.js";

const BACK_AFTER_MS = 1600;

document.addEventListener("click", async (event) => {
  const button = event.target instanceof Element && event.target.closest("[data-copy], [data-copy-from]");
  if (button instanceof HTMLElement) await copyText(textOf(button), button);
});

/**
 * @param {string} text
 * @param {HTMLElement} [button] shows a tick for a moment
 */
export async function copyText(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    if (!copyTheOldWay(text)) { toast("The browser did not allow copying.", { kind: "warn", hint: "Select the text and copy it by hand." }); return; }
  }
  if (button) tick(button);
  else toast("Copied", { kind: "good" });
}

/** Without HTTPS there is no navigator.clipboard. @param {string} text */
function copyTheOldWay(text) {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

/** @param {HTMLElement} button @returns {string} */
function textOf(button) {
  if (button.dataset.copy !== undefined) return button.dataset.copy;
  const source = document.querySelector(button.dataset.copyFrom ?? "");
  return source instanceof HTMLInputElement || source instanceof HTMLTextAreaElement ? source.value : source?.textContent ?? "";
}

/** @param {HTMLElement} button */
function tick(button) {
  const use = button.querySelector("use");
  const before = button.dataset.icon ?? use?.getAttribute("href") ?? "";
  button.dataset.icon = before;
  use?.setAttribute("href", before.replace(/#.*/, "#check"));
  const label = button.getAttribute("data-label") ?? button.getAttribute("aria-label");
  if (label) { button.dataset.label = label; button.setAttribute("aria-label", "Copied"); }
  else toast("Copied", { kind: "good" });
  setTimeout(() => {
    use?.setAttribute("href", before);
    if (label) button.setAttribute("aria-label", label);
  }, BACK_AFTER_MS);
}
