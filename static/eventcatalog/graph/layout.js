/**
 * Where nodes go, worked out by elkjs in a web worker of its own.
 *
 * Two ways. Up to LAYERED_MAX nodes: in layers from left to right, as messages go, edges bent around nodes. Above that the
 * layers would be taller than anybody scrolls and take tens of seconds, so domains become boxes packed beside each other
 * with their nodes inside, edges straight. Sizes come from the names: the same graph is always laid out alike.
 */
import ELK from "elkjs";

/** @typedef {{id: string, kind: string, name: string, zone: string, owner?: string, state?: string, outside?: boolean, count?: number}} GraphNode */
/** @typedef {{from: string, to: string, kind: string, waits?: boolean, count?: number}} GraphEdge */
/** @typedef {{x: number, y: number, width: number, height: number}} Box */
/** @typedef {Box & GraphNode} PlacedNode */
/** @typedef {GraphEdge & {points: number[], a: PlacedNode, b: PlacedNode}} PlacedEdge */
/** @typedef {{nodes: PlacedNode[], edges: PlacedEdge[], zones: (Box & {id: string, name: string})[], width: number, height: number, milliseconds: number, way: "layers" | "domains"}} Layout */

export const LAYERED_MAX = 90;
const HEIGHT = 30;
const CHARACTER = { service: 7.4, stream: 7.2, zone: 8.4, event: 6.9, command: 6.9, query: 6.9 };
const LAYERS = {
  "elk.algorithm": "layered", "elk.direction": "RIGHT", "elk.edgeRouting": "POLYLINE",
  "elk.layered.spacing.nodeNodeBetweenLayers": "90", "elk.spacing.nodeNode": "18", "elk.spacing.edgeNode": "14",
  "elk.layered.spacing.edgeNodeBetweenLayers": "16", "elk.spacing.componentComponent": "50", "elk.aspectRatio": "1.6",
  "elk.layered.thoroughness": "4", "elk.layered.nodePlacement.strategy": "BRANDES_KOEPF",
  "elk.layered.cycleBreaking.strategy": "GREEDY",
};
const BOXES = { "elk.algorithm": "rectpacking", "elk.aspectRatio": "1.6", "elk.spacing.nodeNode": "60" };
const INSIDE = { "elk.algorithm": "box", "elk.aspectRatio": "1.5", "elk.spacing.nodeNode": "14", "elk.padding": "[top=52,left=22,bottom=22,right=22]" };

/** @type {import("elkjs").ELK | undefined} */
let elk;

/** @param {string} worker address of the vendored worker script */
function engine(worker) {
  elk ??= new ELK({ workerFactory: () => new Worker(worker) });
  return elk;
}

/**
 * @param {{nodes: GraphNode[], edges: GraphEdge[]}} graph
 * @param {{worker: string, zoneName: (zone: string) => string, layered?: boolean}} options
 * @returns {Promise<Layout>}
 */
export async function layOut(graph, { worker, zoneName, layered = graph.nodes.length <= LAYERED_MAX }) {
  const started = performance.now();
  const laid = layered ? await inLayers(graph, engine(worker)) : await inDomains(graph, engine(worker), zoneName);
  return { ...laid, milliseconds: performance.now() - started };
}

/** @param {GraphNode} node */
export function sizeOf(node) {
  const character = CHARACTER[/** @type {keyof typeof CHARACTER} */ (node.kind)] ?? 7;
  const room = node.kind === "service" || node.kind === "stream" || node.kind === "zone" ? 34 : 30;
  return { width: Math.min(300, Math.round(room + node.name.length * character)), height: node.kind === "zone" ? 52 : HEIGHT };
}

/** @param {{nodes: GraphNode[], edges: GraphEdge[]}} graph @param {import("elkjs").ELK} engine @returns {Promise<Omit<Layout, "milliseconds">>} */
async function inLayers({ nodes, edges }, engine) {
  /** @type {import("elkjs").ElkNode} */
  const asked = {
    id: "all",
    layoutOptions: LAYERS,
    children: nodes.map((node) => ({ id: node.id, ...sizeOf(node) })),
    edges: edges.map((edge, number) => ({ id: `e${number}`, sources: [edge.from], targets: [edge.to] })),
  };
  const answer = /** @type {import("elkjs").ElkNode} */ (await engine.layout(asked));
  const boxes = new Map((answer.children ?? []).map((child) => [child.id, child]));
  const placed = new Map(nodes.map((node) => [node.id, /** @type {PlacedNode} */ ({ ...node, ...boxOf(boxes.get(node.id)) })]));
  const found = edges.map((edge, number) => {
    const section = answer.edges?.[number]?.sections?.[0];
    const points = section ? [section.startPoint, ...(section.bendPoints ?? []), section.endPoint].flatMap(({ x, y }) => [x, y]) : [];
    return join(edge, placed, points);
  });
  return { nodes: [...placed.values()], edges: found.filter(isWhole), zones: [], width: answer.width ?? 0, height: answer.height ?? 0, way: "layers" };
}

/** @param {{nodes: GraphNode[], edges: GraphEdge[]}} graph @param {import("elkjs").ELK} engine @param {(zone: string) => string} zoneName @returns {Promise<Omit<Layout, "milliseconds">>} */
async function inDomains({ nodes, edges }, engine, zoneName) {
  /** @type {Map<string, GraphNode[]>} */
  const zones = new Map();
  for (const node of nodes) zones.set(node.zone, [...(zones.get(node.zone) ?? []), node]);
  const order = [...zones.keys()].sort((a, b) => (a === "" ? 1 : b === "" ? -1 : a.localeCompare(b)));
  const rank = { service: 0, event: 1, command: 2, query: 3, stream: 4 };
  /** @type {import("elkjs").ElkNode} */
  const asked = {
    id: "all",
    layoutOptions: BOXES,
    children: order.map((zone) => ({
      id: `z:${zone}`,
      layoutOptions: INSIDE,
      children: (zones.get(zone) ?? [])
        .sort((a, b) => (rank[/** @type {keyof typeof rank} */ (a.kind)] ?? 9) - (rank[/** @type {keyof typeof rank} */ (b.kind)] ?? 9) || a.name.localeCompare(b.name))
        .map((node) => ({ id: node.id, ...sizeOf(node) })),
    })),
    edges: [],
  };
  const answer = /** @type {import("elkjs").ElkNode} */ (await engine.layout(asked));
  /** @type {Map<string, PlacedNode>} */
  const placed = new Map();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const boxes = (answer.children ?? []).map((box) => {
    for (const child of box.children ?? []) {
      const node = byId.get(child.id);
      const at = boxOf(child);
      if (node) placed.set(child.id, { ...node, ...at, x: at.x + (box.x ?? 0), y: at.y + (box.y ?? 0) });
    }
    return { id: box.id, name: zoneName(box.id.slice(2)), ...boxOf(box) };
  });
  const found = edges.map((edge) => join(edge, placed, []));
  return { nodes: [...placed.values()], edges: found.filter(isWhole), zones: boxes, width: answer.width ?? 0, height: answer.height ?? 0, way: "domains" };
}

/** @param {GraphEdge} edge @param {Map<string, PlacedNode>} placed @param {number[]} points @returns {PlacedEdge | null} */
function join(edge, placed, points) {
  const a = placed.get(edge.from);
  const b = placed.get(edge.to);
  if (!a || !b) return null;
  return { ...edge, a, b, points: points.length ? points : [a.x + a.width / 2, a.y + a.height / 2, ...rim(b, a)] };
}

/** Where a straight line from another box's middle reaches this box. @param {Box} box @param {Box} from @returns {[number, number]} */
function rim(box, from) {
  const x = box.x + box.width / 2;
  const y = box.y + box.height / 2;
  const dx = from.x + from.width / 2 - x;
  const dy = from.y + from.height / 2 - y;
  if (!dx && !dy) return [x, y];
  const scale = Math.min(dx ? (box.width / 2 + 2) / Math.abs(dx) : Infinity, dy ? (box.height / 2 + 2) / Math.abs(dy) : Infinity, 1);
  return [x + dx * scale, y + dy * scale];
}

/** @param {PlacedEdge | null} edge @returns {edge is PlacedEdge} */
function isWhole(edge) {
  return edge !== null;
}

/** @param {{x?: number, y?: number, width?: number, height?: number} | undefined} box @returns {Box} */
function boxOf(box) {
  return { x: box?.x ?? 0, y: box?.y ?? 0, width: box?.width ?? 0, height: box?.height ?? 0 };
}
