/** Dead letters: what a stream refused and kept. Looked at by reason, sent again in bulk after a fix, mended, discarded. */
import { highlightJson } from "../app/code.js";
import { confirm } from "../app/dialogs.js";
import { el } from "../app/dom.js";
import { ApiError, fetchJson } from "../app/http.js";
import { relative } from "../app/times.js";
import { toast } from "../app/toasts.js";
import { faultWords, prettyJson } from "./record.js";

/**
 * @typedef {{pointer: string, message: string, keyword: string, schema_version: string, hint: string}} Fault
 * @typedef {{partition: number, offset: string, timestamp_ms: number, type: string, pinned: string, sender: string, key: string | null,
 *   faults: Fault[], text: string, is_json: boolean, outcome: {kind: string, placed: string, at: string, by: string} | null}} Letter
 */
const PAGE = 200;
const REASONS_SHOWN = 8;

/** @param {string} id */
const part = (id) => document.getElementById(id);
const data = JSON.parse(part("stream-data")?.textContent ?? "{}");
const body = /** @type {HTMLElement} */ (part("letters"));
const redriveButton = /** @type {HTMLButtonElement | null} */ (part("redrive"));
const discardButton = /** @type {HTMLButtonElement | null} */ (part("discard"));
const chooseAll = /** @type {HTMLInputElement | null} */ (part("choose-all"));
const typeSelect = /** @type {HTMLSelectElement} */ (part("letter-type"));
const textInput = /** @type {HTMLInputElement} */ (part("letter-text"));
const drawer = /** @type {HTMLDialogElement} */ (part("letter"));

/** @type {Letter[]} */ let letters = [];
/** @type {Set<string>} places of those chosen */ const chosen = new Set();
let next = "";
let open = 0;
let keyword = "";
let asking = 0;
/** @type {Letter | undefined} */ let shown;

/** @param {Letter} letter */
const place = (letter) => `${letter.partition}:${letter.offset}`;
const state = () => /** @type {HTMLInputElement | null} */ (document.querySelector("input[name=state]:checked"))?.value ?? "open";

for (const name of data.types) if (name) typeSelect.append(el("option", { value: name }, name));

/** @param {boolean} more whether to go on behind what is shown */
async function load(more) {
  const asked = ++asking;
  const query = new URLSearchParams({ state: state(), limit: String(PAGE), q: textInput.value.trim(), types: typeSelect.value, keyword });
  if (more) query.set("from", next);
  const answer = await fetchJson(`${data.letters}?${query}`).catch(complain);
  if (!answer || asked !== asking) return;
  if (!more) { letters = []; chosen.clear(); }
  letters.push(...answer.letters);
  next = answer.next;
  open = answer.open;
  const moreButton = /** @type {HTMLElement} */ (part("more"));
  moreButton.hidden = !answer.more;
  show();
}

/** @param {unknown} error */
function complain(error) {
  if (!(error instanceof ApiError)) throw error;
  toast(error.message, { kind: "bad", hint: error.hint });
}

function show() {
  body.replaceChildren(...letters.map(row));
  /** @type {HTMLElement} */ (part("no-letters")).hidden = letters.length > 0;
  showReasons();
  showChosen();
}

/** @param {Letter} letter */
function row(letter) {
  const fault = letter.faults[0];
  const box = el("input", { type: "checkbox", "aria-label": `Choose ${place(letter)}`, disabled: letter.outcome !== null });
  box.checked = chosen.has(place(letter));
  box.addEventListener("change", () => { if (box.checked) chosen.add(place(letter)); else chosen.delete(place(letter)); showChosen(); });
  const why = el("span");
  if (letter.outcome) why.append(el("span", { class: `badge ${letter.outcome.kind === "redriven" ? "badge--good" : ""}` }, letter.outcome.kind === "redriven" ? `Stored at ${letter.outcome.placed}` : "Discarded"), " ");
  if (fault?.pointer) why.append(el("code", {}, fault.pointer), " ");
  why.append(fault?.message ?? "", letter.faults.length > 1 ? el("span", { class: "faint" }, ` and ${letter.faults.length - 1} more`) : "");
  const moment = new Date(letter.timestamp_ms);
  const cells = [
    el("td", { "data-label": "Refused", class: "nowrap faint" }, el("time", { datetime: moment.toISOString(), title: moment.toLocaleString() }, relative(moment))),
    el("td", { "data-label": "Type" }, el("button", { class: "letters__open", type: "button", onclick: () => openLetter(letter) }, letter.type || "Unreadable")),
    el("td", { "data-label": "Key", class: "mono" }, letter.key ?? "—"),
    el("td", { "data-label": "Why", class: "letters__why" }, why),
    el("td", { "data-label": "From", class: "faint nowrap" }, letter.sender || "—"),
  ];
  return el("tr", {}, ...(data.may_append ? [el("td", { class: "letters__choose" }, box)] : []), ...cells);
}

/** The reasons among what is loaded, the most frequent first: one press shows only those. */
function showReasons() {
  /** @type {Map<string, {count: number, fault: Fault}>} */
  const reasons = new Map();
  for (const letter of letters) {
    const fault = letter.faults[0];
    if (!fault || letter.outcome) continue;
    const found = reasons.get(fault.keyword);
    if (found) found.count += 1;
    else reasons.set(fault.keyword, { count: 1, fault });
  }
  const most = [...reasons.values()].sort((one, other) => other.count - one.count).slice(0, REASONS_SHOWN);
  const list = /** @type {HTMLElement} */ (part("reasons"));
  if (most.length < 2 && !keyword) { list.replaceChildren(); return; }
  const items = most.map(({ count, fault }) => el("li", {}, el("button", { class: "letter-reason", type: "button", "aria-pressed": String(keyword === fault.keyword), onclick: () => { keyword = keyword === fault.keyword ? "" : fault.keyword; load(false); } },
    el("strong", { class: "numeric" }, count.toLocaleString()), el("span", {}, el("code", {}, fault.keyword), " ", fault.message))));
  list.replaceChildren(...items);
}

function showChosen() {
  const openShown = letters.filter((letter) => !letter.outcome);
  if (chooseAll) {
    chooseAll.checked = openShown.length > 0 && openShown.every((letter) => chosen.has(place(letter)));
    chooseAll.indeterminate = !chooseAll.checked && chosen.size > 0;
  }
  const words = redriveButton?.querySelector("span");
  const filtered = Boolean(textInput.value.trim() || typeSelect.value || keyword);
  if (words) words.textContent = chosen.size ? `Send ${chosen.size.toLocaleString()} again` : filtered ? "Send all that match again" : `Send all ${open.toLocaleString()} again`;
  if (redriveButton) redriveButton.disabled = !openShown.length;
  if (discardButton) { discardButton.disabled = !openShown.length; discardButton.textContent = chosen.size ? `Discard ${chosen.size.toLocaleString()}` : filtered ? "Discard all that match" : "Discard all"; }
}

/** What is chosen, or else all open letters that match the filter. */
function selection() {
  if (chosen.size) return { letters: [...chosen].slice(0, 1000).map((at) => ({ partition: Number(at.split(":")[0]), offset: at.split(":")[1] })) };
  return { types: typeSelect.value ? [typeSelect.value] : [], keyword, q: textInput.value.trim() };
}

/** @param {"redrives" | "discards"} deed @param {any} which @returns {Promise<void>} */
async function run(deed, which) {
  const box = /** @type {HTMLElement} */ (part("progress"));
  const words = /** @type {HTMLElement} */ (box.querySelector("span"));
  const bar = /** @type {HTMLProgressElement} */ (box.querySelector("progress"));
  const total = which.letters?.length ?? open;
  const sum = { tried: 0, stored: 0, duplicates: 0, refused: 0, discarded: 0 };
  for (const button of [redriveButton, discardButton]) if (button) button.disabled = true;
  box.hidden = false;
  try {
    let start = "";
    for (;;) {
      const answer = await fetchJson(`${data.letters}/${deed}`, { method: "POST", body: which.letters ? which : { ...which, start } });
      for (const name of /** @type {(keyof typeof sum)[]} */ (Object.keys(sum))) sum[name] += answer[name];
      bar.value = total ? Math.min(sum.tried / total, 1) : 1;
      words.textContent = `${sum.tried.toLocaleString()} of ${total.toLocaleString()}`;
      if (!answer.more) break;
      start = answer.next;
    }
    if (deed === "discards") toast(`${sum.discarded.toLocaleString()} discarded.`, { kind: "good" });
    else {
      const stored = sum.stored + sum.duplicates;
      toast(`${stored.toLocaleString()} of ${sum.tried.toLocaleString()} are in the stream now.`, { kind: sum.refused ? "warn" : "good", ...(sum.refused ? { hint: `${sum.refused.toLocaleString()} are still refused, and stay here.` } : {}) });
    }
  } catch (error) {
    complain(error);
  }
  box.hidden = true;
  await load(false);
}

async function askDiscard(/** @type {any} */ which) {
  const sure = await confirm({ title: "Discard dead letters", text: "They are no longer open. They stay readable under Done until retention takes them.", action: "Discard" });
  if (sure) await run("discards", which);
}

/** @param {Letter} letter */
function openLetter(letter) {
  shown = letter;
  const title = /** @type {HTMLElement} */ (part("letter-title"));
  title.textContent = letter.type || "Unreadable record";
  const faults = el("div", { class: "stack stack--sm" }, ...letter.faults.map(faultWords));
  const facts = el("dl", { class: "details" });
  /** @type {[string, string][]} */
  const rows = [["Refused", new Date(letter.timestamp_ms).toLocaleString()], ["Key", letter.key ?? ""], ["Sent by", letter.sender], ["Asked for version", letter.pinned], ["Checked against", letter.faults[0]?.schema_version ?? ""], ["Place", `${letter.partition}:${letter.offset}`]];
  if (letter.outcome) rows.push([letter.outcome.kind === "redriven" ? "Stored" : "Discarded", `${new Date(letter.outcome.at).toLocaleString()} by ${letter.outcome.by}${letter.outcome.placed ? `, at ${letter.outcome.placed}` : ""}`]);
  for (const [name, value] of rows) if (value) facts.append(el("dt", {}, name), el("dd", {}, value));
  const pre = el("pre", { tabindex: "0", "aria-label": "Payload" });
  pre.append(letter.is_json ? highlightJson(prettyJson(letter.text)) : letter.text);
  part("letter-body")?.replaceChildren(faults, facts, el("div", { class: "code code--wrap" }, pre));
  for (const id of ["letter-redrive", "letter-edit", "letter-discard"]) { const button = part(id); if (button) button.hidden = letter.outcome !== null; }
  if (!drawer.open) drawer.showModal();
}

const one = () => ({ letters: shown ? [{ partition: shown.partition, offset: shown.offset }] : [] });
part("letter-redrive")?.addEventListener("click", async () => { drawer.close(); await run("redrives", one()); });
part("letter-discard")?.addEventListener("click", async () => { drawer.close(); await askDiscard(one()); });
part("letter-edit")?.addEventListener("click", () => {
  if (!shown) return;
  sessionStorage.setItem("append-draft", JSON.stringify({ type: shown.type, key: shown.key, text: shown.text, letters: data.letters, letter: { partition: shown.partition, offset: shown.offset } }));
  location.href = data.page;
});
redriveButton?.addEventListener("click", () => run("redrives", selection()));
discardButton?.addEventListener("click", () => askDiscard(selection()));
chooseAll?.addEventListener("change", () => {
  for (const letter of letters) if (!letter.outcome) { if (chooseAll.checked) chosen.add(place(letter)); else chosen.delete(place(letter)); }
  show();
});
part("more")?.addEventListener("click", () => load(true));
typeSelect.addEventListener("change", () => load(false));
for (const radio of document.querySelectorAll("input[name=state]")) radio.addEventListener("change", () => load(false));
let timer = 0;
textInput.addEventListener("input", () => { clearTimeout(timer); timer = window.setTimeout(() => load(false), 200); });
load(false);
