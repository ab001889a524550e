/** The list of streams keeps itself fresh: counts, sizes, rates and sparklines, every two seconds while it is in sight. */
import { fetchJson } from "../app/http.js";
import { freshen } from "../app/times.js";
import { bytes } from "./words.js";

const EVERY_MS = 2000;
const table = document.getElementById("streams");
if (table) {
  show(Object.fromEntries([...table.querySelectorAll("tr[data-stream]")].map((row) => [row.getAttribute("data-stream"), {}])));
  setInterval(refresh, EVERY_MS);
}

async function refresh() {
  if (document.hidden) return;
  const answer = await fetchJson(table?.dataset.traffic ?? "").catch(() => null);
  if (answer) show(answer.streams);
}

/** @param {Record<string, any>} streams */
function show(streams) {
  for (const row of table?.querySelectorAll("tr[data-stream]") ?? []) {
    const found = streams[row.getAttribute("data-stream") ?? ""];
    if (!found) continue;
    const cell = (/** @type {string} */ name) => /** @type {HTMLElement} */ (row.querySelector(`[data-cell=${name}]`));
    cell("records").textContent = Number(found.records ?? cell("records").dataset.value).toLocaleString();
    cell("bytes").textContent = bytes(Number(found.bytes ?? cell("bytes").dataset.value));
    if (found.points === undefined) continue;
    cell("points").setAttribute("points", found.points);
    cell("rate").textContent = `${found.rate.toLocaleString()}/s`;
    if (found.last) setTime(cell("last"), found.last);
  }
  freshen(table ?? document);
}

/** @param {HTMLElement} cell @param {string} moment */
function setTime(cell, moment) {
  let time = cell.querySelector("time");
  if (!time) {
    time = document.createElement("time");
    time.setAttribute("data-relative", "");
    cell.replaceChildren(time);
  }
  time.setAttribute("datetime", moment);
}
