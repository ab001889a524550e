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
  if (hideText || !element.text || 15 * scale < 4) return;
  const { size, lines } = fit(element.text, box.h - 20, LANE_HEAD - 8, 16);
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

/** @param {CanvasRenderingContext2D} context @param {number} scale @param {ElementProps} element @param {Box} box
 * @param {Theme} theme @param {boolean} [hideText] */
export function drawFrame(context, scale, element, box, theme, hideText = false) {
  context.strokeStyle = theme.faint;
  context.lineWidth = Math.max(1.5, 1 / scale);
  context.strokeRect(box.x, box.y, box.w, box.h);
  if (hideText || !element.text || 16 * scale < 4) return;
  context.fillStyle = theme.ink;
  context.font = `600 16px ${FAMILY}`;
  context.textAlign = "left";
  context.textBaseline = "alphabetic";
  context.fillText(element.text, box.x, box.y - 9);
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
