/** The simulator's switch: shows whether the demo's events flow, stops and starts them, sets their pace. */
import { fetchJson } from "@app/http.js";
import { el, icon } from "@app/dom.js";
import { toast } from "@app/toasts.js";

/** @typedef {{state: "running" | "stopped" | "away", wanted: boolean, rate: number}} State */

const POLL_MS = 4000;
const WORDS = { running: "Simulator running", stopped: "Simulator stopped", away: "Simulator not running" };

const root = /** @type {HTMLElement} */ (document.getElementById("simulator"));
const menu = document.getElementById("simulator-menu");
const url = root.dataset.url ?? "";
const dot = part("dot");
const word = part("word");
const button = /** @type {HTMLButtonElement | null} */ (part("switch"));
let wanted = root.dataset.state !== "stopped";

show({ state: /** @type {State["state"]} */ (root.dataset.state), wanted, rate: 0 });
button?.addEventListener("click", () => void turn({ wanted: !wanted }));
for (const item of menu?.querySelectorAll("[data-rate]") ?? []) {
  item.addEventListener("click", () => {
    menu?.hidePopover();
    void turn({ rate: Number(item.getAttribute("data-rate")), wanted: true });
  });
}
setInterval(() => { if (!document.hidden) void look(); }, POLL_MS);
document.addEventListener("visibilitychange", () => { if (!document.hidden) void look(); });

async function look() {
  try {
    show(await fetchJson(url));
  } catch {
    // the page says elsewhere that the server is away; the next look will tell
  }
}

/** @param {{wanted?: boolean, rate?: number}} change */
async function turn(change) {
  button?.setAttribute("aria-busy", "true");
  try {
    const state = await fetchJson(url, { method: "POST", body: change });
    show(state);
    if (state.state === "away") toast("Nobody is there to simulate.", { hint: "Start it with: manage.py simulate", kind: "warn" });
  } catch (error) {
    if (error instanceof Error) toast(error.message, { kind: "bad" });
  } finally {
    button?.removeAttribute("aria-busy");
  }
}

/** @param {State} state */
function show(state) {
  wanted = state.wanted;
  root.dataset.state = state.state;
  dot?.classList.toggle("live-dot--on", state.state === "running");
  if (word && word.textContent !== WORDS[state.state]) word.textContent = WORDS[state.state];
  for (const item of menu?.querySelectorAll("[data-rate]") ?? []) {
    if (state.rate) item.setAttribute("aria-checked", String(Number(item.getAttribute("data-rate")) === state.rate));
  }
  if (!button || button.dataset.wanted === String(wanted)) return;
  button.dataset.wanted = String(wanted);
  button.hidden = false;
  button.setAttribute("aria-label", wanted ? "Stop the simulator" : "Start the simulator");
  button.replaceChildren(icon(wanted ? "stop" : "play"), el("span", { class: "simulator__do" }, wanted ? "Stop" : "Start"));
}

/** @param {string} name @returns {HTMLElement | null} */
function part(name) {
  return root.querySelector(`[data-part="${name}"]`);
}
