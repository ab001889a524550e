/**
 * The search palette (Ctrl-K, Cmd-K). Asks GET <data-palette>?q= for
 * `[{group, items: [{title, subtitle, url, icon}]}]` under "groups"; without a question it shows what was opened lately.
 */
import { el, icon } from "./dom.js";
import { ApiError, fetchJson } from "./http.js";

/** @typedef {{title: string, subtitle: string, url: string, icon: string}} Item */
/** @typedef {{group: string, items: Item[]}} Group */

const WAIT_MS = 120;
const RECENT_MAX = 6;
const opener = /** @type {HTMLElement | null} */ (document.querySelector("[data-palette]"));
if (opener) startPalette(opener.dataset.palette ?? "", opener);

function startPalette(/** @type {string} */ url, /** @type {HTMLElement} */ button) {
  const recentName = `recent:${url}`;
  const input = el("input", { class: "palette__input", type: "search", placeholder: "Search boards, events, streams…", role: "combobox", "aria-expanded": "false", "aria-controls": "palette-list", "aria-autocomplete": "list", "aria-label": "Search this workspace", autocomplete: "off", spellcheck: "false", maxlength: "200" });
  const list = el("div", { class: "palette__list", id: "palette-list", role: "listbox", "aria-label": "Results" });
  const notice = el("div", { class: "palette__state", hidden: true });
  const news = el("div", { class: "visually-hidden", role: "status" });
  const dialog = el("dialog", { class: "dialog palette", "aria-label": "Search" },
    el("div", { class: "palette__field" }, icon("search"), input, el("kbd", { class: "key" }, "Esc")), list, notice, news,
    el("div", { class: "palette__foot", "aria-hidden": "true" }, foot("↑↓", "choose"), foot("↵", "open"), foot("Ctrl ↵", "new tab")));
  document.body.append(dialog);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {AbortController | undefined} */
  let asking;

  button.addEventListener("click", open);
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (dialog.open) dialog.close();
    else if (!document.querySelector("dialog[open]")) open();
  });
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, WAIT_MS); });
  dialog.addEventListener("keydown", onKey);
  list.addEventListener("pointermove", (event) => {
    const item = event.target instanceof Element && event.target.closest("[role=option]");
    if (item) choose(item, false);
  });
  list.addEventListener("click", (event) => {
    const item = event.target instanceof Element && event.target.closest("[role=option]");
    if (item instanceof HTMLElement) remember(item);
  });

  function open() {
    input.value = "";
    dialog.showModal();
    input.focus();
    ask();
  }

  async function ask() {
    const text = input.value.trim();
    asking?.abort();
    asking = new AbortController();
    if (!text) { showRecent(); return; }
    if (!list.querySelector("[role=option]")) state(el("span", { class: "spinner", role: "img", "aria-label": "Searching" }));
    try {
      const answer = await fetchJson(`${url}?q=${encodeURIComponent(text)}`, { signal: asking.signal });
      if (input.value.trim() === text) show(answer?.groups ?? [], text);
    } catch (error) {
      if (error instanceof ApiError) state(el("p", {}, error.message), el("p", { class: "faint" }, error.hint));
    }
  }

  function showRecent() {
    const recent = readRecent();
    if (recent.length) show([{ group: "Opened lately", items: recent }], "");
    else state(el("p", {}, "Find boards, message types and streams by name."));
  }

  /** @param {Group[]} groups @param {string} text */
  function show(groups, text) {
    const count = groups.reduce((sum, group) => sum + group.items.length, 0);
    if (!count) { state(el("p", {}, `Nothing is called “${text}” here.`), el("p", { class: "faint" }, "Try fewer letters; names and descriptions are searched.")); return; }
    notice.hidden = true;
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    list.replaceChildren(...groups.filter((group) => group.items.length).map((group, index) => groupOf(group, index, text)));
    news.textContent = `${count} ${count === 1 ? "result" : "results"}`;
    const first = list.querySelector("[role=option]");
    if (first) choose(first);
  }

  /** @param {...Node} content */
  function state(...content) {
    list.replaceChildren();
    list.hidden = true;
    notice.hidden = false;
    notice.replaceChildren(...content);
    input.setAttribute("aria-expanded", "false");
    news.textContent = notice.textContent;
    input.removeAttribute("aria-activedescendant");
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    const items = [...list.querySelectorAll("[role=option]")];
    const now = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && items.length) {
      event.preventDefault();
      const next = items[(now + step + items.length) % items.length];
      if (next) choose(next);
    } else if (event.key === "Enter" && items[now] instanceof HTMLAnchorElement && event.target === input) {
      event.preventDefault();
      const item = /** @type {HTMLAnchorElement} */ (items[now]);
      remember(item);
      if (event.ctrlKey || event.metaKey) window.open(item.href, "_blank", "noopener");
      else location.assign(item.href);
      dialog.close();
    }
  }

  /** @param {Element} item @param {boolean} [scroll] */
  function choose(item, scroll = true) {
    list.querySelector("[aria-selected=true]")?.setAttribute("aria-selected", "false");
    item.setAttribute("aria-selected", "true");
    input.setAttribute("aria-activedescendant", item.id);
    if (scroll) item.scrollIntoView({ block: "nearest" });
  }

  /** @param {HTMLElement} element */
  function remember(element) {
    const item = JSON.parse(element.dataset.item ?? "{}");
    const rest = readRecent().filter((other) => other.url !== item.url);
    localStorage.setItem(recentName, JSON.stringify([item, ...rest].slice(0, RECENT_MAX)));
  }

  /** @returns {Item[]} */
  function readRecent() {
    try {
      const kept = JSON.parse(localStorage.getItem(recentName) ?? "[]");
      return Array.isArray(kept) ? kept : [];
    } catch {
      return [];
    }
  }
}

/** @param {Group} group @param {number} index @param {string} text */
function groupOf(group, index, text) {
  const label = el("div", { class: "palette__group", id: `palette-group-${index}` }, group.group);
  const items = group.items.map((item, number) => optionOf(item, `palette-${index}-${number}`, text));
  return el("div", { role: "group", "aria-labelledby": label.id }, label, ...items);
}

/** @param {Item} item @param {string} id @param {string} text */
function optionOf(item, id, text) {
  const words = el("div", { class: "palette__text" }, el("span", { class: "palette__title" }, ...marked(item.title, text)));
  if (item.subtitle) words.append(el("span", { class: "palette__hint" }, item.subtitle));
  return el("a", { class: "palette__item", id, role: "option", href: item.url, tabindex: "-1", "aria-selected": "false", "data-item": JSON.stringify(item) }, icon(item.icon), words);
}

/** The part of a title that was asked for stands out. @param {string} title @param {string} text @returns {(string | HTMLElement)[]} */
function marked(title, text) {
  const at = text ? title.toLowerCase().indexOf(text.toLowerCase()) : -1;
  if (at < 0) return [title];
  return [title.slice(0, at), el("mark", {}, title.slice(at, at + text.length)), title.slice(at + text.length)];
}

/** @param {string} key @param {string} what */
function foot(key, what) {
  return el("span", {}, el("kbd", { class: "key" }, key), ` ${what}`);
}
