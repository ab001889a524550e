/** Where one looks: world point under the canvas's left upper corner, and pixels a world unit. Session state. */

const SCALE_MIN = 0.02;
const SCALE_MAX = 3;

export class Camera {
  x = 0;
  y = 0;
  scale = 1;
  /** @type {() => void} */
  #changed;

  /** @param {() => void} changed */
  constructor(changed) {
    this.#changed = changed;
  }

  /** @param {number} dx pixels @param {number} dy pixels */
  pan(dx, dy) {
    this.x -= dx / this.scale;
    this.y -= dy / this.scale;
    this.#changed();
  }

  /** @param {number} factor @param {number} px the pixel that stays where it is @param {number} py */
  zoom(factor, px, py) {
    const scale = Math.min(SCALE_MAX, Math.max(SCALE_MIN, this.scale * factor));
    this.x += px / this.scale - px / scale;
    this.y += py / this.scale - py / scale;
    this.scale = scale;
    this.#changed();
  }

  /** @param {number} width of the world @param {number} height @param {{width: number, height: number}} view in pixels @param {number} [most] largest scale */
  fit(width, height, view, most = 1.1) {
    const margin = 40;
    this.scale = Math.max(SCALE_MIN, Math.min(most, (view.width - margin) / Math.max(1, width), (view.height - margin) / Math.max(1, height)));
    this.x = width / 2 - view.width / 2 / this.scale;
    this.y = height / 2 - view.height / 2 / this.scale;
    this.#changed();
  }

  /** @param {number} x of the world @param {number} y @param {{width: number, height: number}} view @param {number} [scale] */
  centre(x, y, view, scale = this.scale) {
    this.scale = Math.min(SCALE_MAX, Math.max(SCALE_MIN, scale));
    this.x = x - view.width / 2 / this.scale;
    this.y = y - view.height / 2 / this.scale;
    this.#changed();
  }

  /** @param {number} px @param {number} py @returns {[number, number]} of the world */
  toWorld(px, py) {
    return [this.x + px / this.scale, this.y + py / this.scale];
  }

  /** @returns {string} for the address */
  toText() {
    return [this.x, this.y, this.scale].map((number) => Number(number.toFixed(number === this.scale ? 4 : 0))).join("~");
  }

  /** @param {string} text @returns {boolean} whether it said something */
  fromText(text) {
    const [x, y, scale] = text.split("~").map(Number);
    if (![x, y, scale].every((number) => Number.isFinite(number)) || !scale) return false;
    Object.assign(this, { x, y, scale: Math.min(SCALE_MAX, Math.max(SCALE_MIN, scale)) });
    this.#changed();
    return true;
  }
}
