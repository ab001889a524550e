/**
 * Drawing one note, in board units: the context is already scaled. `scale` is device pixels per board unit and chooses
 * the level of detail:
 *
 *   side below 7 px          a rectangle of its colour
 *   letters below 3.6 px     bars in place of text
 *   side below 46 px         no icon and label
 *   above                    everything
 *
 * @import {Box, ElementProps, LinkedType, NoteKind} from '../types'
 * @import {Theme} from './theme.js'
 */

import { NOTES } from "../kinds.js";
import { FAMILY, LINE_HEIGHT, WEIGHT, fit, widthOf } from "../text.js";

const SPECK_PX = 7;
const LETTERS_PX = 3.6;
const FOOT_PX = 46;
const SHADOW_PX = 20;
const PAD = 12;
const FOOT = 22;
const TAGS = 17;
const SHADOW_BLUR = 14;
const LINK = "M6.5 9.5l3-3M7 4.5l1.2-1.2a3.2 3.2 0 0 1 4.5 4.5L11.500 9M9 11.500l-1.200 1.200a3.200 3.200 0 0 1-4.500-4.500L4.500 7";

/** @typedef {{theme: Theme, types: Record<string, LinkedType>, hideText?: boolean}} NoteContext */

/** @type {Map<string, Path2D>} */
const icons = new Map();
/** Shadows by size of note. @type {Map<string, HTMLCanvasElement>} */
const shadows = new Map();
const SHADOWS_MAX = 200;

/** @param {CanvasRenderingContext2D} context @param {number} scale @param {ElementProps} element @param {Box} box @param {NoteContext} how */
export function drawNote(context, scale, element, box, how) {
  const kind = /** @type {NoteKind} */ (element.kind);
  const style = NOTES[kind];
  const side = Math.min(box.w, box.h) * scale;
  if (side < SPECK_PX) {
    context.fillStyle = style.colour;
    context.fillRect(box.x, box.y, box.w, box.h);
    return;
  }
  const tilted = style.tilt !== 0;
  if (tilted) {
    context.save();
    context.translate(box.x + box.w / 2, box.y + box.h / 2);
    context.rotate(style.tilt);
    context.translate(-box.x - box.w / 2, -box.y - box.h / 2);
  }
  if (style.shape === "dot") drawDot(context, style, box, scale);
  else drawPaper(context, side, element, style, box, how);
  if (tilted) context.restore();
}

/** Where text goes on a note, relative to its top left. @param {ElementProps} element @param {Box} box @returns {Box} */
export function textArea(element, box) {
  const pad = Math.min(PAD, box.w * 0.11);
  if (element.kind === "vote") return { x: 4, y: 4, w: box.w - 8, h: box.h - 8 };
  return { x: pad, y: PAD, w: box.w - 2 * pad, h: box.h - PAD - FOOT - 6 - (element.tags?.length ? TAGS : 0) };
}

/** @param {CanvasRenderingContext2D} context @param {number} side @param {ElementProps} element
 * @param {import('../kinds.js').NoteStyle} style @param {Box} box @param {NoteContext} how */
function drawPaper(context, side, element, style, box, how) {
  if (side >= SHADOW_PX) drawShadow(context, box, how.theme);
  context.fillStyle = style.colour;
  context.fillRect(box.x, box.y, box.w, box.h);
  if (element.kind === "comment") outline(context, box, how.theme.laneLine);
  if (element.pivotal) {
    context.fillStyle = how.theme.pivot;
    context.fillRect(box.x, box.y, box.w, 5);
  }
  if (element.text && !how.hideText) drawText(context, element.text, element, style, box, side / Math.min(box.w, box.h));
  if (element.links?.length && side >= FOOT_PX) drawIcon(context, LINK, box.x + box.w - 19, box.y + 5, 13, style.ink, 0.8);
  if (element.tags?.length && side >= FOOT_PX) drawTags(context, element.tags, box, how.theme);
  if (side >= FOOT_PX || element.type_id) drawFoot(context, element, style, box, how.types, side >= FOOT_PX);
}

/** As many as there is room for, above the foot, the rest as a number. @param {CanvasRenderingContext2D} context
 * @param {string[]} tags @param {Box} box @param {Theme} theme */
function drawTags(context, tags, box, theme) {
  const pad = Math.min(PAD, box.w * 0.11) - 2;
  const y = box.y + box.h - FOOT - 11;
  const end = box.x + box.w - pad;
  let x = box.x + pad;
  context.font = `600 9px ${FAMILY}`;
  context.textAlign = "left";
  context.textBaseline = "middle";
  for (const [place, tag] of tags.entries()) {
    const more = `+${tags.length - place}`;
    const room = end - x - (place < tags.length - 1 ? 22 : 0);
    const whole = widthOf(tag) * 9.6 + 10;
    const text = whole <= room || place === 0 ? tag : more;
    const w = Math.min(widthOf(text) * 9.6 + 10, end - x);
    context.fillStyle = theme.tag;
    context.beginPath();
    context.roundRect(x, y - 7, w, 14, 3);
    context.fill();
    context.fillStyle = theme.onTag;
    context.fillText(text, x + 5, y + 0.5, w - 10);
    if (text === more && place > 0) return;
    x += w + 3;
  }
}

/** @param {CanvasRenderingContext2D} context @param {Box} box @param {string} colour */
function outline(context, box, colour) {
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.strokeRect(box.x + 0.5, box.y + 0.5, box.w - 1, box.h - 1);
}

/** @param {CanvasRenderingContext2D} context @param {string} text @param {ElementProps} element
 * @param {import('../kinds.js').NoteStyle} style @param {Box} box @param {number} scale */
function drawText(context, text, element, style, box, scale) {
  const area = textArea(element, box);
  const { size, lines, widths } = fit(text, area.w, area.h);
  if (size * scale < LETTERS_PX) {
    drawBars(context, widths, size, style, { ...area, x: box.x + area.x, y: box.y + area.y });
    return;
  }
  context.font = `${WEIGHT} ${size}px ${FAMILY}`;
  context.fillStyle = style.ink;
  context.textBaseline = "alphabetic";
  context.textAlign = "left";
  let y = box.y + area.y + size * 0.95;
  for (const line of lines) {
    context.fillText(line, box.x + area.x, y);
    y += size * LINE_HEIGHT;
  }
}

/** Text too small to read, as bars. @param {CanvasRenderingContext2D} context @param {number[]} widths of the lines
 * @param {number} size @param {import('../kinds.js').NoteStyle} style @param {Box} area board */
function drawBars(context, widths, size, style, area) {
  context.fillStyle = style.ink;
  context.globalAlpha = 0.42;
  let y = area.y + size * 0.35;
  for (const width of widths) {
    context.fillRect(area.x, y, width * size, size * 0.5);
    y += size * LINE_HEIGHT;
  }
  context.globalAlpha = 1;
}

/** Icon and name of the kind; version and state of the type that it was promoted to.
 * @param {CanvasRenderingContext2D} context @param {ElementProps} element
 * @param {import('../kinds.js').NoteStyle} style @param {Box} box
 * @param {Record<string, LinkedType>} types @param {boolean} labelled large enough for words */
function drawFoot(context, element, style, box, types, labelled) {
  const pad = textArea(element, box).x;
  const y = box.y + box.h - FOOT;
  if (!labelled) {
    context.fillStyle = "rgba(33, 26, 18, .86)";
    context.fillRect(box.x + box.w - 40, y + 4, 32, 8);
    return;
  }
  drawIcon(context, style.icon, box.x + pad - 1, y, 12, style.ink, 0.72);
  context.globalAlpha = 0.78;
  context.fillStyle = style.ink;
  context.font = `600 9px ${FAMILY}`;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText(element.pivotal ? "Pivotal" : style.label, box.x + pad + 14, y + 6.5);
  context.globalAlpha = 1;
  const type = element.type_id ? types[element.type_id] : undefined;
  if (element.type_id) drawType(context, type, box.x + box.w - 7, y + 6);
}

/** A dark pill with version and, unless it's plainly in force, state. @param {CanvasRenderingContext2D} context
 * @param {LinkedType | undefined} type @param {number} right @param {number} middle */
function drawType(context, type, right, middle) {
  const plain = !type || ["active", "published", "stable", ""].includes(type.state ?? "");
  const text = type ? (plain ? `v${type.version}` : `v${type.version} ${type.state}`) : "linked";
  const width = widthOf(text) * 9.6 + 12;
  context.fillStyle = "rgba(33, 26, 18, .86)";
  context.beginPath();
  context.roundRect(right - width, middle - 7.5, width, 15, 7.5);
  context.fill();
  context.fillStyle = "#fff";
  context.font = `600 9px ${FAMILY}`;
  context.textAlign = "center";
  context.fillText(text, right - width / 2, middle + 0.5);
}

/** @param {CanvasRenderingContext2D} context @param {import('../kinds.js').NoteStyle} style @param {Box} box @param {number} scale */
function drawDot(context, style, box, scale) {
  context.fillStyle = style.colour;
  context.beginPath();
  context.arc(box.x + box.w / 2, box.y + box.h / 2, box.w / 2, 0, 7);
  context.fill();
  context.strokeStyle = "#fff";
  context.lineWidth = 2;
  context.stroke();
  if (box.w * scale > 12) drawIcon(context, style.icon, box.x + box.w / 2 - 10, box.y + box.h / 2 - 10, 20, style.ink, 1);
}

/** @param {CanvasRenderingContext2D} context @param {string} path in a 16 x 16 box @param {number} x @param {number} y
 * @param {number} size @param {string} colour @param {number} alpha */
export function drawIcon(context, path, x, y, size, colour, alpha) {
  let shape = icons.get(path);
  if (!shape) icons.set(path, (shape = new Path2D(path)));
  context.save();
  context.translate(x, y);
  context.scale(size / 16, size / 16);
  context.globalAlpha = alpha;
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.lineCap = context.lineJoin = "round";
  context.stroke(shape);
  context.restore();
}

/** Blurring is slow, so it's done once for each size of note. @param {CanvasRenderingContext2D} context @param {Box} box @param {Theme} theme */
function drawShadow(context, box, theme) {
  const key = `${Math.round(box.w)}x${Math.round(box.h)}`;
  let sprite = shadows.get(key);
  if (!sprite) {
    if (shadows.size > SHADOWS_MAX) shadows.clear();
    shadows.set(key, (sprite = makeShadow(Math.round(box.w), Math.round(box.h))));
  }
  const reach = SHADOW_BLUR;
  context.globalAlpha = theme.shadow;
  context.drawImage(sprite, box.x - reach, box.y - reach + 5, box.w + 2 * reach, box.h + 2 * reach);
  context.globalAlpha = 1;
}

/** @param {number} w @param {number} h board units */
function makeShadow(w, h) {
  const sprite = document.createElement("canvas");
  const grain = Math.min(1, 400 / Math.max(w, h)); // a blur needs few pixels
  sprite.width = Math.ceil((w + 2 * SHADOW_BLUR) * grain);
  sprite.height = Math.ceil((h + 2 * SHADOW_BLUR) * grain);
  const context = /** @type {CanvasRenderingContext2D} */ (sprite.getContext("2d"));
  context.scale(grain, grain);
  const far = 8_000; // the shape itself stays off the sprite: only its shadow falls on it
  for (const [blur, dy, alpha] of [[3, -4, 0.55], [12, 1, 0.75]]) {
    context.shadowColor = `rgba(24, 18, 10, ${alpha})`;
    context.shadowBlur = blur * grain;
    context.shadowOffsetX = far * grain;
    context.shadowOffsetY = dy * grain;
    context.fillRect(SHADOW_BLUR + 3 - far, SHADOW_BLUR + 3, w - 6, h - 6);
  }
  return sprite;
}
