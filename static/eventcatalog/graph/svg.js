/** The picture as an SVG text that stands alone: no script, no outside reference, colours as they are now. */

/** @typedef {import("./layout.js").Layout} Layout */

const PAPERS = { event: "--note-domain-event", command: "--note-command", query: "--note-read-model" };
const INKS = { event: "--note-domain-event-ink", command: "--note-command-ink", query: "--note-read-model-ink" };

/** @param {Layout} layout @param {Record<string, string>} theme @param {string} title @returns {string} */
export function toSvg(layout, theme, title) {
  const margin = 24;
  const width = Math.ceil(layout.width + 2 * margin);
  const height = Math.ceil(layout.height + 2 * margin);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${-margin} ${-margin} ${width} ${height}" role="img">`,
    `<title>${escaped(title)}</title><rect x="${-margin}" y="${-margin}" width="${width}" height="${height}" fill="${theme["--canvas"]}"/>`,
    ...layout.zones.map((zone) => `<rect x="${zone.x}" y="${zone.y}" width="${zone.width}" height="${zone.height}" rx="16" fill="${theme["--surface"]}" stroke="${theme["--line-strong"]}"/><text x="${zone.x + 22}" y="${zone.y + 33}" font-family="sans-serif" font-size="18" font-weight="600" fill="${theme["--ink"]}">${escaped(zone.name)}</text>`),
    ...layout.edges.map((edge) => edgeOf(edge, theme)),
    ...layout.nodes.map((node) => nodeOf(node, theme)),
    "</svg>",
  ];
  return parts.join("\n");
}

/** @param {Layout["edges"][number]} edge @param {Record<string, string>} theme */
function edgeOf(edge, theme) {
  const colour = edge.waits ? theme.waits : edge.kind === "sends" || edge.kind === "takes" ? theme["--fact"] : theme["--line-control"];
  const points = edge.points.map((number) => number.toFixed(1)).join(" ");
  const dash = colour === theme["--line-control"] ? ' stroke-dasharray="4 4"' : "";
  return `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="1.4" stroke-linejoin="round" opacity="0.75"${dash}/>`;
}

/** @param {Layout["nodes"][number]} node @param {Record<string, string>} theme */
function nodeOf(node, theme) {
  const kind = /** @type {keyof typeof PAPERS} */ (node.kind);
  const isMessage = node.kind in PAPERS;
  const paper = isMessage ? theme[PAPERS[kind]] : theme["--raised"];
  const ink = isMessage ? theme[INKS[kind]] : theme["--ink"];
  const radius = isMessage ? 3 : node.kind === "stream" ? 6 : node.height / 2;
  const font = isMessage ? 'font-family="monospace" font-size="11.5"' : 'font-family="sans-serif" font-size="12.5" font-weight="600"';
  return `<g><title>${escaped(`${node.kind} ${node.name}`)}</title><rect x="${node.x}" y="${node.y}" width="${node.width}" height="${node.height}" rx="${radius}" fill="${paper}" stroke="${theme["--line-control"]}"/><text x="${node.x + node.width / 2}" y="${node.y + node.height / 2 + 4}" text-anchor="middle" fill="${ink}" ${font}>${escaped(node.name)}</text></g>`;
}

/** @param {string} text */
function escaped(text) {
  return text.replace(/[&<>"]/g, (letter) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[letter] ?? letter);
}
