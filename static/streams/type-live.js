/**
 * The last records and the rate of a message type, for any page:
 *
 *     <div data-type-live data-traffic="/w/acme/traffic/types/OrderPlaced" data-records="/w/acme/types/OrderPlaced/records"
 *          data-streams="/w/acme/streams/"></div>
 *     <script type="module" src="/static/streams/type-live.js"></script>  and  <link rel="stylesheet" href="/static/streams/streams.css">
 *
 * Asks every two seconds while the page is in sight; records are fetched only when the total has changed.
 */
import { el } from "../app/dom.js";
import { fetchJson } from "../app/http.js";
import { freshen } from "../app/times.js";
import { RateChart } from "./chart.js";
import { preview } from "./rows.js";
import { perSecond } from "./words.js";

const EVERY_MS = 2000;
for (const box of document.querySelectorAll("[data-type-live]")) follow(/** @type {HTMLElement} */ (box));

/** @param {HTMLElement} box */
function follow(box) {
  const summary = el("p", { class: "muted numeric" });
  const chartBox = el("div", { class: "stream-chart", role: "img", "aria-label": "Records a second" });
  const list = el("ol", { class: "type-live__rows" });
  box.replaceChildren(summary, chartBox, list);
  const chart = new RateChart(chartBox);
  let total = -1;
  const refresh = async () => {
    if (document.hidden) return;
    const found = await fetchJson(box.dataset.traffic ?? "").catch(() => null);
    if (!found) return;
    summary.textContent = `${perSecond(found.rate)} · ${found.total.toLocaleString()} records · ${found.rejected.toLocaleString()} rejected`;
    chart.set(found.series, found.now);
    if (found.total === total) return;
    total = found.total;
    const answer = await fetchJson(`${box.dataset.records}?limit=20`).catch(() => null);
    if (answer) list.replaceChildren(...answer.records.map((/** @type {any} */ record) => row(record, box.dataset.streams ?? "")));
    freshen(list);
  };
  refresh();
  setInterval(refresh, EVERY_MS);
}

/** @param {import("./tail.js").StreamRecord & {stream: string}} record @param {string} streams */
function row(record, streams) {
  const time = el("time", { datetime: record.timestamp, "data-relative": true });
  const link = el("a", { href: `${streams}${record.stream}/?from=offset:${record.partition}:${record.offset}` }, time);
  return el("li", {}, link, el("code", { title: record.version ?? "" }, preview(record)));
}
