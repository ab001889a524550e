/** The catalog's list: results follow while one types or chooses, the address along with them. */
import { freshen } from "@app/times.js";

const WAIT_MS = 140;
const form = document.querySelector("[data-catalog-filters]");
const results = document.querySelector("[data-catalog-results]");
/** @type {AbortController | null} */
let running = null;
let timer = 0;

if (form instanceof HTMLFormElement && results instanceof HTMLElement) {
  form.addEventListener("input", (event) => {
    const typing = event.target instanceof HTMLInputElement && event.target.type === "search";
    clearTimeout(timer);
    timer = window.setTimeout(() => show(form, results), typing ? WAIT_MS : 0);
  });
  form.addEventListener("submit", (event) => { event.preventDefault(); void show(form, results); });
}

/** @param {HTMLFormElement} filters @param {HTMLElement} target */
async function show(filters, target) {
  running?.abort();
  running = new AbortController();
  const query = queryOf(filters);
  target.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(`${location.pathname}?${query}`, { headers: { "X-Part": "results" }, signal: running.signal });
    if (!answer.ok) { filters.submit(); return; }
    target.innerHTML = await answer.text(); // our own template, escaped there
    freshen(target);
    history.replaceState(null, "", query ? `?${query}` : location.pathname);
    target.removeAttribute("aria-busy");
  } catch (error) {
    if (!(error instanceof DOMException && error.name === "AbortError")) target.removeAttribute("aria-busy");
  }
}

/** @param {HTMLFormElement} filters @returns {string} without what is empty */
function queryOf(filters) {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(filters)) if (value) query.append(name, String(value));
  return query.toString();
}
