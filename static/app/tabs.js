/** Tabs that swap panels in place: [role=tablist] > [role=tab][aria-controls]. Tabs that are links need no script. */
for (const list of document.querySelectorAll("[role=tablist]")) wire(/** @type {HTMLElement} */ (list));

/** @param {HTMLElement} list for tab lists made later by a page's script */
export function wire(list) {
  const tabs = /** @type {HTMLElement[]} */ ([...list.querySelectorAll("[role=tab]")]);
  const asked = tabs.find((tab) => `#${tab.getAttribute("aria-controls")}` === location.hash);
  const first = asked ?? tabs.find((tab) => tab.getAttribute("aria-selected") === "true") ?? tabs[0];
  if (first) select(tabs, first);
  list.addEventListener("click", (event) => {
    const tab = event.target instanceof Element && event.target.closest("[role=tab]");
    if (tab instanceof HTMLElement) select(tabs, tab);
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = tabs[(tabs.indexOf(/** @type {HTMLElement} */ (document.activeElement)) + step + tabs.length) % tabs.length];
    if (next) { select(tabs, next); next.focus(); }
  });
}

/** @param {HTMLElement[]} tabs @param {HTMLElement} chosen fires `tabchange` on the tab */
function select(tabs, chosen) {
  for (const tab of tabs) {
    const on = tab === chosen;
    tab.setAttribute("aria-selected", String(on));
    tab.tabIndex = on ? 0 : -1;
    const panel = document.getElementById(tab.getAttribute("aria-controls") ?? "");
    if (panel) panel.hidden = !on;
  }
  chosen.dispatchEvent(new CustomEvent("tabchange", { bubbles: true }));
}
