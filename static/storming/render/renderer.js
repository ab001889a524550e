/**
 * The renderer: two canvases over each other, drawn only when something has changed.
 *
 *   still   ground with dots, pivotal boundaries, tiles (tiles.js)
 *   lively  what is being dragged, selections, traffic, cursors, the gesture at hand
 *
 * Dragged elements are lifted: left out of the tiles and drawn on the lively canvas, so a drag doesn't redraw tiles.
 *
 * @import {Box} from '../types'
 * @import {Wall} from '../wall.js'
 * @import {Placed} from '../scene.js'
 */

import { isNoteKind } from "../kinds.js";
import { grown } from "../geometry.js";
import { BLEED } from "../scene.js";
import { boundaryNameWidth, drawBoundary, drawContext, drawFrame, drawSwimlane } from "./areas.js";
import { drawConnector } from "./connectors.js";
import { drawLively } from "./lively.js";
import { drawNote } from "./notes.js";
import { onThemeChange, readTheme } from "./theme.js";
import { Tiles } from "./tiles.js";

const DOT_GAP = 28;
const LIFTED_DETAIL_MAX = 150;
/** So many lifted notes and more are drawn once and then moved as a picture. */
const SPRITE_MIN = 40;

export class Renderer {
  theme;
  tiles;
  /** Id of the element whose text is under the editor. @type {string | null} */
  hiddenText = null;
  /** Where elements are drawn instead of where the document says. @type {Map<string, Partial<Box>>} */
  lifted = new Map();
  /** Device pixels per CSS pixel. */
  ratio = 1;
  /** Run before each frame that is drawn; true asks for another. @type {Set<(now: number) => boolean>} */
  animations = new Set();
  /** Drawn over the notes and below cursors, in CSS pixels. @type {Set<(context: CanvasRenderingContext2D, renderer: Renderer) => void>} */
  overlays = new Set();
  #wall;
  #still;
  #lively;
  #stillContext;
  #livelyContext;
  #stillDirty = true;
  #livelyDirty = true;
  #scheduled = false;
  /** @type {CanvasPattern | null} */
  #dots = null;
  #dotsKey = "";
  /** @type {{dx: number, dy: number} | null} */
  #shift = null;
  /** Many lifted notes as one picture, of where they were. @type {{canvas: HTMLCanvasElement, x: number, y: number, key: string} | null} */
  #sprite = null;

  /** @param {Wall} wall @param {HTMLCanvasElement} still @param {HTMLCanvasElement} lively */
  constructor(wall, still, lively) {
    this.#wall = wall;
    this.#still = still;
    this.#lively = lively;
    this.#stillContext = /** @type {CanvasRenderingContext2D} */ (still.getContext("2d", { alpha: false }));
    this.#livelyContext = /** @type {CanvasRenderingContext2D} */ (lively.getContext("2d"));
    this.theme = readTheme();
    this.tiles = new Tiles(
      (context, scale, box) => this.#paint(context, scale, box),
      (box) => wall.scene.within(box).length === 0,
    );
    wall.scene.dirtied.on((boxes) => {
      this.tiles.dirty(boxes);
      this.requestStill();
    });
    wall.camera.changed.on(() => this.requestStill());
    onThemeChange(() => {
      this.theme = readTheme();
      this.#dotsKey = "";
      this.dirtyAll();
    });
    new ResizeObserver(() => this.resize()).observe(/** @type {Element} */ (still.parentElement));
    this.resize();
  }

  resize() {
    const { clientWidth, clientHeight } = /** @type {Element} */ (this.#still.parentElement);
    this.ratio = Math.min(3, devicePixelRatio || 1);
    for (const canvas of [this.#still, this.#lively]) {
      canvas.width = Math.max(1, Math.round(clientWidth * this.ratio));
      canvas.height = Math.max(1, Math.round(clientHeight * this.ratio));
    }
    this.#wall.camera.resize(clientWidth, clientHeight);
    this.requestStill();
  }

  dirtyAll() {
    this.tiles.dirtyAll();
    this.requestStill();
  }

  requestStill() {
    this.#stillDirty = true;
    this.requestLively();
  }

  requestLively() {
    this.#livelyDirty = true;
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame((now) => this.#frame(now));
  }

  /** Draws these elsewhere until they're put down; both places are redrawn. @param {Map<string, Partial<Box>>} lifted
   * @param {{dx: number, dy: number} | null} [shift] board units, if all of them move by the same: then many are drawn once */
  lift(lifted, shift = null) {
    this.#shift = shift;
    if (!lifted.size || !shift) this.#sprite = null;
    const change = [...lifted.keys()].filter((id) => !this.lifted.has(id));
    for (const id of this.lifted.keys()) if (!lifted.has(id)) change.push(id);
    this.lifted = lifted;
    this.#dirtyElements(change);
    this.requestLively();
  }

  /** @param {string | null} id */
  hideTextOf(id) {
    const change = [id, this.hiddenText].filter((each) => each !== null);
    this.hiddenText = id;
    this.#dirtyElements(change);
    this.requestStill();
  }

  /** Where an element is drawn now. @param {string} id @returns {Box | null} */
  boxOf = (id) => {
    const box = this.#wall.scene.boxOf(id);
    const lifted = this.lifted.get(id);
    return box && lifted ? { ...box, ...lifted } : box;
  };

  /** A part of the wall as it is, without cursors and selections, onto any canvas. @param {CanvasRenderingContext2D} context
   * @param {Box} region board units @param {number} scale pixels per unit */
  paintRegion(context, region, scale) {
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = this.theme.wall;
    context.fillRect(0, 0, context.canvas.width, context.canvas.height);
    context.fillStyle = this.theme.pivot;
    context.globalAlpha = 0.28;
    for (const id of this.#wall.scene.pivotal) {
      const box = this.#wall.scene.boxOf(id);
      if (box) context.fillRect((box.x + box.w + 12 - region.x) * scale, 0, Math.max(1, 2 * scale), context.canvas.height);
    }
    context.globalAlpha = 1;
    context.setTransform(scale, 0, 0, scale, -region.x * scale, -region.y * scale);
    for (const placed of this.#wall.scene.within(region)) this.#paintElement(context, scale, placed);
  }

  /** @param {Iterable<string>} ids */
  #dirtyElements(ids) {
    const boxes = [];
    for (const id of ids) {
      for (const each of [id, ...this.#wall.scene.connectorsOf(id)]) {
        const box = this.#wall.scene.boxOf(each);
        if (box) boxes.push(grown(box, BLEED));
      }
    }
    if (!boxes.length) return;
    this.tiles.dirty(boxes);
    this.requestStill();
  }

  /** @param {number} now */
  #frame(now) {
    this.#scheduled = false;
    let again = false;
    for (const animate of this.animations) again = animate(now) || again;
    if (this.#stillDirty) {
      this.#stillDirty = false;
      if (this.#drawStill(now)) this.requestStill();
    }
    if (this.#livelyDirty) {
      this.#livelyDirty = false;
      this.#drawLively();
    }
    if (again) this.requestLively();
  }

  /** @param {number} now @returns {boolean} more to come */
  #drawStill(now) {
    const context = this.#stillContext;
    const { camera } = this.#wall;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = this.theme.wall;
    context.fillRect(0, 0, this.#still.width, this.#still.height);
    this.#drawDots(context);
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    this.#drawBoundaries(context);
    context.setTransform(1, 0, 0, 1, 0, 0);
    return this.tiles.draw(context, camera, this.ratio, now);
  }

  /** Pivotal events as lines; from afar with their names, in rows where they would overlap. @param {CanvasRenderingContext2D} context */
  #drawBoundaries(context) {
    const { camera, document: board } = this.#wall;
    const lines = [];
    for (const id of this.#wall.scene.pivotal) {
      const box = this.boxOf(id);
      const x = box ? (box.x + box.w + 12 - camera.x) * camera.zoom : NaN;
      if (x > -200 && x < camera.width + 200) lines.push({ x, name: camera.zoom < 0.45 ? (board.live(id)?.text ?? "") : "" });
    }
    /** @type {number[]} right end of the last name of each row */
    const rows = [];
    for (const { x, name } of lines.sort((a, b) => a.x - b.x)) {
      const width = boundaryNameWidth(name);
      const middle = Math.max(width / 2 + 4, Math.min(camera.width - width / 2 - 4, x));
      let row = rows.findIndex((end) => end < middle - width / 2);
      if (row < 0) row = rows.length;
      rows[row] = middle + width / 2 + 4;
      drawBoundary(context, x, camera.height, { name, middle, top: 8 + row * 24 }, this.theme);
    }
  }

  /** @param {CanvasRenderingContext2D} context */
  #drawDots(context) {
    const { camera } = this.#wall;
    let gap = DOT_GAP * camera.zoom;
    while (gap < 14) gap *= 4;
    const side = gap * this.ratio;
    const key = `${side}${this.theme.dot}`;
    if (key !== this.#dotsKey) {
      this.#dotsKey = key;
      const tile = document.createElement("canvas");
      tile.width = tile.height = Math.max(4, Math.round(side));
      const dots = /** @type {CanvasRenderingContext2D} */ (tile.getContext("2d"));
      dots.fillStyle = this.theme.dot;
      const radius = Math.max(0.7, Math.min(1.4, camera.zoom)) * this.ratio;
      dots.beginPath();
      dots.arc(tile.width / 2, tile.height / 2, radius, 0, 7);
      dots.fill();
      this.#dots = context.createPattern(tile, "repeat");
      const grain = side / tile.width;
      this.#dots?.setTransform(new DOMMatrix([grain, 0, 0, grain, 0, 0]));
    }
    if (!this.#dots) return;
    const x = Math.round(-(((camera.x * camera.zoom * this.ratio) % side) + side) % side);
    const y = Math.round(-(((camera.y * camera.zoom * this.ratio) % side) + side) % side);
    context.setTransform(1, 0, 0, 1, x, y);
    context.fillStyle = this.#dots;
    context.fillRect(-x, -y, this.#still.width, this.#still.height);
  }

  #drawLively() {
    const context = this.#livelyContext;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.#lively.width, this.#lively.height);
    if (this.lifted.size) this.#drawLifted(context);
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    drawLively(context, this.#wall, this);
  }

  /** @param {CanvasRenderingContext2D} context */
  #drawLifted(context) {
    const { camera, scene, document: board } = this.#wall;
    const full = camera.zoom * this.ratio;
    context.setTransform(full, 0, 0, full, -camera.x * full, -camera.y * full);
    const scale = this.lifted.size > LIFTED_DETAIL_MAX ? Math.min(full, 0.3) : full; // many at once: bars instead of text
    const view = grown(camera.view, BLEED);
    const hanging = new Set([...this.lifted.keys()].flatMap((id) => [...scene.connectorsOf(id)]));
    for (const id of hanging) {
      const element = board.live(id);
      const curve = element && scene.curveOf(element, this.boxOf);
      if (curve) drawConnector(context, scale, curve, this.theme, { label: element.text });
    }
    if (this.#shift && this.lifted.size > SPRITE_MIN && this.#drawSprite(context, full, this.#shift)) return;
    for (const id of this.lifted.keys()) {
      const element = board.live(id);
      const box = this.boxOf(id);
      if (!element || !box || box.x > view.x + view.w || box.y > view.y + view.h || box.x + box.w < view.x || box.y + box.h < view.y) continue;
      this.#paintElement(context, scale, { id, element, box });
    }
  }

  /** The lifted as one picture: made once a zoom, of what lies within a screen around the view, then only moved.
   * @param {CanvasRenderingContext2D} context @param {number} full device pixels per board unit @param {{dx: number, dy: number}} shift */
  #drawSprite(context, full, { dx, dy }) {
    const { camera, scene } = this.#wall;
    const { width, height } = this.#lively;
    const reach = 0.5;
    const [left, top] = [camera.x - dx, camera.y - dy]; // the view, where the lifted were
    const key = `${full} ${this.lifted.size}`;
    const known = this.#sprite;
    const off = known ? Math.max(Math.abs(left - known.x - (reach * width) / full), Math.abs(top - known.y - (reach * height) / full)) : Infinity;
    if (!known || known.key !== key || off * full > reach * Math.min(width, height)) {
      const canvas = known?.canvas ?? document.createElement("canvas");
      canvas.width = Math.round(width * (1 + 2 * reach));
      canvas.height = Math.round(height * (1 + 2 * reach));
      const [x, y] = [left - (reach * width) / full, top - (reach * height) / full];
      const own = canvas.getContext("2d");
      if (!own) return false;
      own.setTransform(full, 0, 0, full, -x * full, -y * full);
      const box = { x, y, w: canvas.width / full, h: canvas.height / full };
      for (const placed of scene.within(box)) if (this.lifted.has(placed.id)) this.#paintElement(own, full, placed);
      this.#sprite = { canvas, x, y, key };
    }
    if (!this.#sprite) return false;
    const { canvas, x, y } = this.#sprite;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(canvas, Math.round((x - left) * full), Math.round((y - top) * full));
    return true;
  }

  /** One tile. @param {CanvasRenderingContext2D} context @param {number} scale @param {Box} box */
  #paint(context, scale, box) {
    for (const placed of this.#wall.scene.within(box)) {
      if (this.lifted.has(placed.id) || this.#hangsOnLifted(placed)) continue;
      this.#paintElement(context, scale, placed);
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {number} scale @param {Placed} placed */
  #paintElement(context, scale, { id, element, box }) {
    const hideText = this.hiddenText === id;
    if (isNoteKind(element.kind)) {
      drawNote(context, scale, element, box, { theme: this.theme, types: this.#wall.types, hideText });
    } else if (element.kind === "connector") {
      const curve = this.#wall.scene.curveOf(element);
      if (curve) drawConnector(context, scale, curve, this.theme, { label: hideText ? "" : element.text });
    } else if (element.kind === "swimlane") {
      drawSwimlane(context, scale, element, box, this.theme, hideText);
    } else if (element.kind === "context") {
      drawContext(context, scale, element, box, this.theme, hideText);
    } else {
      drawFrame(context, scale, element, box, this.theme, hideText);
    }
  }

  /** @param {Placed} placed */
  #hangsOnLifted({ element }) {
    if (element.kind !== "connector" || !this.lifted.size) return false;
    return this.lifted.has(element.from ?? "") || this.lifted.has(element.to ?? "");
  }
}
