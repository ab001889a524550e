/** After archiving or deleting: a toast that offers to take it back, once. */
import { toast } from "@app/toasts.js";

const form = document.getElementById("undo-archiving");
if (form instanceof HTMLFormElement) {
  toast(`“${form.dataset.name}” is ${form.dataset.deleted === undefined ? "in the archive" : "deleted"}.`, { kind: "good", action: { label: "Undo", run: () => form.requestSubmit() } });
  history.replaceState(null, "", location.pathname);
}
