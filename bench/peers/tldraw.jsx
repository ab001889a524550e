import { getAssetUrls } from "@tldraw/assets/selfHosted";
import { createRoot } from "react-dom/client";
import { Tldraw, toRichText } from "tldraw";
import "tldraw/tldraw.css";

const notes = await (await fetch("notes.json")).json();
const COLOURS = { "#FF9F4B": "orange", "#6DD8FA": "light-blue", "#C18DC9": "violet", "#73DD8E": "light-green" };

function mount(editor) {
  editor.run(() => {
    editor.createShapes(notes.map(({ id, x, y, w, h, colour, text }) => ({
      id: `shape:${id}`, type: "geo", x, y, props: { geo: "rectangle", w, h, fill: "solid", color: COLOURS[colour], size: "s", richText: toRichText(text) },
    })));
  }, { history: "ignore" });
  const centre = notes[Math.floor(notes.length / 2)];
  window.bench = {
    name: "tldraw",
    view: (zoom, x, y) => editor.setCamera({ x: innerWidth / 2 / zoom - x, y: innerHeight / 2 / zoom - y, z: zoom }),
    select: (ids) => editor.select(...ids.map((id) => `shape:${id}`)),
    where: (id) => {
      const box = editor.getShapePageBounds(`shape:${id}`);
      const at = editor.pageToViewport(box.center);
      return { x: at.x, y: at.y };
    },
    count: () => editor.getCurrentPageShapeIds().size,
  };
  window.bench.view(0.5, centre.x, centre.y);
  requestAnimationFrame(() => requestAnimationFrame(() => { window.paintedAt = performance.now(); }));
}

createRoot(document.getElementById("root")).render(
  <div style={{ position: "fixed", inset: 0 }}><Tldraw onMount={mount} assetUrls={getAssetUrls({ baseUrl: "assets" })} options={{ maxShapesPerPage: 30_000 }} /></div>,
);
