/** The samples of /design/ that need a script. */
import { confirm } from "./dialogs.js";
import { showHints } from "./hints.js";
import { toast } from "./toasts.js";

for (const swatch of document.querySelectorAll("[data-swatch]")) {
  const { style, dataset } = /** @type {HTMLElement} */ (swatch);
  style.background = `var(${dataset.swatch})`;
  if (dataset.swatchInk) style.color = `var(${dataset.swatchInk})`;
}

/** @type {Record<string, () => unknown>} */
const samples = {
  async confirm() {
    const yes = await confirm({ title: "Delete the stream orders?", text: "Its 40,217 records are gone for good.", action: "Delete stream", typedName: "orders" });
    toast(yes ? "Deleted (not really)" : "Nothing happened", { kind: yes ? "good" : "info" });
  },
  toast() {
    toast("Version 1.2.0 is published", { kind: "good", action: { label: "Undo", run: () => toast("Undone") } });
    toast("The server can't be reached.", { kind: "bad", hint: "Your edits are kept on this device." });
  },
  hints: () => showHints("design", [
    { target: "[data-try=confirm]", title: "Ask first", text: "What can't be taken back asks for a name." },
    { target: "[data-try=hints]", title: "Four hints, no more", text: "Each points at the real thing." },
  ], { again: true }),
};
document.addEventListener("click", (event) => {
  const button = event.target instanceof Element && event.target.closest("[data-try]");
  if (button) samples[button.getAttribute("data-try") ?? ""]?.();
});
