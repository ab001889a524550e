/** The drawing between boundaries: choosing one (click, Enter, Space) leaves only what touches it; again, or Escape, all. */
const map = /** @type {SVGSVGElement | null} */ (document.querySelector(".between__map"));
if (map) start(map);

function start(/** @type {SVGSVGElement} */ drawing) {
  const zones = /** @type {SVGGElement[]} */ ([...drawing.querySelectorAll("[data-zone]")]);
  const ties = /** @type {SVGElement[]} */ ([...drawing.querySelectorAll("[data-from]")]);
  /** @type {string | null} */
  let chosen = null;

  for (const zone of zones) {
    zone.setAttribute("aria-pressed", "false");
    zone.addEventListener("click", () => choose(zone.dataset.zone ?? ""));
    zone.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      choose(zone.dataset.zone ?? "");
    });
  }
  drawing.addEventListener("keydown", (event) => { if (event.key === "Escape" && chosen !== null) choose(chosen); });

  function choose(/** @type {string} */ key) {
    chosen = chosen === key ? null : key;
    const near = new Set([chosen]);
    for (const tie of ties) {
      const touches = chosen === null || tie.dataset.from === chosen || tie.dataset.to === chosen;
      tie.classList.toggle("is-aside", !touches);
      if (touches) { near.add(tie.dataset.from ?? ""); near.add(tie.dataset.to ?? ""); }
    }
    for (const zone of zones) {
      zone.setAttribute("aria-pressed", String(zone.dataset.zone === chosen));
      zone.classList.toggle("is-aside", chosen !== null && !near.has(zone.dataset.zone ?? ""));
    }
    if (chosen === null) delete drawing.dataset.chosen;
    else drawing.dataset.chosen = chosen;
  }
}
