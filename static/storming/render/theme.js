/** Colours of the wall: taken from the page's tokens (board.css), so that light and dark come from there. */

import { colourToken, textToken } from "@app/tokens.js";

/** @typedef {ReturnType<typeof readTheme>} Theme colours; `shadow` is the opacity of the notes' shadows */

export function readTheme() {
  /** @param {string} name */
  const colour = (name) => colourToken(`--wall-${name}`);
  return {
    wall: colour("ground"), dot: colour("dot"), line: colour("line"), ink: colour("ink"), faint: colour("faint"),
    accent: colour("accent"), lane: colour("lane"), laneHead: colour("lane-head"), laneLine: colour("lane-line"),
    frame: colour("frame"), context: colour("context"), contextLine: colour("context-line"), guide: colour("guide"),
    tag: colour("tag"), onTag: colour("on-tag"),
    pivot: colour("pivot"), onPivot: colour("on-pivot"), paper: colour("paper"), danger: colour("danger"),
    live: colour("live"), shadow: Number(textToken("--wall-shadow")) || 0.6,
  };
}

/** @param {() => void} callback when light has become dark, or dark light */
export function onThemeChange(callback) {
  document.addEventListener("themechange", callback);
}
