/** A type's page: finding fields in the schema, and live records that keep themselves fresh. */
import { freshen } from "@app/times.js";

const LIVE_EVERY_MS = 2000;

document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
for (const tree of document.querySelectorAll("[data-tree]")) wireTree(/** @type {HTMLElement} */ (tree));
const live = document.querySelector("[data-live]");
if (live instanceof HTMLElement) setInterval(() => { if (!document.hidden) void refresh(live); }, LIVE_EVERY_MS);

/** Shows the fields that match, and those they lie in. @param {HTMLElement} tree */
function wireTree(tree) {
  const search = tree.querySelector("[data-tree-search]");
  const count = tree.querySelector("[data-tree-count]");
  const rows = /** @type {HTMLElement[]} */ ([...tree.querySelectorAll(".tree__row")]);
  if (!(search instanceof HTMLInputElement)) return;
  search.addEventListener("input", () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const shown = matching(rows, words);
    for (const row of rows) row.hidden = !shown.has(row);
    if (count) count.textContent = words.length ? `${rows.filter((row) => matches(row, words)).length} of ${rows.length} fields` : "";
  });
}

/** @param {HTMLElement} row @param {string[]} words */
function matches(row, words) {
  return words.every((word) => row.dataset.text?.includes(word));
}

/** @param {HTMLElement[]} rows @param {string[]} words @returns {Set<HTMLElement>} matches with their ancestors */
function matching(rows, words) {
  const shown = new Set();
  /** @type {HTMLElement[]} the rows that the current one lies in, by depth */
  const above = [];
  for (const row of rows) {
    const depth = Number(row.dataset.depth);
    above.length = depth;
    if (matches(row, words)) for (const each of [...above, row]) if (each) shown.add(each);
    above[depth] = row;
  }
  return shown;
}

/** @param {HTMLElement} part */
async function refresh(part) {
  try {
    const answer = await fetch(part.dataset.live ?? "");
    if (!answer.ok) return;
    part.innerHTML = await answer.text(); // our own template, escaped there
    freshen(part);
  } catch { /* the server is away; the next round asks again */ }
}
