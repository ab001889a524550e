/**
 * Inside the drawing frame: a sandboxed document that has no origin, no cookies and no network but our scripts.
 *
 * The page hands over a port with its first message. Each message on it is `{id, source, look}`; the answer is
 * `{id, svg, width, height, words}` (the
 * picture, its size in pixels, its accTitle and accDescr) or `{id, fault}`. After the hand-over the frame says `{ready: true}`.
 */
import mermaid from "mermaid";

const TEXT_CHARACTERS_MAX = 20_000, EDGES_MAX = 500;
let turn = Promise.resolve();

window.addEventListener("message", (event) => {
  const [port] = event.ports;
  if (event.source !== window.parent || !port) return;
  port.onmessage = (asked) => { turn = turn.then(() => answer(port, asked.data)); };
  port.postMessage({ ready: true });
});

/** @param {MessagePort} port @param {{id: number, source: string, look: Look}} asked */
async function answer(port, { id, source, look }) {
  try {
    mermaid.initialize({
      startOnLoad: false, securityLevel: "strict", htmlLabels: false, suppressErrorRendering: true, layout: "dagre",
      theme: "base", themeVariables: look, fontFamily: look.fontFamily, darkMode: look.darkMode,
      flowchart: { htmlLabels: false, wrappingWidth: 240 }, class: { htmlLabels: false },
      maxTextSize: TEXT_CHARACTERS_MAX, maxEdges: EDGES_MAX,
    });
    const { svg } = await mermaid.render(`diagram-${id}`, source);
    port.postMessage({ id, ...asPicture(svg) });
  } catch (error) {
    port.postMessage({ id, fault: error instanceof Error ? error.message : String(error) });
  }
  document.body.replaceChildren(); // what a failed drawing leaves behind
}

/** @param {string} text an SVG; as a picture it needs the width and height of its view box */
function asPicture(text) {
  const svg = new DOMParser().parseFromString(text, "text/html").querySelector("svg");
  if (!svg) throw new Error("Nothing was drawn.");
  const [, , wide = 0, high = 0] = (svg.getAttribute("viewBox") ?? "").split(/[\s,]+/).map(Number);
  const width = Math.ceil(wide) || 600, height = Math.ceil(high) || 400;
  svg.setAttribute("width", String(width));
  svg.setAttribute("height", String(height));
  const words = ["title", "desc"].map((name) => svg.querySelector(`:scope > ${name}`)?.textContent?.trim()).filter(Boolean).join(". ");
  return { svg: new XMLSerializer().serializeToString(svg), width, height, words };
}

/** @typedef {{darkMode: boolean, fontFamily: string} & Record<string, string | boolean>} Look */
