/** Drawing swimlanes, frames and the boundaries of pivotal events. @import {Box, ElementProps} from '../types' @import {Theme} from './theme.js' */

import { FAMILY, fit, widthOf } from "../text.js";

export const LANE_HEAD = 44;

/** A band with its name written upwards at the left. @param {CanvasRenderingContext2D} context @param {number} scale
 * @param {ElementProps} element @param {Box} box @param {Theme} theme @param {boolean} [hideText] */
export function drawSwimlane(context, scale, element, box, theme, hideText = false) {
  context.fillStyle = theme.lane;
  context.fillRect(box.x, box.y, box.w, box.h);
  context.fillStyle = theme.laneHead;
  context.fillRect(box.x, box.y, LANE_HEAD, box.h);
  context.strokeStyle = theme.laneLine;
  context.lineWidth = Math.max(1, 0.75 / scale);
  context.strokeRect(box.x, box.y, box.w, box.h);
  const largest = Math.round(Math.max(16, Math.min(30, 12 / scale))); // from afar it grows as far as the head is wide
  if (hideText || !element.text || largest * scale < 4) return;
  const { size, lines } = fit(element.text, box.h - 20, LANE_HEAD - 8, largest);
  context.save();
  context.translate(box.x + LANE_HEAD / 2, box.y + box.h / 2);
  context.rotate(-Math.PI / 2);
  context.fillStyle = theme.ink;
  context.font = `600 ${size}px ${FAMILY}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  lines.forEach((line, place) => context.fillText(line, 0, (place - (lines.length - 1) / 2) * size * 1.15));
  context.restore();
}

/** A sheet under its part of the wall, with its title above. @param {CanvasRenderingContext2D} context @param {number} scale
 * @param {ElementProps} element @param {Box} box @param {Theme} theme @param {boolean} [hideText] */
export function drawFrame(context, scale, element, box, theme, hideText = false) {
  context.fillStyle = theme.frame;
  context.strokeStyle = theme.laneLine;
  context.lineWidth = Math.max(1.5, 1 / scale);
  context.beginPath();
  context.roundRect(box.x, box.y, box.w, box.h, 10);
  context.fill();
  context.stroke();
  drawTitle(context, scale, hideText ? "" : element.text, { x: box.x + 2, y: box.y - 10, w: box.w - 4 }, theme.ink);
}

/** A bounded context: a dashed border in the accent, its name on a tab. @param {CanvasRenderingContext2D} context @param {number} scale
 * @param {ElementProps} element @param {Box} box @param {Theme} theme @param {boolean} [hideText] */
export function drawContext(context, scale, element, box, theme, hideText = false) {
  context.fillStyle = theme.context;
  context.strokeStyle = theme.contextLine;
  context.lineWidth = Math.max(2, 1 / scale);
  context.beginPath();
  context.roundRect(box.x, box.y, box.w, box.h, 28);
  context.fill();
  context.setLineDash([10, 7]);
  context.stroke();
  context.setLineDash([]);
  drawTitle(context, scale, hideText ? "" : element.text, { x: box.x + 24, y: box.y + 26, w: box.w - 48 }, theme.contextLine);
}

/** From afar a title grows, so that it stays readable as long as there is room. @param {CanvasRenderingContext2D} context
 * @param {number} scale @param {string | undefined} text @param {{x: number, y: number, w: number}} at baseline @param {string} colour */
function drawTitle(context, scale, text, { x, y, w }, colour) {
  if (!text) return;
  const size = Math.max(17, Math.min(13 / scale, w / Math.max(6, widthOf(text) * 1.08), 90));
  if (size * scale < 4) return;
  context.fillStyle = colour;
  context.font = `600 ${size}px ${FAMILY}`;
  context.textAlign = "left";
  context.textBaseline = "alphabetic";
  context.fillText(text, x, y, w);
}

/**
 * A pivotal event divides the wall: a line from top to bottom just after the note. In screen pixels.
 * @param {CanvasRenderingContext2D} context @param {number} x @param {number} height
 * @param {{name: string, middle: number, top: number}} label drawn when there is a name @param {Theme} theme
 */
export function drawBoundary(context, x, height, { name, middle, top }, theme) {
  context.fillStyle = theme.pivot;
  context.globalAlpha = 0.28;
  context.fillRect(Math.round(x) - 1, 0, 2, height);
  context.globalAlpha = 1;
  if (!name) return;
  const width = boundaryNameWidth(name);
  context.beginPath();
  context.roundRect(middle - width / 2, top, width, 20, 10);
  context.fill();
  context.fillStyle = theme.onPivot;
  context.font = `600 11px ${FAMILY}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(shortened(name), middle, top + 10.5);
}

/** @param {string} name @returns {number} pixels */
export const boundaryNameWidth = (name) => widthOf(shortened(name)) * 11.6 + 16;

/** @param {string} name */
const shortened = (name) => (name.length > 36 ? `${name.slice(0, 35)}…` : name);
