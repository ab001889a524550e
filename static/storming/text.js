/**
 * Text on notes: measuring, wrapping, and shrinking until it fits. Word widths are measured once at REFERENCE_PX and
 * scaled, so fitting is arithmetic; results are kept by (text, width, height). All sizes in board units.
 */

export const FAMILY = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif';
export const WEIGHT = 500;
export const SIZE_MAX = 22;
export const SIZE_MIN = 7;
export const LINE_HEIGHT = 1.22;
const REFERENCE_PX = 64;
const WORDS_MAX = 50_000;
const LAYOUTS_MAX = 30_000;

/** @typedef {{size: number, lines: string[], widths: number[], clipped: boolean}} Layout widths in units of `size` */

const meter = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));
meter.font = `${WEIGHT} ${REFERENCE_PX}px ${FAMILY}`;
/** @type {Map<string, number>} */
const words = new Map();
/** @type {Map<string, Layout>} */
const layouts = new Map();

/** @param {string} word @returns {number} its width at size 1 */
export function widthOf(word) {
  let width = words.get(word);
  if (width === undefined) {
    if (words.size > WORDS_MAX) words.clear();
    width = meter.measureText(word).width / REFERENCE_PX;
    words.set(word, width);
  }
  return width;
}

/** The largest size at which the text fits, and its lines. @param {string} text @param {number} w @param {number} h
 * @param {number} [sizeMax] @returns {Layout} */
export function fit(text, w, h, sizeMax = SIZE_MAX) {
  const key = `${w}|${h}|${sizeMax}|${text}`;
  const known = layouts.get(key);
  if (known) return known;
  if (layouts.size > LAYOUTS_MAX) layouts.clear();
  const layout = fitted(text, w, h, sizeMax);
  layouts.set(key, layout);
  return layout;
}

/** @param {string} text @param {number} w @param {number} h @param {number} sizeMax @returns {Layout} */
function fitted(text, w, h, sizeMax) {
  for (let size = sizeMax; size >= SIZE_MIN; size -= size > 14 ? 1 : 0.5) {
    const wrapped = wrap(text, w / size);
    const breaks = size > 11 && wrapped.broken; // rather smaller than broken within a word
    if (!breaks && wrapped.lines.length * size * LINE_HEIGHT <= h) return { size, ...wrapped, clipped: false };
  }
  const { lines } = wrap(text, w / SIZE_MIN);
  const shown = lines.slice(0, Math.max(1, Math.floor(h / (SIZE_MIN * LINE_HEIGHT))));
  shown[shown.length - 1] = shown[shown.length - 1].replace(/.{0,2}$/, "…");
  return { size: SIZE_MIN, lines: shown, widths: shown.map(widthOf), clipped: true };
}

/** @param {string} text @param {number} room width at size 1 @returns {{lines: string[], widths: number[], broken: boolean}} */
export function wrap(text, room) {
  /** @type {string[]} */
  const lines = [];
  const space = widthOf(" ");
  let broken = false;
  for (const paragraph of text.split("\n")) {
    let line = "";
    let width = 0;
    for (let word of paragraph.split(" ")) {
      if (widthOf(word) > room) {
        broken = true;
        if (line) lines.push(line);
        const pieces = cut(word, room);
        lines.push(...pieces.slice(0, -1));
        word = pieces[pieces.length - 1];
        line = word;
        width = widthOf(word);
        continue;
      }
      const longer = line ? width + space + widthOf(word) : widthOf(word);
      if (line && longer > room) {
        lines.push(line);
        line = word;
        width = widthOf(word);
      } else {
        line = line ? `${line} ${word}` : word;
        width = longer;
      }
    }
    lines.push(line);
  }
  return { lines, widths: lines.map(widthOf), broken };
}

/** @param {string} word too long for a line @param {number} room @returns {string[]} */
function cut(word, room) {
  const pieces = [""];
  let width = 0;
  for (const letter of word) {
    const next = widthOf(letter);
    if (width + next > room && pieces[pieces.length - 1]) {
      pieces.push("");
      width = 0;
    }
    pieces[pieces.length - 1] += letter;
    width += next;
  }
  return pieces;
}
