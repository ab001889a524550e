/** Numbers in words, as the pages of streams write them. */

/** @param {number} count @returns {string} "1.2 MB" */
export function bytes(count) {
  const units = ["bytes", "KB", "MB", "GB", "TB"];
  let size = count;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) { size /= 1024; unit += 1; }
  return `${unit ? size.toLocaleString(undefined, { maximumFractionDigits: 1 }) : size} ${units[unit]}`;
}

/** @param {number} rate records a second @returns {string} "12.4/s" */
export function perSecond(rate) {
  return `${rate.toLocaleString(undefined, { maximumFractionDigits: rate < 100 ? 1 : 0 })}/s`;
}

/** @param {number} seconds @returns {string} "2 min 5 s" */
export function duration(seconds) {
  const whole = Math.floor(seconds);
  if (seconds < 10) return `${seconds.toLocaleString(undefined, { maximumFractionDigits: 1 })} s`;
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`;
}
