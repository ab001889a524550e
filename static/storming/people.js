/** Who is here: avatars in the top bar. A click goes to where the person looks. @import {Presence} from './types' @import {Wall} from './wall.js' */

import { el } from "@app/dom.js";

const SHOWN_MAX = 5;

/** @param {Wall} wall @param {HTMLElement} list */
export function showPeople(wall, list) {
  let shown = "";
  wall.presence.changed.on(() => {
    const people = [...wall.presence.people.entries()];
    const key = people.map(([session, { name, colour }]) => `${session}${name}${colour}`).join();
    if (key === shown) return;
    shown = key;
    list.replaceChildren(...people.slice(0, SHOWN_MAX).map(([session, person]) => avatar(wall, session, person)));
    if (people.length > SHOWN_MAX) list.append(el("li", { class: "avatars__more" }, `+${people.length - SHOWN_MAX}`));
    list.setAttribute("aria-label", people.length ? `${people.length} other people here` : "Nobody else is here");
  });
}

/** @param {Wall} wall @param {string} session @param {Presence} person */
function avatar(wall, session, person) {
  const goThere = () => {
    const view = wall.presence.people.get(session)?.view;
    if (view) wall.camera.fit({ x: view[0], y: view[1], w: view[2], h: view[3] }, 2, { top: 0, left: 0, right: 0, bottom: 0 });
  };
  const disc = el("button", { class: "avatar", type: "button", title: `${person.name}: go to where they look`, "aria-label": `${person.name}: go to where they look`, "data-testid": "person", onclick: goThere }, initials(person.name));
  disc.style.setProperty("--avatar", person.colour);
  return el("li", {}, disc);
}

/** @param {string} name */
function initials(name) {
  const words = name.split(/\s+/).filter((word) => /^[\p{L}\p{N}]/u.test(word));
  const last = words.length > 1 ? (words.at(-1) ?? "")[0] : "";
  return ((words[0] ?? "?")[0] + last).toUpperCase();
}
