/** Who is here: avatars in the top bar. A click follows the person, another ends it. A raised hand comes first. @import {Presence} from './types' @import {Wall} from './wall.js' */

import { el } from "@app/dom.js";

const SHOWN_MAX = 5;

/** @param {Wall} wall @param {HTMLElement} list */
export function showPeople(wall, list) {
  let shown = "";
  wall.presence.changed.on(() => {
    const people = [...wall.presence.people.entries()].sort((a, b) => (a[1].hand ?? Infinity) - (b[1].hand ?? Infinity) || 0);
    const key = people.map(([session, { name, colour, hand }]) => `${session}${name}${colour}${hand ? "up" : ""}`).join();
    if (key === shown) return;
    shown = key;
    list.replaceChildren(...people.slice(0, SHOWN_MAX).map(([session, person]) => avatar(wall, session, person)));
    if (people.length > SHOWN_MAX) list.append(el("li", { class: "avatars__more" }, `+${people.length - SHOWN_MAX}`));
    list.setAttribute("aria-label", people.length ? `${people.length} other people here` : "Nobody else is here");
  });
}

/** @param {Wall} wall @param {string} session @param {Presence} person */
function avatar(wall, session, person) {
  const label = `${person.name}${person.hand ? " has a hand up" : ""}: follow`;
  const disc = el("button", { class: "avatar", type: "button", title: label, "data-testid": "person", onclick: () => wall.follow(session) },
    el("span", { "aria-hidden": "true" }, initials(person.name)), el("span", { class: "visually-hidden" }, label));
  if (person.hand) disc.append(el("span", { class: "avatar__hand", "aria-hidden": "true" }, "✋"));
  disc.style.setProperty("--avatar", person.colour);
  return el("li", {}, disc);
}

/** @param {string} name */
function initials(name) {
  const words = name.split(/\s+/).filter((word) => /^[\p{L}\p{N}]/u.test(word));
  const last = words.length > 1 ? (words.at(-1) ?? "")[0] : "";
  return ((words[0] ?? "?")[0] + last).toUpperCase();
}
