/**
 * Draws the Mermaid blocks of Markdown texts. Pages without one load nothing more.
 *
 * Mermaid writes styles into what it draws, which our content security policy forbids. So it works in a sandboxed frame
 * with a policy of its own, and this page shows what it drew as a picture (docs/decisions, "Diagrams are drawn in a
 * frame"). The source stays: below the picture, and in its place where nothing could be drawn.
 */
import { isDark } from "@app/theme.js";
import { colourToken, textToken } from "@app/tokens.js";

const DIAGRAMS_MAX = 40, SOURCE_CHARACTERS_MAX = 20_000, READY_MS = 30_000, DRAWING_MS = 20_000, SMALLEST = 0.5;
const GONE = "The drawing program did not answer; reload the page to try again.";
const address = document.querySelector("[data-diagram-frame]")?.getAttribute("data-diagram-frame") ?? "";
const blocks = [...document.querySelectorAll(".markdown pre > code.language-mermaid")].slice(0, DIAGRAMS_MAX);
/** @type {Diagram[]} */
const diagrams = [];
/** @type {Map<number, (answer: Answer) => void>} */
const waiting = new Map();
let asked = 0, round = 0;
/** @type {Promise<MessagePort> | undefined} */
let opening;

if (blocks.length && address) {
  for (const code of blocks) diagrams.push(prepare(/** @type {HTMLElement} */ (code)));
  void drawAll();
  document.addEventListener("themechange", () => void drawAll());
}

/** @param {HTMLElement} code @returns {Diagram} the figure that now stands where the block stood */
function prepare(code) {
  const pre = /** @type {HTMLPreElement} */ (code.parentElement);
  const figure = document.createElement("figure");
  figure.className = "diagram";
  figure.setAttribute("aria-busy", "true");
  pre.replaceWith(figure);
  pre.tabIndex = 0;
  figure.append(pre);
  return { figure, pre, source: code.textContent ?? "", picture: "" };
}

/** One after another, with the colours of now; a newer round stops an older one. */
async function drawAll() {
  const mine = ++round;
  for (const diagram of diagrams) {
    const answer = await draw(diagram.source);
    if (mine !== round) return;
    if ("svg" in answer) show(diagram, answer);
    else explain(diagram, answer.fault);
    diagram.figure.removeAttribute("aria-busy");
  }
}

/** @param {string} source @returns {Promise<Answer>} */
async function draw(source) {
  if (source.length > SOURCE_CHARACTERS_MAX) return { fault: `Its source is longer than ${SOURCE_CHARACTERS_MAX.toLocaleString("en")} characters.` };
  try {
    const port = await (opening ??= open());
    const id = ++asked;
    return await within(DRAWING_MS, (done) => {
      waiting.set(id, done);
      port.postMessage({ id, source, look: look() });
    });
  } catch {
    return { fault: GONE };
  }
}

/** @returns {Promise<MessagePort>} to the frame, once it has loaded what it draws with */
function open() {
  const frame = document.createElement("iframe");
  const { port1, port2 } = new MessageChannel();
  frame.className = "diagram-frame";
  frame.title = "Draws diagrams";
  frame.tabIndex = -1;
  frame.setAttribute("aria-hidden", "true");
  frame.setAttribute("sandbox", "allow-scripts");
  frame.src = address;
  return within(READY_MS, (done) => {
    port1.onmessage = ({ data }) => {
      if (data.ready) { done(port1); return; }
      waiting.get(data.id)?.(data);
      waiting.delete(data.id);
    };
    frame.addEventListener("load", () => frame.contentWindow?.postMessage("port", "*", [port2]), { once: true });
    document.body.append(frame);
  });
}

/** @template T @param {number} milliseconds @param {(done: (value: T) => void) => void} begin @returns {Promise<T>} */
function within(milliseconds, begin) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("too late")), milliseconds);
    begin((value) => { clearTimeout(timer); resolve(value); });
  });
}

/** @param {Diagram} diagram @param {Drawn} drawn */
function show(diagram, drawn) {
  const picture = document.createElement("img");
  const old = diagram.picture;
  diagram.picture = URL.createObjectURL(new Blob([drawn.svg], { type: "image/svg+xml" }));
  picture.src = diagram.picture;
  picture.width = drawn.width;
  picture.height = drawn.height;
  picture.alt = drawn.words || "Diagram; its source follows.";
  picture.style.minWidth = `${Math.round(drawn.width * SMALLEST)}px`; // on a narrow screen it is moved rather than unreadable
  const frame = document.createElement("div");
  frame.className = "diagram__window";
  frame.tabIndex = 0;
  frame.append(picture);
  const source = document.createElement("details");
  source.open = diagram.figure.querySelector("details")?.open ?? false;
  const summary = document.createElement("summary");
  summary.textContent = "Source of the diagram";
  source.append(summary, diagram.pre, saving(diagram.picture));
  diagram.figure.replaceChildren(frame, source);
  if (old) URL.revokeObjectURL(old);
}

/** @param {string} picture */
function saving(picture) {
  const link = document.createElement("a");
  link.className = "small";
  link.href = picture;
  link.download = "diagram.svg";
  link.textContent = "Download as SVG";
  return link;
}

/** @param {Diagram} diagram @param {string} fault as the drawing program puts it */
function explain(diagram, fault) {
  const note = document.createElement("p");
  note.className = "diagram__fault small";
  note.setAttribute("role", "note");
  note.textContent = `This diagram could not be drawn. ${inPlainWords(fault, diagram.source)}`;
  diagram.figure.replaceChildren(note, diagram.pre);
}

/** @param {string} fault @param {string} source @returns {string} where it went wrong, rather than what a parser expected */
export function inPlainWords(fault, source) {
  const found = /(?:parse|lexical) error on line (\d+)/i.exec(fault);
  if (found) {
    const number = Number(found[1]), line = source.split("\n")[number - 1]?.trim();
    return `Line ${number} of its source is not understood${line ? `: ${line.slice(0, 120)}` : "."}`;
  }
  if (/no diagram type detected/i.test(fault)) return "Its first line has to name the kind of diagram, such as flowchart LR or sequenceDiagram.";
  return fault === GONE ? fault : (fault.split("\n")[0] ?? "").slice(0, 200);
}

/** @returns {Record<string, string | boolean>} mermaid's theme, from our tokens as they are now */
function look() {
  const [surface, sunken, ink, ink2, line, accent, soft, edge] = ["--surface", "--sunken", "--ink", "--ink-2", "--line-strong", "--accent", "--accent-soft", "--line-control"].map(colourToken);
  const [warn, warnLine, info, infoLine, good, goodLine, bad] = ["--warn-soft", "--warn-line", "--info-soft", "--info-line", "--good-soft", "--good-line", "--bad-soft"].map(colourToken);
  return {
    darkMode: isDark(), fontFamily: textToken("--font-sans"), fontSize: "14px",
    background: surface, mainBkg: soft, primaryColor: soft, primaryTextColor: ink, primaryBorderColor: edge,
    secondaryColor: info, secondaryTextColor: ink, secondaryBorderColor: infoLine,
    tertiaryColor: good, tertiaryTextColor: ink, tertiaryBorderColor: goodLine,
    lineColor: ink2, textColor: ink, titleColor: ink, nodeBorder: edge, nodeTextColor: ink,
    clusterBkg: sunken, clusterBorder: line, edgeLabelBackground: surface,
    actorBkg: soft, actorBorder: edge, actorTextColor: ink, actorLineColor: line, signalColor: ink2, signalTextColor: ink,
    labelBoxBkgColor: sunken, labelBoxBorderColor: line, labelTextColor: ink, loopTextColor: ink,
    noteBkgColor: warn, noteBorderColor: warnLine, noteTextColor: ink, activationBkgColor: sunken, activationBorderColor: accent,
    dropShadow: "none", useGradient: false, errorBkgColor: bad, errorTextColor: ink,
  };
}

/**
 * @typedef {{figure: HTMLElement, pre: HTMLPreElement, source: string, picture: string}} Diagram
 * @typedef {{svg: string, width: number, height: number, words: string}} Drawn
 * @typedef {Drawn | {fault: string}} Answer
 */
