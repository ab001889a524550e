/**
 * Being together: following a person, being brought somewhere, hands and reactions.
 *
 * @import {Presence} from '../types'
 * @import {Wall} from '../wall.js'
 */

import { el, icon } from "@app/dom.js";

export const CHEERS = ["👏", "👍", "🎉", "🤔", "✋"];
const FLOAT_MS = 2_600;
const ALL = { top: 0, left: 0, right: 0, bottom: 0 };

/** @param {Wall} wall */
export function beTogether(wall) {
  const stop = followPeople(wall);
  wall.workshop.changed.on((state, before) => {
    const { summons } = state;
    if (before.version < 0 || !summons || summons.number <= (before.summons?.number ?? 0)) return;
    stop();
    const [x, y, w, h] = summons.view;
    wall.camera.fit({ x, y, w, h }, 2, ALL);
    if (summons.by !== wall.workshop.me.name) wall.say(`${summons.by} brought everybody here`, "", "info");
  });
  hearCheers(wall);
}

/** Sets up `wall.follow(session)`. @param {Wall} wall @returns {() => void} stops following */
function followPeople(wall) {
  /** @type {string | null} */
  let followed = null;
  const pill = el("button", { class: "button button--sm following", type: "button", hidden: true, "data-testid": "following", onclick: () => stop() });
  document.querySelector(".wall-main")?.append(pill);
  const stop = () => {
    followed = null;
    pill.hidden = true;
  };
  const go = () => {
    const person = followed ? wall.presence.people.get(followed) : undefined;
    if (!person) return stop();
    const view = person.view;
    if (view) wall.camera.fit({ x: view[0], y: view[1], w: view[2], h: view[3] }, 2, ALL);
    return undefined;
  };
  wall.follow = (session) => {
    const person = wall.presence.people.get(session);
    if (!person || followed === session) return stop();
    followed = session;
    pill.hidden = false;
    pill.replaceChildren(icon("eye"), `Following ${person.name}`, icon("close"));
    go();
    return undefined;
  };
  wall.presence.changed.on(() => { if (followed) go(); });
  for (const kind of ["pointerdown", "wheel"]) wall.stage.addEventListener(kind, () => { if (followed) stop(); }, { passive: true });
  addEventListener("keydown", (event) => { if (event.key === "Escape" && followed) stop(); });
  return stop;
}

/** What others cheer floats up for a moment. @param {Wall} wall */
function hearCheers(wall) {
  /** @type {Map<string, number>} */
  const heard = new Map();
  const stage = el("div", { class: "cheers", "aria-live": "polite", "data-testid": "cheers" });
  document.querySelector(".wall-main")?.append(stage);
  wall.presence.changed.on(() => {
    for (const [session, person] of wall.presence.people) {
      const [emoji, number] = person.reaction ?? ["", 0];
      const known = heard.get(session);
      heard.set(session, number);
      if (emoji && number !== known && known !== undefined) float(stage, emoji, person.name);
    }
  });
  wall.cheer = (emoji) => {
    wall.presence.say({ reaction: [emoji, Date.now()] });
    float(stage, emoji, "You");
  };
}

/** @param {HTMLElement} stage @param {string} emoji @param {string} name */
function float(stage, emoji, name) {
  const one = el("span", { class: "cheer" }, emoji, el("small", {}, name));
  one.style.left = `${10 + Math.random() * 80}%`;
  stage.append(one);
  setTimeout(() => one.remove(), FLOAT_MS);
}

/** The hand and the cheers, in the top bar. @param {Wall} wall @param {HTMLElement} hand @param {HTMLElement} menu */
export function showHand(wall, hand, menu) {
  const show = () => {
    const up = Boolean(wall.presence.hand);
    hand.setAttribute("aria-pressed", String(up));
    hand.setAttribute("aria-label", up ? "Take your hand down" : "Raise a hand (Y)");
  };
  wall.raiseHand = () => {
    wall.presence.say({ hand: wall.presence.hand ? null : Date.now() });
    wall.announce(wall.presence.hand ? "Your hand is up" : "Your hand is down");
    show();
  };
  hand.addEventListener("click", () => wall.raiseHand());
  menu.append(...CHEERS.slice(0, 4).map((emoji) => el("button", { class: "reaction", type: "button", "aria-label": `React with ${emoji}`, "data-testid": `cheer-${emoji}`, onclick: () => {
    wall.cheer(emoji);
    menu.hidePopover();
  } }, emoji)));
  show();
}
