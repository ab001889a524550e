/** Forms: a button that was pressed shows that it works, a second press does nothing; fields say what they need. */
import { icon } from "./dom.js";

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent !== undefined) { event.preventDefault(); return; }
  form.dataset.sent = "";
  const submitter = /** @type {SubmitEvent} */ (event).submitter;
  if (submitter?.matches(".button")) submitter.setAttribute("aria-busy", "true");
});
/** Back from the browser's cache: the form may be sent again. */
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete /** @type {HTMLFormElement} */ (form).dataset.sent;
    form.querySelector("[aria-busy]")?.removeAttribute("aria-busy");
  }
});

/** data-submits: a select or checkbox that sends its form when changed. */
document.addEventListener("change", (event) => {
  if (event.target instanceof HTMLElement && event.target.matches("[data-submits]")) {
    /** @type {HTMLSelectElement} */ (event.target).form?.requestSubmit();
  }
});

/** data-shows="#id": a control that shows another part of the form while it is checked (radios: its whole group). */
document.addEventListener("change", showParts);
function showParts() {
  for (const control of document.querySelectorAll("[data-shows]")) {
    const part = document.querySelector(control.getAttribute("data-shows") ?? "");
    if (part instanceof HTMLElement) part.hidden = !(/** @type {HTMLInputElement} */ (control).checked);
  }
}
showParts();

/** data-reveal="id": shows and hides a password. */
document.addEventListener("click", (event) => {
  const button = event.target instanceof Element && event.target.closest("[data-reveal]");
  if (!button) return;
  const input = document.getElementById(button.getAttribute("data-reveal") ?? "");
  if (!(input instanceof HTMLInputElement)) return;
  const hidden = input.type === "password";
  input.type = hidden ? "text" : "password";
  button.setAttribute("aria-pressed", String(hidden));
  button.replaceChildren(icon(hidden ? "eye-off" : "eye"));
});

document.querySelector("[aria-invalid=true]")?.closest("form") && /** @type {HTMLElement} */ (document.querySelector("[aria-invalid=true]")).focus();

/** A page that answers a POST with something shown once must not be sent again by a reload; the attribute is its address. */
const shownOnce = document.querySelector("[data-shown-once]");
if (shownOnce) history.replaceState(null, "", shownOnce.getAttribute("data-shown-once") || location.pathname);
if (/Mac|iPhone|iPad/.test(navigator.platform)) {
  for (const key of document.querySelectorAll("[data-modifier-key]")) key.textContent = "⌘";
}

document.addEventListener("click", (event) => {
  if (event.target instanceof Element && event.target.closest("[data-back]")) history.back();
});
