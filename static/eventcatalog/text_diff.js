/** The lines in which two texts differ: what a fix would change, seen before it is applied. */

const LINES_MAX = 3000;

/**
 * @typedef {{kind: "same" | "gone" | "new" | "skip", text: string}} Line
 * @param {string} before @param {string} after @param {number} [around] unchanged lines shown beside each change
 * @returns {Line[]}
 */
export function lineDiff(before, after, around = 2) {
  const [old, fresh] = [before.trimEnd().split("\n"), after.trimEnd().split("\n")];
  let start = 0;
  while (start < old.length && start < fresh.length && old[start] === fresh[start]) start += 1;
  let [oldEnd, freshEnd] = [old.length, fresh.length];
  while (oldEnd > start && freshEnd > start && old[oldEnd - 1] === fresh[freshEnd - 1]) { oldEnd -= 1; freshEnd -= 1; }
  const middle = between(old.slice(start, oldEnd), fresh.slice(start, freshEnd));
  const same = (/** @type {string} */ text) => /** @type {Line} */ ({ kind: "same", text });
  return shortened([...old.slice(0, start).map(same), ...middle, ...old.slice(oldEnd).map(same)], around);
}

/** The longest common lines stay. @param {string[]} old @param {string[]} fresh @returns {Line[]} */
function between(old, fresh) {
  if (old.length * fresh.length > LINES_MAX * LINES_MAX / 4) return [...old.map(gone), ...fresh.map(added)];
  const lengths = Array.from({ length: old.length + 1 }, () => new Uint16Array(fresh.length + 1));
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = fresh.length - 1; j >= 0; j -= 1) {
      lengths[i][j] = old[i] === fresh[j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  /** @type {Line[]} */
  const lines = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < fresh.length) {
    if (i < old.length && j < fresh.length && old[i] === fresh[j]) { lines.push({ kind: "same", text: old[i] }); i += 1; j += 1; }
    else if (i < old.length && (j >= fresh.length || lengths[i + 1][j] >= lengths[i][j + 1])) { lines.push(gone(old[i])); i += 1; }
    else { lines.push(added(fresh[j])); j += 1; }
  }
  return lines;
}

/** @param {string} text @returns {Line} */
function gone(text) { return { kind: "gone", text }; }

/** @param {string} text @returns {Line} */
function added(text) { return { kind: "new", text }; }

/** Long runs of unchanged lines become one line. @param {Line[]} lines @param {number} around @returns {Line[]} */
function shortened(lines, around) {
  const near = lines.map((_, at) => lines.slice(Math.max(0, at - around), at + around + 1).some((line) => line.kind !== "same"));
  /** @type {Line[]} */
  const kept = [];
  lines.forEach((line, at) => {
    if (near[at]) kept.push(line);
    else if (kept.at(-1)?.kind !== "skip") kept.push({ kind: "skip", text: "…" });
  });
  return kept;
}
