/** The import pages: a file dropped or chosen is named at once; a running import tells how far it is. */
import { freshen } from "@app/times.js";

const POLL_EVERY_MS = 800;

const drop = document.querySelector("[data-drop]");
const file = document.querySelector("[data-file]");
if (drop instanceof HTMLElement && file instanceof HTMLInputElement) wireDrop(drop, file);
for (const form of document.querySelectorAll("[data-import], [data-import-apply]")) {
  form.addEventListener("submit", () => {
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-busy", "true");
  });
}
const part = document.querySelector("[data-import-part]");
if (part instanceof HTMLElement && part.querySelector("[data-running]")) void follow(part);

/** @param {HTMLElement} area @param {HTMLInputElement} input lies over the area, so dropping needs no more */
function wireDrop(area, input) {
  for (const type of ["dragover", "dragenter"]) area.addEventListener(type, () => area.classList.add("is-over"));
  for (const type of ["dragleave", "drop"]) area.addEventListener(type, () => area.classList.remove("is-over"));
  input.addEventListener("change", name);
  name(); // one may have chosen before this ran

  function name() {
    const chosen = input.files?.[0];
    const title = area.querySelector("[data-drop-title]");
    const hint = area.querySelector("[data-drop-hint]");
    if (title) title.textContent = chosen?.name ?? "Drop a file here, or choose one";
    if (hint && chosen) hint.textContent = `${Math.max(1, Math.round(chosen.size / 1024)).toLocaleString("en")} KB · choose another`;
  }
}

/** @param {HTMLElement} target asks for the moving part until the import is done */
async function follow(target) {
  while (target.querySelector("[data-running]")) {
    await new Promise((done) => setTimeout(done, POLL_EVERY_MS));
    if (document.hidden) continue;
    try {
      const answer = await fetch(target.dataset.importPart ?? "", { headers: { "X-Part": "import" } });
      if (!answer.ok) continue;
      target.innerHTML = await answer.text(); // our own template, escaped there
      freshen(target);
    } catch { /* the server is away; the next round asks again */ }
  }
}
