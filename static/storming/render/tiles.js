/**
 * Cached tiles: the still part of the wall, drawn once in squares of TILE_PX device pixels and then only copied. A pan
 * copies a screenful of tiles and draws the few that come in, so it costs the same for 100 notes and for 10,000.
 *
 * A level is a set of tiles at one scale. While the zoom changes, the last level is shown stretched; once it rests, a level
 * at the exact scale is drawn, so that text is crisp. Drawing keeps to a budget of milliseconds a frame; until a tile is
 * ready, the older level fills its place. A dirty tile is redrawn before anything else.
 *
 * @import {Box} from '../types'
 * @import {Camera} from '../camera.js'
 */

export const TILE_PX = 512;
const TILES_MAX = 110;
const BUDGET_MS = 7;
const REST_MS = 140;
const STRETCH_MAX = 2.5;

/** @typedef {{canvas: HTMLCanvasElement | null, stale: boolean, used: number}} Tile canvas null: nothing lies there */
/** @typedef {{scale: number, tiles: Map<string, Tile>}} Level scale in device pixels per board unit */
/** @typedef {(context: CanvasRenderingContext2D, scale: number, box: Box) => void} Paint */

export class Tiles {
  /** @type {Level} */
  #level = { scale: 0, tiles: new Map() };
  /** @type {Level | null} */
  #former = null;
  /** @type {HTMLCanvasElement[]} */
  #spare = [];
  #paint;
  #isEmpty;
  #clock = 0;
  #zoomedAt = -Infinity;
  #lastScale = 0;
  /** For measuring: tiles drawn since the start. */
  painted = 0;

  /** @param {Paint} paint @param {(box: Box) => boolean} isEmpty */
  constructor(paint, isEmpty) {
    this.#paint = paint;
    this.#isEmpty = isEmpty;
  }

  /** @param {Box[]} boxes board units */
  dirty(boxes) {
    for (const box of boxes) this.#each(this.#level, box, (key) => {
      const tile = this.#level.tiles.get(key);
      if (tile) tile.stale = true;
    });
    if (this.#former) this.#dropFormer();
  }

  dirtyAll() {
    for (const tile of this.#level.tiles.values()) tile.stale = true;
    this.#dropFormer();
  }

  /**
   * Copies what is seen onto the context (device pixels, no transform).
   * @param {CanvasRenderingContext2D} context @param {Camera} camera @param {number} ratio device pixels per CSS pixel
   * @param {number} now @returns {boolean} whether there is more to draw: come again next frame
   */
  draw(context, camera, ratio, now) {
    const scale = camera.zoom * ratio;
    this.#chooseLevel(scale, now);
    const level = this.#level;
    const stretch = scale / level.scale;
    const view = camera.view;
    this.#clock += 1;
    let missing = this.#paintNeeded(level, view, performance.now() + BUDGET_MS);
    if (this.#former && missing) this.#copy(context, this.#former, camera, scale / this.#former.scale, ratio);
    else if (this.#former && !missing && stretch === 1) this.#dropFormer();
    this.#copy(context, level, camera, stretch, ratio);
    if (!missing && stretch === 1) missing = this.#paintAhead(level, view);
    return missing || stretch !== 1;
  }

  /** @param {number} scale @param {number} now */
  #chooseLevel(scale, now) {
    if (scale !== this.#lastScale) {
      this.#lastScale = scale;
      this.#zoomedAt = this.#level.scale ? now : -Infinity;
    }
    if (scale === this.#level.scale) return;
    const stretch = this.#level.scale ? scale / this.#level.scale : Infinity;
    const resting = now - this.#zoomedAt > REST_MS;
    if (!resting && stretch < STRETCH_MAX && stretch > 1 / STRETCH_MAX) return;
    this.#dropFormer();
    this.#former = this.#level;
    this.#level = { scale, tiles: new Map() };
  }

  /** Dirty and missing tiles of the view, as long as there is time. @param {Level} level @param {Box} view @param {number} until */
  #paintNeeded(level, view, until) {
    let missing = false;
    this.#each(level, view, (key, i, j) => {
      const tile = level.tiles.get(key);
      if (tile) tile.used = this.#clock;
      if (tile && !tile.stale) return;
      if (performance.now() > until) missing = true;
      else this.#paintTile(level, key, i, j);
    });
    return missing;
  }

  /** One tile around the view, so that a pan finds it ready. @param {Level} level @param {Box} view @returns {boolean} whether one was drawn */
  #paintAhead(level, view) {
    const size = TILE_PX / level.scale;
    let drawn = false;
    this.#each(level, { x: view.x - size, y: view.y - size, w: view.w + 2 * size, h: view.h + 2 * size }, (key, i, j) => {
      const tile = level.tiles.get(key);
      if (tile) tile.used = Math.max(tile.used, this.#clock - 1);
      if (drawn || (tile && !tile.stale)) return;
      drawn = this.#paintTile(level, key, i, j);
    });
    return drawn;
  }

  /** @param {Level} level @param {string} key @param {number} i @param {number} j @returns {boolean} whether there was something to draw */
  #paintTile(level, key, i, j) {
    const size = TILE_PX / level.scale;
    const box = { x: i * size, y: j * size, w: size, h: size };
    const known = level.tiles.get(key);
    if (this.#isEmpty(box)) {
      if (known?.canvas) this.#spare.push(known.canvas);
      level.tiles.set(key, { canvas: null, stale: false, used: this.#clock });
      return false;
    }
    const canvas = known?.canvas ?? this.#canvas();
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, TILE_PX, TILE_PX);
    context.setTransform(level.scale, 0, 0, level.scale, -i * TILE_PX, -j * TILE_PX);
    this.#paint(context, level.scale, box);
    level.tiles.set(key, { canvas, stale: false, used: this.#clock });
    this.painted += 1;
    return true;
  }

  /** @param {CanvasRenderingContext2D} context @param {Level} level @param {Camera} camera @param {number} stretch @param {number} ratio */
  #copy(context, level, camera, stretch, ratio) {
    if (!level.scale) return;
    const size = TILE_PX * stretch;
    const left = camera.x * camera.zoom * ratio;
    const top = camera.y * camera.zoom * ratio;
    this.#each(level, camera.view, (key, i, j) => {
      const canvas = level.tiles.get(key)?.canvas;
      if (!canvas) return;
      if (stretch === 1) context.drawImage(canvas, i * TILE_PX - Math.round(left), j * TILE_PX - Math.round(top));
      else context.drawImage(canvas, i * size - left, j * size - top, size, size);
    });
  }

  /** @param {Level} level @param {Box} box board units @param {(key: string, i: number, j: number) => void} visit */
  #each(level, box, visit) {
    if (!level.scale) return;
    const size = TILE_PX / level.scale;
    const [left, right] = [Math.floor(box.x / size), Math.floor((box.x + box.w) / size)];
    const [top, bottom] = [Math.floor(box.y / size), Math.floor((box.y + box.h) / size)];
    if ((right - left + 1) * (bottom - top + 1) > 4 * TILES_MAX) {
      for (const key of level.tiles.keys()) {
        const [i, j] = key.split(",").map(Number);
        if (i >= left && i <= right && j >= top && j <= bottom) visit(key, i, j);
      }
      return;
    }
    for (let j = top; j <= bottom; j++) for (let i = left; i <= right; i++) visit(`${i},${j}`, i, j);
  }

  /** A canvas to draw a tile on; when there are too many, the one not seen for longest. @returns {HTMLCanvasElement} */
  #canvas() {
    const spare = this.#spare.pop();
    if (spare) return spare;
    if (this.#level.tiles.size > TILES_MAX) {
      let oldest = null;
      for (const [key, tile] of this.#level.tiles) {
        if (tile.used < this.#clock - 1 && (!oldest || tile.used < oldest.tile.used)) oldest = { key, tile };
      }
      if (oldest) {
        this.#level.tiles.delete(oldest.key);
        if (oldest.tile.canvas) return oldest.tile.canvas;
      }
    }
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = TILE_PX;
    return canvas;
  }

  #dropFormer() {
    for (const tile of this.#former?.tiles.values() ?? []) {
      if (tile.canvas && this.#spare.length < TILES_MAX / 2) this.#spare.push(tile.canvas);
    }
    this.#former = null;
  }
}
