/**
 * What the workshop draws over the notes, in CSS pixels: that a note is mine alone, locks, open remarks, reactions, dots of
 * the vote, and the spotlight. Only what lies in view is drawn; what carries nothing costs nothing.
 *
 * @import {Box} from '../types'
 * @import {Wall} from '../wall.js'
 * @import {Renderer} from '../render/renderer.js'
 */

import { overlap } from "../geometry.js";
import { label, pill } from "../render/lively.js";
import { widthOf } from "../text.js";
import { drawIcon } from "../render/notes.js";
import { saidOf } from "./note_tab.js";

const SEEN_PX = 34;
const LOCK = "M4 7.5h8v6H4zM5.5 7.5V5.25a2.5 2.5 0 0 1 5 0V7.5";

/** @param {Wall} wall */
export function drawOverlays(wall) {
  const said = saidOf(wall);
  /** Ids of notes that carry something. @type {Set<string>} */
  const carrying = new Set();
  wall.document.changed.on((ids) => {
    for (const id of ids) {
      const element = wall.document.live(id);
      if (element && (element.draft || element.locked || element.state)) carrying.add(id);
      else carrying.delete(id);
    }
  });
  for (const signal of [said.changed, wall.workshop.ballotChanged]) signal.on(() => wall.renderer.requestLively());
  wall.workshop.changed.on(() => wall.renderer.requestLively());
  wall.renderer.overlays.add((context, renderer) => {
    drawSpotlight(context, wall, renderer);
    const { vote, votes } = wall.workshop.state;
    const counted = vote ? wall.workshop.ballot.dots : (votes[0]?.results ?? {});
    for (const id of new Set([...carrying, ...said.subjects(), ...Object.keys(counted)])) drawOf(context, wall, renderer, id, counted[id] ?? 0, vote !== null);
  });
}

/** @param {CanvasRenderingContext2D} context @param {Wall} wall @param {Renderer} renderer @param {string} id @param {number} dots @param {boolean} mine */
function drawOf(context, wall, renderer, id, dots, mine) {
  const element = wall.document.live(id);
  const box = element && renderer.boxOf(id);
  if (!element || !box || !overlap(box, wall.camera.view)) return;
  const at = wall.camera.boxToScreen(box);
  if (element.draft) drawMine(context, at, renderer);
  if (at.w < SEEN_PX) return;
  const said = saidOf(wall);
  const size = Math.max(8, Math.min(12, at.w / 12));
  const foot = [];
  const remarks = said.openRemarks(id);
  if (remarks) foot.push(`${remarks} ${remarks === 1 ? "remark" : "remarks"}`);
  for (const [emoji, those] of said.reactionsOf(id)) foot.push(`${emoji} ${those.length}`);
  if (element.state) foot.push(element.state === "settled" ? "✓ settled" : "in hand");
  if (element.locked) {
    const side = size * 1.5;
    pill(context, at.x + at.w - side * 1.2, at.y, side * 1.6, size, renderer.theme.paper, renderer.theme.laneLine);
    drawIcon(context, LOCK, at.x + at.w - side * 0.9, at.y - side / 2, side, renderer.theme.ink, 1);
  }
  let x = at.x;
  for (const text of foot) x += chip(context, text, x, at.y + at.h + size * 0.4, size, renderer.theme.paper, renderer.theme.laneLine, renderer.theme.ink) + 3;
  if (dots) {
    const text = mine ? "●".repeat(Math.min(dots, 6)) : `● ${dots}`;
    chip(context, text, at.x - size * 0.4, at.y - size * 0.3, size * (mine ? 1 : 1.25), renderer.theme.accent, renderer.theme.accent, renderer.theme.paper);
  }
}

/** @param {CanvasRenderingContext2D} context @param {string} text @param {number} x @param {number} middle @param {number} size
 * @param {string} fill @param {string} line @param {string} ink @returns {number} its width */
function chip(context, text, x, middle, size, fill, line, ink) {
  const width = widthOf(text) * size * 1.06 + size * 1.2;
  pill(context, x, middle, width, size, fill, line);
  label(context, text, x + size * 0.6, middle, size, ink);
  return width;
}

/** A dashed edge: nobody else sees this. @param {CanvasRenderingContext2D} context @param {Box} at @param {Renderer} renderer */
function drawMine(context, at, renderer) {
  context.strokeStyle = renderer.theme.ink;
  context.lineWidth = 1.5;
  context.setLineDash([5, 4]);
  context.strokeRect(at.x - 2, at.y - 2, at.w + 4, at.h + 4);
  context.setLineDash([]);
}

/** Everything but the lit elements is dimmed. @param {CanvasRenderingContext2D} context @param {Wall} wall @param {Renderer} renderer */
function drawSpotlight(context, wall, renderer) {
  const { spotlight } = wall.workshop.state;
  if (!spotlight) return;
  const { width, height } = wall.camera;
  context.save();
  context.globalAlpha = 0.72;
  context.fillStyle = renderer.theme.wall;
  context.beginPath();
  context.rect(0, 0, width, height);
  for (const id of spotlight.ids) {
    const box = renderer.boxOf(id);
    if (!box) continue;
    const { x, y, w, h } = wall.camera.boxToScreen(box);
    context.roundRect(x - 8, y - 8, w + 16, h + 16, 8);
  }
  context.fill("evenodd");
  context.restore();
}
