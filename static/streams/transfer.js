/** Export and import of a stream's records: progress on the page, an export that goes on after a lost connection. */
import { el, icon } from "../app/dom.js";
import { ApiError, csrfToken } from "../app/http.js";
import { toast } from "../app/toasts.js";
import { bytes } from "./words.js";

const TRIES_MAX = 5;

/** @param {string} id */
const part = (id) => /** @type {any} */ (document.getElementById(id));

/** @param {{exports: string, imports: string, stream: string}} data @param {() => string[]} types those that the page shows */
export function setUpTransfer(data, types) {
  part("export-form")?.addEventListener("submit", (/** @type {Event} */ event) => { event.preventDefault(); runExport(data, types()); });
  const file = /** @type {HTMLInputElement | null} */ (part("import-file"));
  if (!file) return;
  file.addEventListener("change", () => runImport(data, true));
  part("import-form").addEventListener("submit", (/** @type {Event} */ event) => { event.preventDefault(); runImport(data, false); });
}

/** @param {string} name */
function time(name) {
  const value = part(name).value;
  return value ? `time:${new Date(value).toISOString()}` : "";
}

/** @param {{exports: string, stream: string}} data @param {string[]} types */
async function runExport(data, types) {
  const shape = part("export-format").value;
  const query = new URLSearchParams({ format: shape, from: time("export-from"), to: time("export-to"), types: types.join(",") });
  const box = part("export-progress");
  const bar = box.querySelector("progress");
  const words = box.querySelector("span");
  box.hidden = false;
  part("export-go").disabled = true;
  const decoder = new TextDecoder();
  /** @type {BlobPart[]} */ const pieces = [];
  /** @type {Map<number, string>} */ const last = new Map();
  let [rest, size, count, total] = ["", 0, 0, 0];
  try {
    for (let tries = 0; ;) {
      const before = count;
      try {
        const answer = await fetch(`${data.exports}?${query}`, { headers: { Accept: "*/*" } });
        if (!answer.ok || !answer.body) throw new ApiError(answer.status, (await answer.json().catch(() => null))?.error ?? {});
        query.set("to", answer.headers.get("Factstorm-Range-To") ?? "");
        total ||= Number(answer.headers.get("Factstorm-Records"));
        const reader = answer.body.getReader();
        for (;;) {
          const { done, value } = await reader.read();
          if (done) break;
          size += value.length;
          if (shape === "ndjson") {
            const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
            rest = lines.pop() ?? "";
            for (const line of lines) { const at = /^\{"partition":(\d+),"offset":"(\d+)"/.exec(line); if (at) last.set(Number(at[1]), at[2] ?? ""); }
            count += lines.length;
            if (lines.length) pieces.push(`${lines.join("\n")}\n`);
          } else pieces.push(value);
          bar.value = total ? Math.min(count / total, 1) : 0;
          words.textContent = `${count ? `${count.toLocaleString()} records, ` : ""}${bytes(size)}`;
        }
        if (shape !== "ndjson" || count === before) break;
      } catch (error) {
        tries += 1;
        if (error instanceof ApiError || shape !== "ndjson" || tries > TRIES_MAX) throw error;
        words.textContent = "The connection is lost; going on…";
        await new Promise((done) => setTimeout(done, 1000 * tries));
      }
      rest = ""; // a line that was cut is asked for again
      query.set("after", [...last].map(([partition, offset]) => `${partition}:${offset}`).join(","));
    }
    const address = URL.createObjectURL(new Blob(pieces));
    el("a", { href: address, download: `${data.stream}.${shape === "ndjson" ? "ndjson" : "cloudevents.json"}` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
    toast(shape === "ndjson" ? `${count.toLocaleString()} records are exported.` : "The records are exported.", { kind: "good" });
    part("export").close();
  } catch (error) {
    toast(error instanceof ApiError ? error.message : "The export was interrupted.", { kind: "bad", hint: error instanceof ApiError ? error.hint : "Try again." });
  }
  box.hidden = true;
  part("export-go").disabled = false;
}

/** @param {{imports: string}} data @param {boolean} dry */
function runImport(data, dry) {
  const file = part("import-file").files?.[0];
  const report = part("import-report");
  const go = part("import-go");
  go.disabled = true;
  if (!file) { report.replaceChildren(); return; }
  const box = part("import-progress");
  const bar = box.querySelector("progress");
  box.hidden = false;
  box.querySelector("span").textContent = dry ? "Checking…" : "Importing…";
  const query = new URLSearchParams({ timestamps: part("import-keep").checked ? "keep" : "now", dry_run: String(dry) });
  const request = new XMLHttpRequest();
  request.open("POST", `${data.imports}?${query}`);
  request.setRequestHeader("X-CSRFToken", csrfToken());
  request.setRequestHeader("Content-Type", file.name.endsWith(".json") ? "application/cloudevents-batch+json" : "application/x-ndjson");
  request.upload.addEventListener("progress", (event) => { bar.value = event.lengthComputable ? event.loaded / event.total : 0; });
  request.addEventListener("loadend", () => {
    box.hidden = true;
    /** @type {any} */ let answer = null;
    try { answer = JSON.parse(request.responseText); } catch { /* told below */ }
    if (request.status !== 200 || !answer) {
      const error = answer?.error ?? { message: "The file could not be sent.", hint: "Try again." };
      report.replaceChildren(el("div", { class: "callout callout--bad" }, icon("warning"), el("p", {}, `${error.message} ${error.hint ?? ""}`)));
      return;
    }
    showReport(report, answer);
    go.disabled = !dry || !answer.stored;
    if (!dry) toast(`${answer.stored.toLocaleString()} records are imported.`, { kind: answer.refused ? "warn" : "good" });
  });
  request.send(file);
}

/** @param {HTMLElement} box @param {any} found */
function showReport(box, found) {
  const verb = found.dry_run ? "would be stored" : "are stored";
  const words = [`${found.stored.toLocaleString()} of ${found.read.toLocaleString()} records ${verb}`];
  if (found.duplicates) words.push(`${found.duplicates.toLocaleString()} were there before`);
  if (found.refused) words.push(`${found.refused.toLocaleString()} are refused`);
  const kind = found.stopped ? "bad" : found.refused ? "warn" : "good";
  /** @type {HTMLElement[]} */
  const parts = [el("div", { class: `callout callout--${kind}` }, icon(kind === "good" ? "success" : "warning"), el("p", {}, `${words.join(", ")}. ${found.stopped}`))];
  if (found.records.length) {
    const rows = found.records.slice(0, 20).map((/** @type {any} */ row) => el("li", {}, el("span", { class: "faint numeric" }, `${row.line} `), el("strong", {}, row.type || "unreadable"), ` ${row.errors[0]?.pointer ?? ""} ${row.errors[0]?.message ?? ""}`));
    parts.push(el("ul", { class: "import-refused", role: "list" }, ...rows));
  }
  box.replaceChildren(...parts);
}
