/** Remarks on a note: written, answered, resolved; @names reach the people they name. @import {Wall} from '../wall.js' @import {Said, SaidOfNotes} from './said.js' */

import { el, icon } from "@app/dom.js";
import { toast } from "@app/toasts.js";

import { newId } from "../commands.js";

/** Reactions to a note and its remarks. @param {Wall} wall @param {SaidOfNotes} said @param {string} id @returns {HTMLElement[]} */
export function talkOf(wall, said, id) {
  const may = wall.syncing.canEdit && !(wall.workshop.state.frozen && !wall.workshop.facilitates);
  return [reactions(wall, said, id, may), el("div", { class: "remarks", "data-testid": "remarks" }, ...said.remarksOf(id).map((remark) => remarkRow(wall, remark, may))), ...(may ? [writing(wall, id)] : [])];
}

/** @param {Wall} wall @param {SaidOfNotes} said @param {string} id @param {boolean} may */
function reactions(wall, said, id, may) {
  const by = said.reactionsOf(id);
  return el("div", { class: "reactions", role: "group", "aria-label": "Reactions" }, ...wall.config.emoji.map((emoji) => {
    const those = by.get(emoji) ?? [];
    const mine = those.find(({ element }) => element.created_by === wall.workshop.me.id || element.created_by === undefined);
    const react = () => wall.syncing.write({ elements: mine ? { [mine.id]: { deleted: true } } : { [newId()]: { kind: "reaction", on: id, emoji } } });
    const who = those.map(({ element }) => wall.workshop.nameOf(element.created_by)).join(", ");
    return el("button", { class: "reaction", type: "button", "aria-pressed": String(Boolean(mine)), disabled: !may, title: who || null, "aria-label": `${emoji} ${those.length}${who ? `: ${who}` : ""}`, "data-testid": `react-${emoji}`, onclick: react }, emoji, those.length ? el("span", {}, String(those.length)) : "");
  }));
}

/** @param {Wall} wall @param {Said} remark @param {boolean} may */
function remarkRow(wall, { id, element }, may) {
  const mine = element.created_by === wall.workshop.me.id;
  const write = (/** @type {import('../types').ElementPatch} */ change) => wall.syncing.write({ elements: { [id]: change } });
  const when = element.created_at ? new Date(element.created_at).toLocaleString([], { dateStyle: "short", timeStyle: "short" }) : "now";
  const row = el("article", { class: `remark${element.resolved ? " remark--resolved" : ""}`, "data-testid": "remark" },
    el("header", {}, el("strong", {}, wall.workshop.nameOf(element.created_by ?? wall.workshop.me.id)), el("time", { class: "side-hint" }, when)), el("p", {}, element.text ?? ""));
  if (!may) return row;
  row.append(el("footer", {},
    el("button", { class: "button button--quiet button--sm", type: "button", "data-testid": `resolve-${id}`, onclick: () => write({ resolved: element.resolved ? null : true }) }, element.resolved ? "Open again" : "Resolve"),
    mine || wall.workshop.facilitates ? el("button", { class: "button button--quiet button--sm", type: "button", onclick: () => write({ deleted: true }) }, "Delete") : ""));
  return row;
}

/** @param {Wall} wall @param {string} id */
function writing(wall, id) {
  const box = el("textarea", { class: "textarea remark__box", maxlength: "2000", placeholder: "A remark; @name tells somebody", "aria-label": "A remark", "data-testid": "remark-box" });
  const names = el("div", { class: "cluster cluster--sm", hidden: true });
  const suggest = () => {
    const begun = /@([\p{L}\p{N}]*)$/u.exec(box.value.slice(0, box.selectionStart))?.[1]?.toLowerCase();
    const people = begun === undefined ? [] : known(wall).filter(([, name]) => name.toLowerCase().startsWith(begun)).slice(0, 6);
    names.hidden = !people.length;
    names.replaceChildren(...people.map(([, name]) => el("button", { class: "button button--sm", type: "button", "data-testid": `mention-${name}`, onclick: () => {
      box.setRangeText(`@${name} `, box.value.lastIndexOf("@", box.selectionStart - 1), box.selectionStart, "end");
      names.hidden = true;
      box.focus();
    } }, `@${name}`)));
  };
  const send = () => {
    const text = box.value.trim();
    if (!text) return;
    const mentions = known(wall).filter(([, name]) => text.includes(`@${name}`)).map(([person]) => person);
    box.value = "";
    box.blur();
    wall.syncing.write({ elements: { [newId()]: { kind: "remark", on: id, text, ...(mentions.length ? { mentions } : {}) } } });
  };
  box.addEventListener("input", suggest);
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    send();
  });
  return el("div", { class: "stack stack--sm" }, box, names, el("div", {}, el("button", { class: "button button--sm", type: "button", "data-testid": "remark-send", onclick: send }, icon("send"), "Remark")));
}

/** Everybody whose name the board knows, but me. @param {Wall} wall @returns {[string, string][]} */
const known = (wall) => [...wall.workshop.names].filter(([id]) => id !== wall.workshop.me.id);

/** A line when somebody names me. @param {Wall} wall @param {(id: string) => void} show */
export function hearMentions(wall, show) {
  wall.syncing.received.on((frame) => {
    if (frame.t !== "ops") return;
    for (const { actor, patch } of frame.ops) {
      for (const properties of Object.values(patch.elements)) {
        if (properties.kind !== "remark" || actor.id === wall.workshop.me.id || !properties.mentions?.includes(wall.workshop.me.id)) continue;
        const note = properties.on ?? "";
        toast(`${actor.name} names you`, { hint: (properties.text ?? "").slice(0, 160), kind: "info", action: { label: "Show", run: () => show(note) } });
      }
    }
  });
}
