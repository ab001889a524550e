/**
 * The graph page: what is asked for lives in the address (domain, kinds, focus, hops, to, and v: where one looks), the
 * graph comes from the map's API, elkjs lays it out in a worker, a canvas shows it, and a list beside it says the same.
 */
import { el, icon } from "@app/dom.js";
import { ApiError, fetchJson } from "@app/http.js";
import { toast } from "@app/toasts.js";
import { Camera } from "./camera.js";
import { paint, readTheme } from "./drawing.js";
import { layOut } from "./layout.js";
import { toSvg } from "./svg.js";

/** @typedef {import("./layout.js").Layout} Layout */
/** @typedef {import("./layout.js").PlacedNode} PlacedNode */

const KIND_WORDS = /** @type {Record<string, string>} */ ({ service: "Services", event: "Events", command: "Commands", query: "Queries", stream: "Streams", zone: "Domains" });
const USUAL = ["service", "event", "command", "query"]; // streams on demand: every type leads to one
const LIST_MAX = 400;
const DRAG_PIXELS = 4;
const page = /** @type {HTMLElement} */ (document.querySelector("[data-graph]"));
const canvas = /** @type {HTMLCanvasElement} */ (page.querySelector("canvas"));
const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
const status = part("status");
const card = part("card");
const list = part("list");
const finder = /** @type {HTMLInputElement} */ (part("finder"));
const form = /** @type {HTMLFormElement} */ (part("filters"));
const names = /** @type {Record<string, string>} */ (JSON.parse(document.getElementById("zone-names")?.textContent ?? "{}"));

/** @type {Layout | null} */
let layout = null;
/** @type {Record<string, any> | null} */
let answer = null;
let theme = readTheme();
/** @type {string | null} */
let chosen = null;
/** @type {string | null} */
let hovered = null;
/** @type {Set<string> | null} */
let near = null;
let pathFrom = "";
let frame = 0;
let generation = 0;
/** @type {number | undefined} */
let addressTimer;
const view = { width: 0, height: 0 };
const camera = new Camera(() => { schedule(); clearTimeout(addressTimer); addressTimer = window.setTimeout(keepView, 300); });
const figures = { layoutMs: 0, frames: /** @type {number[]} */ ([]), nodes: 0, edges: 0 };
Object.assign(window, { factstormGraph: { figures, camera, redraw: draw, state: () => ({ chosen, layout, answer }), layOut } });

/** @param {string} name @returns {HTMLElement} */
function part(name) {
  return /** @type {HTMLElement} */ (page.querySelector(`[data-${name}]`));
}

/** @returns {URLSearchParams} */
function wanted() {
  return new URLSearchParams(location.search);
}

/** @param {Record<string, string>} changes an empty text takes a word away @param {{push?: boolean}} [how] */
function ask(changes, { push = true } = {}) {
  const query = wanted();
  for (const [name, value] of Object.entries(changes)) value ? query.set(name, value) : query.delete(name);
  query.delete("v");
  const text = query.toString().replaceAll("%3A", ":").replaceAll("%2C", ",").replaceAll("%7E", "~");
  history[push ? "pushState" : "replaceState"](null, "", text ? `?${text}` : location.pathname);
  load();
}

function keepView() {
  if (!layout) return;
  const query = wanted();
  query.set("v", camera.toText());
  history.replaceState(null, "", `?${query.toString().replaceAll("%3A", ":").replaceAll("%2C", ",").replaceAll("%7E", "~")}`);
}

async function load() {
  const mine = ++generation;
  const query = wanted();
  showFilters(query);
  say("Laying out…", true);
  try {
    const asked = new URLSearchParams([...query].filter(([name]) => name !== "v"));
    if (!asked.get("kinds") && !asked.get("to")) asked.set("kinds", USUAL.join(","));
    const found = await fetchJson(`${page.dataset.map}?${asked}`);
    if (mine !== generation) return;
    const laid = await layOut(found, { worker: page.dataset.worker ?? "", zoneName: (zone) => names[zone] ?? (zone || "In no domain") });
    if (mine !== generation) return;
    [answer, layout] = [found, laid];
    Object.assign(figures, { layoutMs: laid.milliseconds, nodes: laid.nodes.length, edges: laid.edges.length });
    const focus = query.get("focus");
    choose(focus && laid.nodes.some((node) => node.id === focus) ? focus : null, { quiet: true });
    if (!camera.fromText(query.get("v") ?? "")) camera.fit(laid.width, laid.height, view);
    showList();
    tell();
  } catch (error) {
    if (mine !== generation) return;
    say(error instanceof ApiError ? `${error.message} ${error.hint}` : "The graph could not be laid out.", false, true);
  }
}

function tell() {
  if (!layout || !answer) return;
  const missing = /** @type {string[]} */ (answer.missing);
  if (missing.length) say(`There is no ${missing.map((id) => id.slice(2)).join(" and no ")} here any more.`, false, true);
  else if (!layout.nodes.length) say("Nothing matches. Take a filter away.", false);
  else if (wanted().get("to") && !answer.path.length) say("No way leads from one to the other.", false, true);
  else if (answer.level === "zones") say(`${answer.total.toLocaleString("en")} things are too many to draw at once: these are the domains. Open one.`, false);
  else if (answer.path.length) say(`${answer.path.length - 1} steps between the two.`, false);
  else say(`${layout.nodes.length.toLocaleString("en")} of ${answer.total.toLocaleString("en")} shown`, false);
}

/** @param {string} words @param {boolean} busy @param {boolean} [bad] */
function say(words, busy, bad = false) {
  status.replaceChildren(...(busy ? [el("span", { class: "spinner", "aria-hidden": "true" })] : []), words);
  status.classList.toggle("is-bad", bad);
  canvas.setAttribute("aria-busy", String(busy));
}

/** @param {URLSearchParams} query */
function showFilters(query) {
  /** @type {HTMLSelectElement} */ (form.elements.namedItem("domain")).value = query.get("domain") ?? "";
  const kinds = query.get("kinds")?.split(",") ?? USUAL;
  for (const box of form.querySelectorAll("input[name=kinds]")) if (box instanceof HTMLInputElement) box.checked = kinds.includes(box.value);
  const focus = part("focus-bar");
  focus.hidden = !query.get("focus");
  if (!query.get("focus")) return;
  const to = query.get("to");
  part("focus-name").textContent = `${query.get("focus")?.slice(2)}${to ? ` to ${to.slice(2)}` : ""}`;
  part("hops").hidden = Boolean(to);
  for (const button of part("hops").querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.value === (query.get("hops") ?? "1")));
}

// Choosing ----------------------------------------------------------------------------------------------------------

/** @param {string | null} id @param {{quiet?: boolean, centre?: boolean}} [how] */
function choose(id, { quiet = false, centre = false } = {}) {
  chosen = id;
  near = null;
  const node = layout?.nodes.find((each) => each.id === id);
  if (id && layout && node) {
    near = new Set([id]);
    for (const edge of layout.edges) {
      if (edge.from === id) near.add(edge.to);
      if (edge.to === id) near.add(edge.from);
    }
    if (centre) camera.centre(node.x + node.width / 2, node.y + node.height / 2, view, Math.max(camera.scale, 0.7));
  }
  if (answer?.path?.length) near = new Set(answer.path);
  showCard(node ?? null);
  for (const button of list.querySelectorAll("button[data-id]")) button.setAttribute("aria-pressed", String(button instanceof HTMLElement && button.dataset.id === id));
  if (node && !quiet) canvas.setAttribute("aria-label", `Graph. Chosen: ${node.kind} ${node.name}, ${(near?.size ?? 1) - 1} neighbours.`);
  schedule();
}

/** @param {PlacedNode | null} node */
function showCard(node) {
  card.hidden = !node;
  if (!node || !layout) return;
  const address = addressOf(node);
  const both = layout.edges.reduce((sum, edge) => [sum[0] + Number(edge.to === node.id), sum[1] + Number(edge.from === node.id)], [0, 0]);
  const actions = el("div", { class: "cluster cluster--sm" });
  if (node.kind === "zone") actions.append(el("button", { class: "button button--sm button--primary", type: "button", onclick: () => ask({ domain: node.zone }) }, "Open domain"));
  else {
    actions.append(
      el("button", { class: "button button--sm", type: "button", onclick: () => ask({ focus: node.id, to: "", hops: "" }) }, icon("search"), "Focus"),
      pathFrom && pathFrom !== node.id
        ? el("button", { class: "button button--sm", type: "button", onclick: () => { const from = pathFrom; pathFrom = ""; ask({ focus: from, to: node.id, domain: "", kinds: "" }); } }, icon("connector"), `Path from ${pathFrom.slice(2)}`)
        : el("button", { class: "button button--sm", type: "button", onclick: () => { pathFrom = node.id; toast("Now choose where the path should end.", { kind: "info" }); } }, icon("connector"), "Path from here"),
    );
  }
  if (address) actions.append(el("a", { class: "button button--sm", href: address }, icon("external"), "Open"));
  if (node.kind in { event: 1, command: 1, query: 1 }) actions.append(el("a", { class: "button button--sm", href: `${address}flow/` }, icon("arrow-right"), "Flow"));
  card.replaceChildren(
    el("button", { class: "button button--quiet button--icon button--sm graph-card__close", type: "button", "aria-label": "Close", onclick: () => choose(null) }, icon("close")),
    el("p", { class: `kind kind--${node.kind}` }, node.kind),
    el("h2", { class: node.kind === "service" ? "" : "mono" }, node.name),
    el("p", { class: "muted small" }, `${[node.zone && (names[node.zone] ?? node.zone), node.owner && `owned by ${node.owner}`].filter(Boolean).join(" · ") || "in no domain"}. ${both[0]} in, ${both[1]} out.`),
    actions,
  );
}

/** @param {PlacedNode} node @returns {string} */
function addressOf(node) {
  const root = page.dataset.root ?? "";
  if (node.kind === "service") return `${root}services/${node.id.slice(2)}/`;
  if (node.kind === "stream") return (page.dataset.streams ?? "") + `${node.name}/`;
  return node.kind === "zone" ? "" : `${root}types/${node.name}/`;
}

/** The same graph as a list: by kind, each with what it leads to, for those who don't see the canvas. */
function showList() {
  if (!layout) return;
  /** @type {Map<string, PlacedNode[]>} */
  const kinds = new Map();
  for (const node of layout.nodes) kinds.set(node.kind, [...(kinds.get(node.kind) ?? []), node]);
  /** @type {Map<string, string[]>} */
  const onward = new Map();
  for (const edge of layout.edges) onward.set(edge.from, [...(onward.get(edge.from) ?? []), edge.b.name]);
  const groups = [...kinds].map(([kind, nodes]) => {
    const rows = nodes.sort((a, b) => a.name.localeCompare(b.name)).slice(0, LIST_MAX).map((node) => {
      const to = onward.get(node.id) ?? [];
      return el("li", {}, el("button", { type: "button", class: "graph-list__row", "data-id": node.id, "aria-pressed": String(node.id === chosen), onclick: () => choose(node.id, { centre: true }) },
        el("span", { class: `kind kind--${kind}` }, el("span", { class: "graph-list__name" }, node.name)), el("span", { class: "graph-list__to" }, to.length ? `→ ${to.slice(0, 4).join(", ")}${to.length > 4 ? ` and ${to.length - 4} more` : ""}` : "")));
    });
    if (nodes.length > LIST_MAX) rows.push(el("li", { class: "faint small" }, `and ${nodes.length - LIST_MAX} more: narrow it down`));
    return el("section", { "aria-label": KIND_WORDS[kind] ?? kind }, el("h3", {}, KIND_WORDS[kind] ?? kind, el("span", { class: "faint numeric" }, ` ${nodes.length}`)), el("ul", {}, ...rows));
  });
  list.replaceChildren(...groups);
  const options = page.querySelector("datalist");
  options?.replaceChildren(...layout.nodes.slice(0, 3000).map((node) => el("option", { value: node.name })));
}

// Drawing -----------------------------------------------------------------------------------------------------------

function schedule() {
  frame ||= requestAnimationFrame(draw);
}

function draw() {
  frame = 0;
  if (!layout) return;
  const started = performance.now();
  paint(context, layout, camera, view, { theme, chosen, hovered, near, path: answer?.path ?? [] });
  figures.frames.push(performance.now() - started);
  if (figures.frames.length > 600) figures.frames.splice(0, 300);
}

function resize() {
  const box = canvas.parentElement?.getBoundingClientRect();
  if (!box) return;
  view.width = box.width;
  view.height = box.height;
  canvas.width = Math.round(box.width * devicePixelRatio);
  canvas.height = Math.round(box.height * devicePixelRatio);
  draw();
}

/** @param {number} px @param {number} py @returns {PlacedNode | null} the topmost there */
function nodeAt(px, py) {
  if (!layout) return null;
  const [x, y] = camera.toWorld(px, py);
  const slack = 4 / camera.scale;
  for (let at = layout.nodes.length - 1; at >= 0; at -= 1) {
    const node = /** @type {PlacedNode} */ (layout.nodes[at]);
    if (x >= node.x - slack && x <= node.x + node.width + slack && y >= node.y - slack && y <= node.y + node.height + slack) return node;
  }
  return null;
}

// Hands -------------------------------------------------------------------------------------------------------------

/** @type {Map<number, {x: number, y: number}>} */
const pointers = new Map();
let moved = 0;

/** @param {PointerEvent | WheelEvent | MouseEvent} event @returns {{x: number, y: number}} */
function here(event) {
  const box = canvas.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}

canvas.addEventListener("pointerdown", (event) => {
  canvas.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, here(event));
  moved = 0;
});
canvas.addEventListener("pointermove", (event) => {
  const at = here(event);
  const before = pointers.get(event.pointerId);
  if (!before) {
    const found = nodeAt(at.x, at.y)?.id ?? null;
    if (found !== hovered) { hovered = found; canvas.classList.toggle("is-over", found !== null); schedule(); }
    return;
  }
  const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
  pointers.set(event.pointerId, at);
  moved += Math.abs(at.x - before.x) + Math.abs(at.y - before.y);
  if (other) {
    const apart = (/** @type {{x: number, y: number}} */ p) => Math.hypot(p.x - other.x, p.y - other.y) || 1;
    camera.zoom(apart(at) / apart(before), (at.x + other.x) / 2, (at.y + other.y) / 2);
    camera.pan((at.x - before.x) / 2, (at.y - before.y) / 2);
  } else if (moved > DRAG_PIXELS) camera.pan(at.x - before.x, at.y - before.y);
});
for (const name of /** @type {const} */ (["pointerup", "pointercancel"])) {
  canvas.addEventListener(name, (event) => {
    const was = pointers.get(event.pointerId);
    pointers.delete(event.pointerId);
    if (name === "pointerup" && was && moved <= DRAG_PIXELS) choose(nodeAt(was.x, was.y)?.id ?? null);
  });
}
canvas.addEventListener("dblclick", (event) => {
  const node = nodeAt(here(event).x, here(event).y);
  if (node) node.kind === "zone" ? ask({ domain: node.zone }) : ask({ focus: node.id, to: "", hops: "" });
});
canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  const at = here(event);
  if (event.ctrlKey || event.deltaMode !== 0 || Math.abs(event.deltaY) > 40) camera.zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0016)), at.x, at.y);
  else camera.pan(-event.deltaX, -event.deltaY);
}, { passive: false });
canvas.addEventListener("keydown", (event) => {
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (way && (event.shiftKey || !chosen)) camera.pan(-(way[0] ?? 0) * 60, -(way[1] ?? 0) * 60);
  else if (way) step(way[0] ?? 0, way[1] ?? 0);
  else if (event.key === "+" || event.key === "=") camera.zoom(1.25, view.width / 2, view.height / 2);
  else if (event.key === "-") camera.zoom(0.8, view.width / 2, view.height / 2);
  else if (event.key === "0") fit();
  else if (event.key === "Escape") chosen ? choose(null) : ask({ focus: "", to: "", hops: "" });
  else if (event.key === "Enter" && chosen) { const node = layout?.nodes.find((each) => each.id === chosen); if (node) node.kind === "zone" ? ask({ domain: node.zone }) : ask({ focus: chosen, to: "", hops: "" }); }
  else if (event.key === "Home" && layout?.nodes[0]) choose(layout.nodes[0].id, { centre: true });
  else return;
  event.preventDefault();
});

/** To the nearest node that way. @param {number} dx @param {number} dy */
function step(dx, dy) {
  const from = layout?.nodes.find((node) => node.id === chosen);
  if (!from || !layout) return;
  let best = null;
  let least = Infinity;
  for (const node of layout.nodes) {
    const x = node.x + node.width / 2 - from.x - from.width / 2;
    const y = node.y + node.height / 2 - from.y - from.height / 2;
    const along = x * dx + y * dy;
    const across = Math.abs(x * dy) + Math.abs(y * dx);
    if (along > 1 && along + 2.5 * across < least) { least = along + 2.5 * across; best = node; }
  }
  if (best) choose(best.id, { centre: true });
}

function fit() {
  if (layout) camera.fit(layout.width, layout.height, view);
}

part("zoom-in").addEventListener("click", () => camera.zoom(1.3, view.width / 2, view.height / 2));
part("zoom-out").addEventListener("click", () => camera.zoom(1 / 1.3, view.width / 2, view.height / 2));
part("fit").addEventListener("click", fit);
part("unfocus").addEventListener("click", () => ask({ focus: "", to: "", hops: "" }));
part("hops").addEventListener("click", (event) => { if (event.target instanceof HTMLButtonElement) ask({ hops: event.target.value }, { push: false }); });
part("export").addEventListener("click", () => {
  if (!layout) return;
  const link = el("a", { href: URL.createObjectURL(new Blob([toSvg(layout, theme, document.title)], { type: "image/svg+xml" })), download: "graph.svg" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
});
part("share").addEventListener("click", async () => {
  keepView();
  await navigator.clipboard.writeText(location.href).then(() => toast("The address of this view is copied.", { kind: "good" }), () => toast(location.href, { kind: "info" }));
});
part("list-toggle").addEventListener("click", () => {
  const open = page.classList.toggle("has-list");
  part("list-toggle").setAttribute("aria-pressed", String(open));
  resize();
});
form.addEventListener("change", (event) => {
  if (event.target === finder) return;
  const boxes = [...form.querySelectorAll("input[name=kinds]")].filter((box) => box instanceof HTMLInputElement);
  const kinds = boxes.filter((box) => /** @type {HTMLInputElement} */ (box).checked).map((box) => /** @type {HTMLInputElement} */ (box).value);
  ask({ domain: /** @type {HTMLSelectElement} */ (form.elements.namedItem("domain")).value, kinds: kinds.join() === USUAL.join() ? "" : kinds.join(",") || "none" });
});
form.addEventListener("submit", (event) => event.preventDefault());
finder.addEventListener("input", () => {
  const text = finder.value.trim().toLowerCase();
  const nodes = layout?.nodes ?? [];
  const found = text && (nodes.find((node) => node.name.toLowerCase() === text) ?? nodes.find((node) => node.name.toLowerCase().startsWith(text)) ?? nodes.find((node) => node.name.toLowerCase().includes(text)));
  if (found) choose(found.id, { centre: true });
});
window.addEventListener("popstate", load);
document.addEventListener("themechange", () => { theme = readTheme(); schedule(); });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { theme = readTheme(); schedule(); });
new ResizeObserver(resize).observe(/** @type {HTMLElement} */ (canvas.parentElement));
resize();
load();
