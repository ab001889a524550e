/** The board's name on the board itself: whoever manages it presses it and writes. @import {Wall} from './wall.js' */

import { ApiError, fetchJson } from "@app/http.js";
import { toast } from "@app/toasts.js";

const NAME_MAX = 120;

/** @param {Wall} wall @param {HTMLElement} heading @param {HTMLElement} button within it; hidden from whoever may not rename */
export function letRename(wall, heading, button) {
  const show = (/** @type {string} */ name) => {
    button.textContent = name;
    heading.title = name;
    document.title = document.title.replace(/^.*? · /, () => `${name} · `);
    wall.stage.setAttribute("aria-label", `Board ${name}`);
  };
  wall.syncing.welcomed.on((frame) => show(frame.board.name));
  wall.syncing.received.on((frame) => { if (frame.t === "board") show(frame.board.name); });
  if (!wall.config.rename_url) return;
  button.addEventListener("click", () => write(wall, heading, button, show));
}

/** @param {Wall} wall @param {HTMLElement} heading @param {HTMLElement} button @param {(name: string) => void} show */
function write(wall, heading, button, show) {
  const before = button.textContent ?? "";
  const field = document.createElement("input");
  field.className = "input input--sm wall-top__rename";
  field.value = before;
  field.maxLength = NAME_MAX;
  field.setAttribute("aria-label", "Name of the board");
  field.dataset.testid = "rename";
  heading.replaceChildren(field);
  field.focus();
  field.select();
  let done = false;
  const end = async (/** @type {boolean} */ keep) => {
    if (done) return;
    done = true;
    heading.replaceChildren(button);
    button.focus();
    const name = field.value.trim().replace(/\s+/g, " ");
    if (!keep || !name || name === before) return;
    show(name);
    try {
      await fetchJson(wall.config.rename_url ?? "", { method: "PATCH", body: { name } });
    } catch (error) {
      show(before);
      toast("The board keeps its name", { kind: "bad", hint: error instanceof ApiError ? error.message : "The server can't be reached." });
    }
  };
  field.addEventListener("blur", () => void end(true));
  field.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter") void end(true);
    else if (event.key === "Escape") void end(false);
  });
}
