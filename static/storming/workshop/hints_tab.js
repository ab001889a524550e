/**
 * The hints' tab: near-duplicates that the group merges or keeps as two meanings, then what the soft grammar says. Both are
 * read by the server and never block anything; each can be put away, for everybody on the board.
 *
 * @import {ElementPatches} from '../types'
 * @import {Wall} from '../wall.js'
 * @import {Tab} from './panel.js'
 */

import { el } from "@app/dom.js";
import { ApiError } from "@app/http.js";

import { noteRow, section } from "./rows.js";

const AGAIN_MS = 900;
/** @typedef {{first: string, second: string, likeness: number}} Pair */
/** @typedef {{code: string, element_id: string, message: string, advice: string}} Hint */

/** @param {Wall} wall @param {HTMLElement} body @returns {Tab} */
export function showHints(wall, body) {
  /** @type {Pair[]} */
  let pairs = [];
  /** @type {Hint[]} */
  let hints = [];
  let loaded = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const load = async () => {
    timer = undefined;
    try {
      const [twins, found] = await Promise.all([wall.workshop.fetch("/duplicates"), wall.workshop.fetch("/hints")]);
      [pairs, hints, loaded] = [twins.pairs, found.hints, true];
      paint();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      body.replaceChildren(el("p", { class: "side-hint", role: "alert" }, `${error.message} ${error.hint}`));
    }
  };
  const paint = () => {
    const known = pairs.filter(({ first, second }) => wall.document.live(first) && wall.document.live(second));
    const shown = hints.filter(({ element_id: id, code }) => wall.document.live(id) && !wall.document.live(id)?.hushed?.includes(code));
    body.replaceChildren(
      ...(known.length ? [section(`Near-duplicates (${known.length})`, ...known.slice(0, 40).map((pair) => twinRow(wall, pair, paint)))] : []),
      ...(shown.length ? [section(`Hints (${shown.length})`, ...shown.map((hint) => hintRow(wall, hint, paint)))] : []),
    );
    if (!known.length && !shown.length) {
      const quiet = wall.workshop.state.format === "big_picture" ? "In Big Picture the grammar is quiet: just write." : "The story reads well.";
      body.replaceChildren(el("p", { class: "side-empty", "data-testid": "no-hints" }, loaded ? `No hints. ${quiet}` : "Reading the wall…"));
    }
  };
  return {
    draw() {
      paint();
      timer ??= setTimeout(() => void load(), loaded ? AGAIN_MS : 0);
    },
  };
}

/** @param {Wall} wall @param {Pair} pair @param {() => void} after */
function twinRow(wall, { first, second }, after) {
  const act = (/** @type {string} */ label, /** @type {string} */ testid, /** @type {() => ElementPatches} */ patch) => el("button", {
    class: "button button--sm", type: "button", disabled: !wall.canEdit, "data-testid": testid,
    onclick: () => {
      wall.syncing.write({ elements: patch() });
      after();
    },
  }, label);
  return el("div", { class: "twin", "data-testid": "twin" }, noteRow(wall, first), noteRow(wall, second), el("div", { class: "cluster cluster--sm" },
    act("Merge into the first", "twin-merge", () => mergeOf(wall, first, second)),
    act("Two meanings", "twin-keep", () => ({ [second]: { distinct: [...(wall.document.live(second)?.distinct ?? []), first].slice(-200) } }))));
}

/** The second goes; its arrows, tags, links and fields come to the first. @param {Wall} wall @param {string} first @param {string} second @returns {ElementPatches} */
export function mergeOf(wall, first, second) {
  const [kept, gone] = [wall.document.live(first), wall.document.live(second)];
  /** @type {ElementPatches} */
  const patch = { [second]: { deleted: true } };
  if (!kept || !gone) return patch;
  const tags = [...new Set([...(kept.tags ?? []), ...(gone.tags ?? [])])].slice(0, 40);
  const fields = [...(kept.fields ?? []), ...(gone.fields ?? []).filter(({ name }) => !kept.fields?.some((field) => field.name === name))].slice(0, 40);
  const links = [...(kept.links ?? []), ...(gone.links ?? []).filter(({ url }) => !kept.links?.some((link) => link.url === url))].slice(0, 40);
  const joined = { ...(gone.tags && { tags }), ...(gone.fields && { fields }), ...(gone.links && { links }), ...(gone.pivotal && { pivotal: true }) };
  if (Object.keys(joined).length) patch[first] = joined;
  for (const arrow of wall.scene.connectorsOf(second)) {
    const { from, to } = wall.document.live(arrow) ?? {};
    const [start, end] = [from === second ? first : from, to === second ? first : to];
    patch[arrow] = start === end ? { deleted: true } : { from: start, to: end };
  }
  return patch;
}

/** @param {Wall} wall @param {Hint} hint @param {() => void} after */
function hintRow(wall, { code, element_id: id, message, advice }, after) {
  const dismiss = () => {
    wall.syncing.write({ elements: { [id]: { hushed: [...(wall.document.live(id)?.hushed ?? []), code] } } });
    after();
  };
  return el("div", { class: "hint-row", "data-testid": `hint-${code}` }, noteRow(wall, id, message, el("span", { class: "choice__hint" }, advice)),
    el("button", { class: "button button--quiet button--sm", type: "button", disabled: !wall.canEdit, "aria-label": `Dismiss: ${message}`, "data-testid": `dismiss-${code}-${id}`, onclick: dismiss }, "Dismiss"));
}
