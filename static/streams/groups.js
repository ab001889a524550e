/** Consumer groups of a stream: members, lag with its trend, and resets that show first what they would do. */
import { confirm } from "../app/dialogs.js";
import { el, icon } from "../app/dom.js";
import { ApiError, fetchJson } from "../app/http.js";
import { relative } from "../app/times.js";
import { toast } from "../app/toasts.js";
import { duration } from "./words.js";

/**
 * @typedef {{member: string, client: string, actor: string, joined_at: string, expires_at: string, partitions: number[]}} Member
 * @typedef {{partition: number, owner: string | null, committed_offset: string, next_offset: string, lag_records: number, lag_seconds: number,
 *   committed_at: string | null, committed_by: string}} Part
 * @typedef {{name: string, generation: number, members: Member[], partitions: Part[], committed_position: string, lag_records: number,
 *   lag_seconds: number, trend: [number, number, number][]}} Group
 */
const EVERY_MS = 2000;
const TREND_WIDTH = 160;
const TREND_HEIGHT = 36;
const TREND_SECONDS = 3600;

/** @param {string} id */
const part = (id) => document.getElementById(id);
const data = JSON.parse(part("stream-data")?.textContent ?? "{}");
const box = /** @type {HTMLElement} */ (part("groups"));
/** What this page has seen itself, finer than the samples of the server. @type {Map<string, [number, number, number][]>} */
const seen = new Map();
/** @type {Set<string>} names of the groups whose partitions are shown */ const opened = new Set();
/** @type {Group | undefined} */ let resetting;
let lastText = "";

async function refresh() {
  if (document.hidden && lastText) return;
  const answer = await fetchJson(data.groups).catch((error) => { if (!(error instanceof ApiError)) throw error; return null; });
  if (!answer) return;
  box.removeAttribute("aria-busy");
  const now = Date.now() / 1000;
  for (const group of answer.groups) {
    const own = seen.get(group.name) ?? [];
    own.push([now, group.lag_records, group.lag_seconds]);
    seen.set(group.name, own.slice(-TREND_SECONDS * 1000 / EVERY_MS));
  }
  /** @type {HTMLElement} */ (part("no-groups")).hidden = answer.groups.length > 0;
  const text = JSON.stringify(answer.groups);
  if (text === lastText && !answer.groups.some((/** @type {Group} */ each) => each.lag_records)) return;
  lastText = text;
  const focused = document.activeElement?.getAttribute("data-key");
  box.replaceChildren(...answer.groups.map(card));
  if (focused) /** @type {HTMLElement | null} */ (box.querySelector(`[data-key="${CSS.escape(focused)}"]`))?.focus();
}

/** @param {Group} group */
function card(group) {
  const behind = group.lag_records > 0;
  const state = !group.members.length ? ["badge", "Nobody is reading"] : behind ? ["badge badge--warn", "Behind"] : ["badge badge--good", "Caught up"];
  const actions = el("div", { class: "cluster cluster--end" });
  if (data.may_manage) {
    actions.append(
      el("button", { class: "button button--sm", type: "button", "data-key": `reset ${group.name}`, onclick: () => askReset(group) }, icon("history"), "Reset"),
      el("button", { class: "button button--sm button--quiet button--icon", type: "button", "data-key": `delete ${group.name}`, "aria-label": `Delete the group ${group.name}`, "data-tooltip": "Delete", onclick: () => askDelete(group) }, icon("trash")),
    );
  }
  const head = el("div", { class: "card__head group__head" }, el("h2", { class: "mono" }, group.name), el("span", { class: state[0] ?? "" }, state[1] ?? ""), actions);
  const facts = el("dl", { class: "stream-facts group__facts" },
    fact("Behind by", `${group.lag_records.toLocaleString()} ${group.lag_records === 1 ? "record" : "records"}`),
    fact("Oldest waits for", behind ? duration(group.lag_seconds) : "—"),
    fact("Members", group.members.length.toLocaleString()),
    fact("Generation", group.generation.toLocaleString()));
  const top = el("div", { class: "group__top" }, facts, trend(group));
  const body = el("div", { class: "card__body stack" }, top, members(group), partitions(group));
  return el("article", { class: "card group" }, head, body);
}

/** @param {string} name @param {string} value */
function fact(name, value) {
  return el("div", {}, el("dt", {}, name), el("dd", { class: "numeric" }, value));
}

/** The lag of the last hour: samples of the server, then what this page has seen. @param {Group} group */
function trend(group) {
  const own = seen.get(group.name) ?? [];
  const first = own[0]?.[0] ?? Infinity;
  const points = [...group.trend.filter(([at]) => at < first), ...own];
  const figure = el("figure", { class: "group__trend" });
  const from = points[0]?.[0] ?? 0;
  const to = Math.max(points.at(-1)?.[0] ?? 1, from + 60);
  const most = Math.max(1, ...points.map(([, records]) => records));
  const place = (/** @type {[number, number, number]} */ [at, records]) => `${(((at - from) / (to - from)) * TREND_WIDTH).toFixed(1)},${(TREND_HEIGHT - 1 - (TREND_HEIGHT - 2) * (records / most)).toFixed(1)}`;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `0 0 ${TREND_WIDTH} ${TREND_HEIGHT}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
  line.setAttribute("points", points.map(place).join(" "));
  svg.append(line);
  const before = points.find(([at]) => at >= to - 60)?.[1] ?? group.lag_records;
  const change = group.lag_records - before;
  const words = !points.length || change === 0 ? "steady over the last minute" : change < 0 ? `${(-change).toLocaleString()} fewer than a minute ago` : `${change.toLocaleString()} more than a minute ago`;
  figure.append(svg, el("figcaption", { class: change > 0 ? "group__worse" : "faint" }, words));
  return figure;
}

/** @param {Group} group */
function members(group) {
  if (!group.members.length) return el("p", { class: "muted" }, "No member is here. What comes waits until somebody joins.");
  const rows = group.members.map((member) => el("li", { class: "group__member" },
    el("span", { class: "group__who" }, el("strong", {}, member.client || member.member), el("span", { class: "faint" }, ` ${member.actor}, joined ${relative(new Date(member.joined_at))}`)),
    el("span", { class: "group__owned" }, ...(member.partitions.length ? member.partitions.slice(0, 32).map((number) => el("span", { class: "group__partition", "data-tooltip": `Partition ${number}` }, String(number))) : [el("span", { class: "faint" }, "spare: there are more members than partitions")]))));
  return el("ul", { class: "group__members", role: "list" }, ...rows);
}

/** @param {Group} group */
function partitions(group) {
  const details = el("details", { class: "disclosure", open: opened.has(group.name) }, el("summary", { "data-key": `partitions ${group.name}` }, "Partitions"));
  details.addEventListener("toggle", () => { if (details.open) opened.add(group.name); else opened.delete(group.name); });
  const names = new Map(group.members.map((member) => [member.member, member.client || member.member]));
  const rows = group.partitions.map((each) => el("tr", {},
    el("td", { "data-label": "Partition", class: "numeric" }, String(each.partition)),
    el("td", { "data-label": "Read by" }, each.owner ? names.get(each.owner) ?? each.owner : "—"),
    el("td", { "data-label": "Done up to", class: "table__number mono" }, each.committed_offset),
    el("td", { "data-label": "End", class: "table__number mono" }, each.next_offset),
    el("td", { "data-label": "Behind", class: "table__number" }, each.lag_records.toLocaleString()),
    el("td", { "data-label": "Waits for", class: "table__number" }, each.lag_records ? duration(each.lag_seconds) : "—"),
    el("td", { "data-label": "Last commit", class: "faint" }, each.committed_at ? `${relative(new Date(each.committed_at))} by ${each.committed_by}` : "never")));
  const heads = ["Partition", "Read by", "Done up to", "End", "Behind", "Waits for", "Last commit"].map((words, at) => el("th", { scope: "col", class: at > 1 && at < 6 ? "table__number" : "" }, words));
  details.append(el("div", { class: "table-wrap" }, el("table", { class: "table table--dense table--collapse" }, el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...rows))));
  return details;
}

// Resetting and deleting ----------------------------------------------------------------------------------------------

const resetTo = /** @type {HTMLSelectElement} */ (part("reset-to"));
const resetTime = /** @type {HTMLInputElement} */ (part("reset-time"));
const resetPlace = /** @type {HTMLInputElement} */ (part("reset-place"));
const resetGo = /** @type {HTMLButtonElement} */ (part("reset-go"));
const preview = /** @type {HTMLElement} */ (part("reset-preview"));
let asked = 0;

/** @param {Group} group */
function askReset(group) {
  resetting = group;
  /** @type {HTMLElement} */ (part("reset-title")).textContent = `Reset ${group.name}`;
  resetTo.value = "earliest";
  showFields();
  /** @type {HTMLDialogElement} */ (part("reset")).showModal();
  previewReset();
}

function showFields() {
  /** @type {HTMLElement} */ (part("reset-time-field")).hidden = resetTo.value !== "time";
  /** @type {HTMLElement} */ (part("reset-place-field")).hidden = resetTo.value !== "place";
}

/** @returns {string} where to, or "" while it is not said */
function target() {
  if (resetTo.value === "time") return resetTime.value ? `time:${new Date(resetTime.value).toISOString()}` : "";
  if (resetTo.value !== "place") return resetTo.value;
  const place = resetPlace.value.trim();
  return /^\d+:\d+$/.test(place) ? `offset:${place}` : place;
}

/** What the reset would do, asked of the server before it may be done. */
async function previewReset() {
  const mine = ++asked;
  resetGo.disabled = true;
  const to = target();
  if (!resetting || !to) { preview.replaceChildren(); return; }
  try {
    const answer = await fetchJson(`${data.groups}/${encodeURIComponent(resetting.name)}/resets`, { method: "POST", body: { to, dry_run: true } });
    if (mine !== asked) return;
    let again = 0n;
    let leftOut = 0n;
    for (const move of answer.moves) {
      const step = BigInt(move.after) - BigInt(move.before);
      if (step < 0n) again -= step;
      else leftOut += step;
    }
    const words = [];
    if (again) words.push(`${again.toLocaleString()} records are delivered again`);
    if (leftOut) words.push(`${leftOut.toLocaleString()} records are left out`);
    preview.replaceChildren(el("div", { class: `callout ${leftOut ? "callout--warn" : "callout--info"}` }, icon(leftOut ? "warning" : "info"), el("p", {}, words.length ? `${words.join(", ")}.` : "Nothing moves: the group is there already.")));
    resetGo.disabled = !words.length;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (mine === asked) preview.replaceChildren(el("div", { class: "callout callout--bad" }, icon("warning"), el("p", {}, `${error.message} ${error.hint}`)));
  }
}

if (data.may_manage) {
  resetTo.addEventListener("change", () => { showFields(); previewReset(); });
  for (const input of [resetTime, resetPlace]) input.addEventListener("input", previewReset);
  part("reset-form")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!resetting || resetGo.disabled) return;
    try {
      await fetchJson(`${data.groups}/${encodeURIComponent(resetting.name)}/resets`, { method: "POST", body: { to: target() } });
      /** @type {HTMLDialogElement} */ (part("reset")).close();
      toast(`${resetting.name} goes on from there.`, { kind: "good" });
      await refresh();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      toast(error.message, { kind: "bad", hint: error.hint });
    }
  });
}

/** @param {Group} group */
async function askDelete(group) {
  const sure = await confirm({ title: `Delete ${group.name}`, text: "What it has committed is forgotten, and its members are put out. The stream and its records stay.", action: "Delete group", typedName: group.name });
  if (!sure) return;
  try {
    await fetchJson(`${data.groups}/${encodeURIComponent(group.name)}?confirm=${encodeURIComponent(group.name)}`, { method: "DELETE" });
    toast(`${group.name} is deleted.`, { kind: "good" });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    toast(error.message, { kind: "bad", hint: error.hint });
  }
  await refresh();
}

refresh();
setInterval(refresh, EVERY_MS);
