/** Drawing arrows, in board units. @import {Curve} from '../geometry.js' @import {Theme} from './theme.js' */

import { pointOn } from "../geometry.js";
import { FAMILY, widthOf } from "../text.js";

const HEAD = 9;

/** @param {CanvasRenderingContext2D} context @param {number} scale @param {Curve} curve @param {Theme} theme
 * @param {{label?: string, colour?: string}} [how] */
export function drawConnector(context, scale, curve, theme, { label = "", colour = theme.line } = {}) {
  const { from, a, b, to } = curve;
  context.strokeStyle = context.fillStyle = colour;
  context.lineWidth = Math.max(2, 0.75 / scale);
  context.lineCap = "round";
  context.beginPath();
  context.moveTo(from.x, from.y);
  context.bezierCurveTo(a.x, a.y, b.x, b.y, to.x, to.y);
  context.stroke();
  if (HEAD * scale > 2) drawHead(context, curve);
  if (label && 12 * scale > 4) drawLabel(context, pointOn(curve, 0.5), label, theme);
}

/** @param {CanvasRenderingContext2D} context @param {Curve} curve */
function drawHead(context, { b, to }) {
  const angle = Math.atan2(to.y - b.y, to.x - b.x);
  context.beginPath();
  context.moveTo(to.x, to.y);
  for (const turn of [2.7, -2.7]) context.lineTo(to.x + HEAD * 1.25 * Math.cos(angle + turn), to.y + HEAD * 1.25 * Math.sin(angle + turn));
  context.closePath();
  context.fill();
}

/** @param {CanvasRenderingContext2D} context @param {{x: number, y: number}} at @param {string} label @param {Theme} theme */
function drawLabel(context, at, label, theme) {
  const text = label.length > 48 ? `${label.slice(0, 47)}…` : label;
  const width = widthOf(text) * 12 + 14;
  context.fillStyle = theme.paper;
  context.beginPath();
  context.roundRect(at.x - width / 2, at.y - 10, width, 20, 10);
  context.fill();
  context.fillStyle = theme.ink;
  context.font = `500 12px ${FAMILY}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, at.x, at.y + 0.5);
}
