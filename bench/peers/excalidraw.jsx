import { convertToExcalidrawElements, Excalidraw } from "@excalidraw/excalidraw";
import { createRoot } from "react-dom/client";
import "@excalidraw/excalidraw/index.css";

const notes = await (await fetch("notes.json")).json();
const elements = convertToExcalidrawElements(notes.map(({ id, x, y, w, h, colour, text }) => ({
  id, type: "rectangle", x, y, width: w, height: h, backgroundColor: colour, fillStyle: "solid", strokeWidth: 1, roughness: 0, label: { text, fontSize: 18 },
})), { regenerateIds: false });

function ready(api) {
  const centre = notes[Math.floor(notes.length / 2)];
  window.bench = {
    name: "Excalidraw",
    view: (zoom, x, y) => api.updateScene({ appState: { zoom: { value: zoom }, scrollX: innerWidth / 2 / zoom - x, scrollY: innerHeight / 2 / zoom - y } }),
    select: (ids) => api.updateScene({ appState: { selectedElementIds: Object.fromEntries(ids.map((id) => [id, true])) } }),
    where: (id) => {
      const { x, y, width, height } = api.getSceneElements().find((element) => element.id === id);
      const { zoom, scrollX, scrollY } = api.getAppState();
      return { x: (x + width / 2 + scrollX) * zoom.value, y: (y + height / 2 + scrollY) * zoom.value };
    },
    count: () => api.getSceneElements().filter((element) => element.type === "rectangle").length,
  };
  window.bench.view(0.5, centre.x, centre.y);
  requestAnimationFrame(() => requestAnimationFrame(() => { window.paintedAt = performance.now(); }));
}

createRoot(document.getElementById("root")).render(
  <div style={{ position: "fixed", inset: 0 }}><Excalidraw initialData={{ elements, scrollToContent: false }} excalidrawAPI={(api) => setTimeout(() => ready(api))} /></div>,
);
