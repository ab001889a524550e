/**
 * Merging two people's texts by words, against the text both began from. Changes in different places are both kept;
 * where both changed the same words, mine stays and the other is handed back, so that nobody's words are lost unseen.
 */

/**
 * @param {string} base @param {string} mine @param {string} theirs
 * @returns {{text: string, lost: string | null}} `lost`: their text, when it couldn't be merged
 */
export function mergeText(base, mine, theirs) {
  if (mine === theirs || theirs === base) return { text: mine, lost: null };
  if (mine === base) return { text: theirs, lost: null };
  const [b, m, t] = [base, mine, theirs].map(words);
  const a = changed(b, m);
  const c = changed(b, t);
  if (a.end <= c.start && !(a.start === c.start && a.end === c.end)) return { text: splice(b, a, c), lost: null };
  if (c.end <= a.start && !(a.start === c.start && a.end === c.end)) return { text: splice(b, c, a), lost: null };
  return { text: mine, lost: theirs };
}

/** @param {string} text words and the spaces between them */
const words = (text) => text.match(/\s+|[^\s]+/g) ?? [];

/** @typedef {{start: number, end: number, put: string[]}} Change base[start, end) became put */

/** The one stretch of `base` outside of which `next` is the same. @param {string[]} base @param {string[]} next @returns {Change} */
function changed(base, next) {
  const shortest = Math.min(base.length, next.length);
  let start = 0;
  while (start < shortest && base[start] === next[start]) start++;
  let tail = 0;
  while (tail < shortest - start && base[base.length - 1 - tail] === next[next.length - 1 - tail]) tail++;
  return { start, end: base.length - tail, put: next.slice(start, next.length - tail) };
}

/** @param {string[]} base @param {Change} first @param {Change} second */
const splice = (base, first, second) =>
  [
    ...base.slice(0, first.start), ...first.put, ...base.slice(first.end, second.start), ...second.put,
    ...base.slice(second.end),
  ].join("");
