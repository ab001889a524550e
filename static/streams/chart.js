/** The rate chart: records a second over the last five minutes, drawn by uPlot in the page's colours. */
import { colourToken, textToken } from "../app/tokens.js";
import uPlot from "uplot";

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hour12: false });

export class RateChart {
  /** @type {any} */ #plot;
  /** @type {[number[], number[]]} */ #data = [[], []];

  /** @param {HTMLElement} box */
  constructor(box) {
    this.box = box;
    new ResizeObserver(() => this.#plot?.setSize(this.#size())).observe(box);
    const again = () => { this.#plot?.destroy(); this.#plot = undefined; this.#draw(); };
    document.addEventListener("themechange", again);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  }

  /** @param {number[]} series a number a second, the last one is the running second @param {number} now seconds since 1970 */
  set(series, now) {
    const whole = series.slice(0, -1); // the running second would always look like a fall
    this.#data = [whole.map((_, place) => now - whole.length + place), whole];
    if (this.#plot) this.#plot.setData(this.#data);
    else this.#draw();
    const peak = Math.max(0, ...whole);
    this.box.setAttribute("aria-label", `Records a second over the last five minutes; the busiest second had ${peak.toLocaleString()}`);
  }

  #size() {
    return { width: Math.max(this.box.clientWidth, 50), height: this.box.clientHeight };
  }

  #draw() {
    if (!this.#data[0].length) return;
    const axis = { stroke: colourToken("--ink-3"), font: `11px ${textToken("--font-sans")}`, grid: { stroke: colourToken("--line"), width: 1 }, ticks: { show: false } };
    const line = colourToken("--series-1");
    this.#plot = new uPlot({
      ...this.#size(),
      padding: [8, 18, 0, 0],
      cursor: { drag: { x: false, y: false }, y: false },
      legend: { show: false },
      scales: { y: { range: (/** @type {any} */ _, /** @type {number} */ __, /** @type {number} */ most) => [0, Math.max(most * 1.1, 4)] } },
      axes: [{ ...axis, size: 22, space: 60, grid: { show: false }, incrs: [60, 120], values: (/** @type {any} */ _, /** @type {number[]} */ at) => at.map((second) => clock.format(second * 1000)) }, { ...axis, size: 44, space: 28 }],
      series: [{}, { stroke: line, width: 1.5, fill: line.replace("rgb(", "rgba(").replace(")", ", 0.14)"), points: { show: false }, paths: uPlot.paths.stepped?.({ align: 1 }) }],
    }, this.#data, this.box);
  }
}
