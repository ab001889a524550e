/** Code blocks: JSON gets colours, quietly and safely (text nodes and spans, never markup). */

const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|\b(true|false|null)\b|([{}[\],:])/g;
const COLOURED_CHARACTERS_MAX = 200_000;

/**
 * @param {string} text JSON, pretty-printed or not; longer than 200,000 characters stays plain
 * @returns {DocumentFragment}
 */
export function highlightJson(text) {
  const fragment = document.createDocumentFragment();
  if (text.length > COLOURED_CHARACTERS_MAX) { fragment.append(text); return fragment; }
  let done = 0;
  for (const match of text.matchAll(TOKEN)) {
    fragment.append(text.slice(done, match.index));
    const [whole, string, colon, number, word] = match;
    if (string) fragment.append(token(colon ? "key" : "string", string), ...(colon ? [token("mark", colon)] : []));
    else fragment.append(token(number ? "number" : word ? "word" : "mark", whole));
    done = match.index + whole.length;
  }
  fragment.append(text.slice(done));
  return fragment;
}

/** @param {string} kind @param {string} text */
function token(kind, text) {
  const span = document.createElement("span");
  span.className = `tok-${kind}`;
  span.textContent = text;
  return span;
}

/** @param {ParentNode} [root] colours every `pre[data-language=json]` below it */
export function colourCode(root = document) {
  for (const pre of root.querySelectorAll("pre[data-language=json]:not([data-coloured])")) {
    pre.setAttribute("data-coloured", "");
    pre.replaceChildren(highlightJson(pre.textContent ?? ""));
  }
}
colourCode();
