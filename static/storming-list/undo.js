/** After archiving: a toast that offers to take it back, once. */
import { toast } from "@app/toasts.js";

const form = document.getElementById("undo-archiving");
if (form instanceof HTMLFormElement) {
  toast(`“${form.dataset.name}” is in the archive.`, { kind: "good", action: { label: "Undo", run: () => form.requestSubmit() } });
  history.replaceState(null, "", location.pathname);
}
