/**
 * What moves above the still wall, in CSS pixels: selections (mine and others'), handles, traffic on promoted notes, the
 * gesture at hand and cursors.
 *
 * @import {Box, Presence} from '../types'
 * @import {Wall} from '../wall.js'
 * @import {Renderer} from './renderer.js'
 */

import { around, grown } from "../geometry.js";
import { inkOn, isNoteKind, NOTES } from "../kinds.js";
import { FAMILY, widthOf } from "../text.js";
import { drawConnector } from "./connectors.js";

export const HANDLE_PX = 11;
/** Labels are set bolder than the text that widths are measured for. */
const BOLDER = 1.06;
/** More than these are dragged with one line around all. */
const DRAGGED_OUTLINES_MAX = 40;
/** How far outside of a note's border its connecting handles sit. */
export const HANDLE_GAP_PX = 16;

/** @param {CanvasRenderingContext2D} context @param {Wall} wall @param {Renderer} renderer */
export function drawLively(context, wall, renderer) {
  drawTraffic(context, wall, renderer);
  for (const person of wall.presence.people.values()) drawOthersSelection(context, wall, renderer, person);
  drawSelection(context, wall, renderer);
  for (const overlay of renderer.overlays) overlay(context, renderer);
  wall.gesture.draw?.(context);
  for (const person of wall.presence.cursors()) drawCursor(context, wall, person);
}

/** @param {CanvasRenderingContext2D} context @param {Wall} wall @param {Renderer} renderer */
function drawSelection(context, wall, renderer) {
  const { camera, selection } = wall;
  context.strokeStyle = renderer.theme.accent;
  context.lineWidth = 2;
  let shown = 0;
  const many = wall.gesture.name === "dragging_elements" && selection.size > DRAGGED_OUTLINES_MAX;
  if (many) drawAround(context, wall, renderer);
  for (const id of many ? [] : selection.ids) {
    const element = wall.document.live(id);
    const box = renderer.boxOf(id);
    if (!element || !box) continue;
    if (element.kind === "connector") {
      const curve = wall.scene.curveOf(element, renderer.boxOf);
      if (!curve) continue;
      context.save();
      context.scale(camera.zoom, camera.zoom);
      context.translate(-camera.x, -camera.y);
      drawConnector(context, camera.zoom, curve, renderer.theme, { colour: renderer.theme.accent });
      context.restore();
    } else if (shown++ < 2_000) {
      strokeAround(context, camera.boxToScreen(box), 3, isNoteKind(element.kind) ? NOTES[element.kind].tilt : 0);
    }
  }
  if (wall.gesture.name !== "idling") return;
  for (const handle of wall.handles()) drawHandle(context, handle, renderer);
  if (selection.size > 1) drawAround(context, wall, renderer);
}

/** One dashed line around all that is selected. @param {CanvasRenderingContext2D} context @param {Wall} wall @param {Renderer} renderer */
function drawAround(context, { camera, selection }, renderer) {
  const box = around([...selection.ids].map((id) => renderer.boxOf(id)).filter((each) => each !== null));
  if (!box) return;
  context.setLineDash([5, 4]);
  context.lineWidth = 1;
  strokeAround(context, camera.boxToScreen(box), 10, 0);
  context.setLineDash([]);
}

/** @param {CanvasRenderingContext2D} context @param {Box} box @param {number} by @param {number} tilt */
function strokeAround(context, box, by, tilt) {
  const { x, y, w, h } = grown(box, by);
  context.save();
  context.translate(x + w / 2, y + h / 2);
  context.rotate(tilt);
  context.beginPath();
  context.roundRect(-w / 2, -h / 2, w, h, 4);
  context.stroke();
  context.restore();
}

/** @param {CanvasRenderingContext2D} context @param {import('../wall.js').Handle} handle @param {Renderer} renderer */
function drawHandle(context, handle, renderer) {
  context.fillStyle = renderer.theme.paper;
  context.strokeStyle = renderer.theme.accent;
  context.lineWidth = 2;
  context.beginPath();
  if (handle.does === "resize") context.rect(handle.x - 4.5, handle.y - 4.5, 9, 9);
  else context.arc(handle.x, handle.y, HANDLE_PX / 2, 0, 7);
  context.fill();
  context.stroke();
}

/** @param {CanvasRenderingContext2D} context @param {Wall} wall @param {Renderer} renderer @param {Presence} person */
function drawOthersSelection(context, wall, renderer, person) {
  const ids = person.editing ? [person.editing] : (person.selection ?? []).slice(0, 200);
  context.strokeStyle = person.colour;
  context.lineWidth = 2;
  let labelled = false;
  for (const id of ids) {
    const box = renderer.boxOf(id);
    if (!box || wall.document.live(id)?.kind === "connector") continue;
    const onScreen = wall.camera.boxToScreen(box);
    strokeAround(context, onScreen, 5, 0);
    if (labelled) continue;
    labelled = true;
    tag(context, person.editing ? `${person.name} is writing` : person.name, onScreen.x - 5, onScreen.y - 27, person.colour);
  }
}

/** Rate, total and refused records of promoted notes; a ring while they arrive. @param {CanvasRenderingContext2D} context
 * @param {Wall} wall @param {Renderer} renderer */
function drawTraffic(context, wall, renderer) {
  const { pulses, camera } = wall;
  const view = camera.view;
  for (const { id, typeId } of wall.promoted()) {
    const box = renderer.boxOf(id);
    if (!box || box.x > view.x + view.w || box.y > view.y + view.h || box.x + box.w < view.x || box.y + box.h < view.y) continue;
    const onScreen = camera.boxToScreen(box);
    const strength = pulses.strengthOf(typeId);
    if (strength > 0) drawPulse(context, onScreen, strength, renderer.theme.live);
    const traffic = pulses.traffic.get(typeId);
    if (traffic && onScreen.w > 54) drawBadge(context, onScreen, pulses.badgeOf(typeId), traffic.rejected, renderer);
    else if (traffic && traffic.rate > 0) dot(context, onScreen.x + onScreen.w, onScreen.y, Math.max(2, onScreen.w / 12), renderer.theme.live);
  }
}

/** @param {CanvasRenderingContext2D} context @param {Box} box @param {number} strength 1 fading to 0 @param {string} colour */
function drawPulse(context, box, strength, colour) {
  const reach = (1 - strength) * Math.min(18, box.w * 0.12) + 2;
  context.strokeStyle = colour;
  context.globalAlpha = strength * 0.9;
  context.lineWidth = 1 + 2.5 * strength;
  strokeAround(context, box, reach, 0);
  context.globalAlpha = 1;
}

/** @param {CanvasRenderingContext2D} context @param {Box} box @param {string} text @param {number} rejected @param {Renderer} renderer */
function drawBadge(context, box, text, rejected, renderer) {
  const size = Math.max(8, Math.min(12, box.w / 12));
  const width = widthOf(text) * size * BOLDER + size * 2.2;
  const [right, middle] = [box.x + box.w + size * 0.6, box.y - size * 0.2];
  pill(context, right - width, middle, width, size, renderer.theme.paper, renderer.theme.laneLine);
  dot(context, right - width + size * 0.85, middle, size * 0.28, renderer.theme.live);
  label(context, text, right - width + size * 1.45, middle, size, renderer.theme.ink);
  if (!rejected) return;
  const refused = `${rejected > 999 ? "999+" : rejected} refused`;
  const refusedWidth = widthOf(refused) * size * BOLDER + size * 1.4;
  pill(context, right - refusedWidth, middle - size * 1.95, refusedWidth, size, renderer.theme.danger, renderer.theme.danger);
  label(context, refused, right - refusedWidth + size * 0.7, middle - size * 1.95, size, "#fff");
}

/** @param {CanvasRenderingContext2D} context @param {number} x @param {number} middle @param {number} width @param {number} size
 * @param {string} fill @param {string} line */
export function pill(context, x, middle, width, size, fill, line) {
  context.fillStyle = fill;
  context.strokeStyle = line;
  context.lineWidth = 1;
  context.beginPath();
  context.roundRect(x, middle - size * 0.85, width, size * 1.7, size);
  context.fill();
  context.stroke();
}

/** @param {CanvasRenderingContext2D} context @param {string} text @param {number} x @param {number} middle @param {number} size @param {string} colour */
export function label(context, text, x, middle, size, colour) {
  context.fillStyle = colour;
  context.font = `600 ${size}px ${FAMILY}`;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText(text, x, middle + 0.5);
}

/** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} radius @param {string} colour */
function dot(context, x, y, radius, colour) {
  context.fillStyle = colour;
  context.beginPath();
  context.arc(x, y, radius, 0, 7);
  context.fill();
}

/** @param {CanvasRenderingContext2D} context @param {Wall} wall @param {{name: string, colour: string, x: number, y: number}} person */
function drawCursor(context, wall, person) {
  const { x, y } = wall.camera.toScreen(person);
  if (x < -20 || y < -20 || x > wall.camera.width + 20 || y > wall.camera.height + 20) return;
  context.save();
  context.translate(x, y);
  context.beginPath();
  context.moveTo(0, 0);
  context.lineTo(4.5, 15);
  context.lineTo(7.5, 9);
  context.lineTo(14.5, 7.5);
  context.closePath();
  context.fillStyle = person.colour;
  context.strokeStyle = "#fff";
  context.lineWidth = 1.5;
  context.lineJoin = "round";
  context.fill();
  context.stroke();
  context.restore();
  tag(context, person.name, x + 12, y + 14, person.colour);
}

/** A name on the person's colour, in white or black, whichever is read better. @param {CanvasRenderingContext2D} context
 * @param {string} text @param {number} x @param {number} y @param {string} colour */
function tag(context, text, x, y, colour) {
  const shown = text.length > 28 ? `${text.slice(0, 27)}…` : text;
  context.fillStyle = colour;
  context.beginPath();
  context.roundRect(x, y, widthOf(shown) * 12 * BOLDER + 14, 20, 4);
  context.fill();
  context.fillStyle = inkOn(colour);
  context.font = `600 12px ${FAMILY}`;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText(shown, x + 7, y + 10.5);
}
