/** A promoted note's traffic in words, beside it, while it's pointed at or selected. @import {Wall} from './wall.js' */

import { el } from "@app/dom.js";

/** @param {Wall} wall @param {HTMLElement} card */
export function showDetails(wall, card) {
  const show = () => {
    const id = wall.hovered ?? wall.selection.only;
    const element = id ? wall.document.live(id) : undefined;
    const type = element?.type_id ? wall.types[element.type_id] : undefined;
    const box = id ? wall.renderer.boxOf(id) : null;
    card.hidden = !type || !box || wall.editor.id !== null;
    if (!type || !box || card.hidden) return;
    const traffic = wall.pulses.traffic.get(element?.type_id ?? "");
    card.replaceChildren(
      el("strong", {}, type.name), el("span", { class: "note-details__state" }, `${type.kind ?? "event"} · v${type.version} · ${type.state}`),
      el("dl", {},
        ...row("Rate", `${(traffic?.rate ?? 0).toLocaleString("en", { maximumFractionDigits: 1 })} per second`),
        ...row("Total", (traffic?.total ?? 0).toLocaleString("en")),
        ...row("Last seen", traffic?.last_seen ? new Date(traffic.last_seen).toLocaleTimeString() : "never"),
        ...row("Refused", (traffic?.rejected ?? 0).toLocaleString("en")),
      ),
    );
    const { x, y, h } = wall.camera.boxToScreen(box);
    const below = y + h + 30;
    const top = below + card.offsetHeight < wall.camera.height ? below : y - card.offsetHeight - 90;
    card.style.transform = `translate(${Math.max(8, Math.min(wall.camera.width - card.offsetWidth - 8, x))}px, ${Math.max(8, top)}px)`;
  };
  wall.hoverChanged.on(show);
  wall.selection.changed.on(show);
  wall.camera.changed.on(show);
  wall.pulses.changed.on(show);
  wall.editor.changed.on(show);
}

/** @param {string} term @param {string} value */
const row = (term, value) => [el("dt", {}, term), el("dd", {}, value)];
