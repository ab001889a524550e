/**
 * Pulses: the traffic of promoted types. Numbers always; the pulsing of notes only where motion is welcome (not in calm
 * mode, not with prefers-reduced-motion). Nothing of this enters the document. Lifetime: presence.
 *
 * @import {Traffic} from './types'
 */

import { Signal } from "./signals.js";

const PULSE_MS = 900;
const CALM_KEY = "factstorm:calm";

export class Pulses {
  /** @type {Map<string, Traffic>} */
  traffic = new Map();
  /** @type {Signal<[]>} */
  changed = new Signal();
  /** @type {Map<string, number>} when records last came, by performance.now() */
  #beats = new Map();
  #reduced = matchMedia("(prefers-reduced-motion: reduce)");
  #calm = localStorage.getItem(CALM_KEY) === "1";

  get calm() { return this.#calm; }
  set calm(calm) {
    this.#calm = calm;
    localStorage.setItem(CALM_KEY, calm ? "1" : "0");
    this.changed.emit();
  }

  /** Whether things may move. */
  get still() { return this.#calm || this.#reduced.matches; }

  /** @param {Record<string, Traffic>} traffic */
  merge(traffic) {
    const now = performance.now();
    for (const [typeId, news] of Object.entries(traffic)) {
      const before = this.traffic.get(typeId);
      this.traffic.set(typeId, news);
      if ((news.n ?? 0) > 0 || (before && news.total > before.total)) this.#beats.set(typeId, now);
    }
    this.changed.emit();
  }

  /** @param {string} typeId @returns {number} 1 when records have just come, fading to 0 */
  strengthOf(typeId) {
    if (this.still) return 0;
    const age = performance.now() - (this.#beats.get(typeId) ?? -Infinity);
    return age < PULSE_MS ? 1 - age / PULSE_MS : 0;
  }

  get beating() {
    const now = performance.now();
    return !this.still && [...this.#beats.values()].some((at) => now - at < PULSE_MS);
  }

  /** What a note's badge says. @param {string} typeId */
  badgeOf(typeId) {
    const traffic = this.traffic.get(typeId);
    if (!traffic) return "";
    return traffic.rate > 0 ? `${short(traffic.rate)}/s · ${short(traffic.total)}` : short(traffic.total);
  }
}

/** 1234 -> 1.2k. @param {number} number */
export function short(number) {
  if (number >= 1e9) return `${trimmed(number / 1e9)}G`;
  if (number >= 1e6) return `${trimmed(number / 1e6)}M`;
  if (number >= 1e4) return `${trimmed(number / 1e3)}k`;
  return trimmed(number);
}

/** @param {number} number */
const trimmed = (number) => (number < 10 ? number.toFixed(1).replace(/\.0$/, "") : Math.round(number).toLocaleString("en"));
