/** Times: <time datetime data-relative> reads "3 minutes ago", stays fresh, and shows the local time on hover. */
const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
/** The unit, and from how many seconds on it is used: "6 days ago" is clearer than "last week", so days go on to two months.
 * @type {[Intl.RelativeTimeFormatUnit, number][]} */
const UNITS = [["year", 31_557_600], ["month", 5_259_600], ["day", 86_400], ["hour", 3600], ["minute", 60]];
const MONTH_SECONDS = 2_629_800;
const REFRESH_MS = 15_000;

/**
 * @param {Date} moment
 * @param {number} [now] milliseconds
 * @returns {string} "just now", "3 minutes ago", "in 2 days"
 */
export function relative(moment, now = Date.now()) {
  const seconds = (moment.getTime() - now) / 1000;
  for (const [unit, length] of UNITS) {
    if (Math.abs(seconds) >= length) return words.format(Math.trunc(seconds / (unit === "month" ? MONTH_SECONDS : length)), unit);
  }
  return Math.abs(seconds) < 10 ? "just now" : seconds < 0 ? "less than a minute ago" : "in less than a minute";
}

/** @param {ParentNode} [root] freshens every relative time below it; call it for what a script has added */
export function freshen(root = document) {
  for (const time of root.querySelectorAll("time[data-relative]")) {
    const moment = new Date(time.getAttribute("datetime") ?? "");
    if (Number.isNaN(moment.getTime())) continue;
    const text = relative(moment);
    if (time.textContent !== text) time.textContent = text;
    time.setAttribute("title", full.format(moment));
  }
}

freshen();
setInterval(freshen, REFRESH_MS);
