/**
 * Paints a layout on a canvas with levels of detail.
 *
 * By scale: far away (below DOTS) nodes are dots in their kind's colour and edges hairlines in one path a kind; in the
 * middle they are papers without words; near (from WORDS) they have names, and edges have tips. What lies outside the view
 * is left out. While something is chosen the rest steps back.
 */
import { colourToken, textToken } from "@app/tokens.js";

/** @typedef {import("./layout.js").Layout} Layout */
/** @typedef {import("./layout.js").PlacedNode} PlacedNode */
/** @typedef {import("./layout.js").PlacedEdge} PlacedEdge */

const DOTS = 0.22;
const WORDS = 0.42;
const PAPERS = { event: "--note-domain-event", command: "--note-command", query: "--note-read-model" };
const INKS = { event: "--note-domain-event-ink", command: "--note-command-ink", query: "--note-read-model-ink" };

/** @returns {Record<string, string>} */
export function readTheme() {
  const names = ["--canvas", "--surface", "--raised", "--sunken", "--line", "--line-strong", "--line-control", "--ink", "--ink-2", "--ink-3", "--accent", "--fact", "--focus", ...Object.values(PAPERS), ...Object.values(INKS)];
  const found = Object.fromEntries(names.map((name) => [name, colourToken(name)]));
  found.waits = colourToken("--tie-waits");
  found.sans = textToken("--font-sans") || "sans-serif";
  found.mono = textToken("--font-mono") || "monospace";
  return found;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Layout} layout
 * @param {{x: number, y: number, scale: number}} camera
 * @param {{width: number, height: number}} view
 * @param {{theme: Record<string, string>, chosen: string | null, hovered: string | null, near: Set<string> | null, path: string[]}} state
 */
export function paint(context, layout, camera, view, state) {
  const { theme } = state;
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  context.fillStyle = theme["--canvas"] ?? "";
  context.fillRect(0, 0, view.width, view.height);
  context.translate(-camera.x * camera.scale, -camera.y * camera.scale);
  context.scale(camera.scale, camera.scale);
  const area = { left: camera.x, top: camera.y, right: camera.x + view.width / camera.scale, bottom: camera.y + view.height / camera.scale };
  for (const zone of layout.zones) if (meets(zone, area)) paintZone(context, zone, camera.scale, theme);
  paintEdges(context, layout, camera.scale, area, state);
  const near = state.near;
  for (const node of layout.nodes) {
    if (meets(node, area) && (!near || !near.has(node.id))) paintNode(context, node, camera.scale, state, near !== null || Boolean(node.outside));
  }
  if (near) for (const node of layout.nodes) if (near.has(node.id) && meets(node, area)) paintNode(context, node, camera.scale, state, false);
}

/** @param {{x: number, y: number, width: number, height: number}} box @param {{left: number, top: number, right: number, bottom: number}} area */
function meets(box, area) {
  return box.x < area.right && box.x + box.width > area.left && box.y < area.bottom && box.y + box.height > area.top;
}

/** @param {CanvasRenderingContext2D} context @param {Layout["zones"][number]} zone @param {number} scale @param {Record<string, string>} theme */
function paintZone(context, zone, scale, theme) {
  context.beginPath();
  context.roundRect(zone.x, zone.y, zone.width, zone.height, 16);
  context.fillStyle = theme["--surface"] ?? "";
  context.fill();
  context.lineWidth = 1 / scale;
  context.strokeStyle = theme["--line-strong"] ?? "";
  context.stroke();
  const size = Math.min(Math.max(18, 13 / scale), 64);
  context.font = `600 ${size}px ${theme.sans}`;
  context.fillStyle = theme["--ink"] ?? "";
  context.textBaseline = scale < DOTS ? "bottom" : "middle";
  context.fillText(cut(context, zone.name, zone.width), zone.x + (scale < DOTS ? 0 : 22), scale < DOTS ? zone.y - 4 / scale : zone.y + 27);
}

/** @param {CanvasRenderingContext2D} context @param {Layout} layout @param {number} scale @param {{left: number, top: number, right: number, bottom: number}} area @param {Parameters<typeof paint>[4]} state */
function paintEdges(context, layout, scale, area, { theme, near, path }) {
  const steps = new Set(path.slice(1).flatMap((node, index) => [`${path[index]} ${node}`, `${node} ${path[index]}`]));
  /** @type {Map<string, PlacedEdge[]>} */
  const groups = new Map();
  for (const edge of layout.edges) {
    if (!crosses(edge, area)) continue;
    const touches = near ? near.has(edge.from) && near.has(edge.to) : false;
    const manner = steps.has(`${edge.from} ${edge.to}`) || touches ? "strong" : near || layout.way === "domains" ? "faint" : "plain";
    const kind = edge.waits ? "waits" : edge.kind === "sends" || edge.kind === "takes" ? "tells" : "stream";
    const key = `${manner} ${kind}`;
    groups.set(key, [...(groups.get(key) ?? [])]);
    groups.get(key)?.push(edge);
  }
  for (const [key, edges] of [...groups].sort(([a], [b]) => order(a) - order(b))) {
    const [manner, kind] = key.split(" ");
    context.strokeStyle = (kind === "waits" ? theme.waits : kind === "tells" ? theme["--fact"] : theme["--line-control"]) ?? "";
    context.globalAlpha = manner === "faint" ? (near ? 0.07 : 0.22) : manner === "strong" ? 1 : 0.65;
    context.lineWidth = (manner === "strong" ? 2.2 : 1.3) / Math.max(scale, manner === "strong" ? 0.35 : 0.7);
    context.setLineDash(kind === "stream" ? [4, 4] : []);
    context.beginPath();
    for (const edge of edges) trace(context, edge.points);
    context.stroke();
    context.setLineDash([]);
    if (scale >= WORDS && manner !== "faint") {
      context.fillStyle = context.strokeStyle;
      context.beginPath();
      for (const edge of edges) tip(context, edge.points);
      context.fill();
    }
  }
  context.globalAlpha = 1;
}

/** @param {string} key */
function order(key) {
  return key.startsWith("faint") ? 0 : key.startsWith("plain") ? 1 : 2;
}

/** @param {CanvasRenderingContext2D} context @param {number[]} points */
function trace(context, points) {
  context.moveTo(points[0] ?? 0, points[1] ?? 0);
  const last = points.length - 2;
  for (let at = 2; at < last; at += 2) {
    const x = points[at] ?? 0;
    const y = points[at + 1] ?? 0;
    context.arcTo(x, y, points[at + 2] ?? 0, points[at + 3] ?? 0, 14);
  }
  context.lineTo(points[last] ?? 0, points[last + 1] ?? 0);
}

/** @param {CanvasRenderingContext2D} context @param {number[]} points */
function tip(context, points) {
  const [x = 0, y = 0] = points.slice(-2);
  const [fromX = 0, fromY = 0] = points.slice(-4, -2);
  const angle = Math.atan2(y - fromY, x - fromX);
  context.moveTo(x, y);
  context.lineTo(x - 9 * Math.cos(angle - 0.4), y - 9 * Math.sin(angle - 0.4));
  context.lineTo(x - 9 * Math.cos(angle + 0.4), y - 9 * Math.sin(angle + 0.4));
  context.closePath();
}

/** @param {PlacedEdge} edge @param {{left: number, top: number, right: number, bottom: number}} area */
function crosses({ a, b }, area) {
  return Math.min(a.x, b.x) < area.right && Math.max(a.x + a.width, b.x + b.width) > area.left && Math.min(a.y, b.y) < area.bottom && Math.max(a.y + a.height, b.y + b.height) > area.top;
}

/** @param {CanvasRenderingContext2D} context @param {PlacedNode} node @param {number} scale @param {Parameters<typeof paint>[4]} state @param {boolean} aside */
function paintNode(context, node, scale, { theme, chosen, hovered }, aside) {
  const paper = theme[PAPERS[/** @type {keyof typeof PAPERS} */ (node.kind)] ?? ""] ?? theme["--raised"] ?? "";
  const isMessage = node.kind in PAPERS;
  context.globalAlpha = aside ? 0.28 : 1;
  context.fillStyle = paper;
  if (scale < DOTS) {
    context.fillStyle = isMessage ? paper : theme["--ink-2"] ?? "";
    context.fillRect(node.x, node.y, node.width, node.height);
  } else {
    context.beginPath();
    context.roundRect(node.x, node.y, node.width, node.height, isMessage ? 3 : node.kind === "stream" ? 6 : node.height / 2);
    context.fill();
    context.lineWidth = (node.id === chosen ? 2.5 : 1.2) / Math.max(0.6, Math.min(1, scale));
    context.strokeStyle = (node.id === chosen ? theme["--focus"] : node.id === hovered ? theme["--ink"] : isMessage ? "rgb(40 25 5 / 0.2)" : theme["--line-control"]) ?? "";
    if (node.kind === "stream") context.setLineDash([5, 3]);
    context.stroke();
    context.setLineDash([]);
  }
  if (node.id === chosen && scale < DOTS) ring(context, node, scale, theme);
  if (scale >= WORDS) paintName(context, node, theme, isMessage);
  else if (node.kind === "service" && scale >= DOTS && !aside) paintAfar(context, node, scale, theme);
  context.globalAlpha = 1;
}

/** @param {CanvasRenderingContext2D} context @param {PlacedNode} node @param {number} scale @param {Record<string, string>} theme */
function ring(context, node, scale, theme) {
  context.lineWidth = 3 / scale;
  context.strokeStyle = theme["--focus"] ?? "";
  context.strokeRect(node.x - 4 / scale, node.y - 4 / scale, node.width + 8 / scale, node.height + 8 / scale);
}

/** A service's name at a size that can be read from afar, below it. @param {CanvasRenderingContext2D} context @param {PlacedNode} node @param {number} scale @param {Record<string, string>} theme */
function paintAfar(context, node, scale, theme) {
  context.font = `600 ${10.5 / scale}px ${theme.sans}`;
  context.textAlign = "center";
  context.textBaseline = "top";
  context.lineWidth = 3 / scale;
  context.strokeStyle = theme["--canvas"] ?? "";
  context.strokeText(node.name, node.x + node.width / 2, node.y + node.height + 3 / scale);
  context.fillStyle = theme["--ink"] ?? "";
  context.fillText(node.name, node.x + node.width / 2, node.y + node.height + 3 / scale);
  context.textAlign = "start";
}

/** @param {CanvasRenderingContext2D} context @param {PlacedNode} node @param {Record<string, string>} theme @param {boolean} isMessage */
function paintName(context, node, theme, isMessage) {
  context.font = isMessage ? `500 11.5px ${theme.mono}` : `600 12.5px ${theme.sans}`;
  context.fillStyle = (isMessage ? theme[INKS[/** @type {keyof typeof INKS} */ (node.kind)]] : theme["--ink"]) ?? "";
  context.textBaseline = "middle";
  context.textAlign = "center";
  const middle = node.y + node.height / 2 + 0.5;
  if (node.count !== undefined) {
    context.fillText(node.name, node.x + node.width / 2, middle - 8, node.width - 12);
    context.font = `11px ${theme.sans}`;
    context.fillText(`${node.count} messages`, node.x + node.width / 2, middle + 10, node.width - 12);
  } else context.fillText(cut(context, node.name, node.width - 14), node.x + node.width / 2, middle);
  if (node.state === "deprecated") {
    const width = Math.min(context.measureText(node.name).width, node.width - 14);
    context.fillRect(node.x + node.width / 2 - width / 2, middle, width, 1);
  }
  context.textAlign = "start";
}

/** @param {CanvasRenderingContext2D} context @param {string} text @param {number} width */
function cut(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let kept = text;
  while (kept.length > 1 && context.measureText(`${kept}…`).width > width) kept = kept.slice(0, -1);
  return `${kept}…`;
}
