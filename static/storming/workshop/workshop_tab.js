/**
 * The workshop's tab: the rail of phases, and for facilitators timer, rights and the vote; for everybody the results.
 *
 * @import {Phase, Presence, Vote} from '../types'
 * @import {Wall} from '../wall.js'
 * @import {Panel, Tab} from './panel.js'
 */

import { el, icon } from "@app/dom.js";

import { isNote, labelOf, NOTES, NOTE_KINDS } from "../kinds.js";
import { timeline } from "../timeline.js";
import { invite } from "./invite.js";
import { noteRow, section } from "./rows.js";
import { soundIsOn, turnSound } from "./timer.js";

const FORMATS = { big_picture: "Big Picture", process: "Process Modelling", design: "Software Design" };
const CANDIDATES_MAX = 300;

/** @param {Wall} wall @param {HTMLElement} body @param {Panel} panel @returns {Tab} */
export function showWorkshop(wall, body, panel) {
  const { workshop } = wall;
  let arranging = false;
  const draw = () => {
    const parts = [];
    const [newest, ...older] = workshop.state.votes;
    if (workshop.state.vote) parts.push(openVote(wall, workshop.state.vote));
    else if (newest && workshop.phase()?.votes) parts.push(results(wall, newest, true));
    parts.push(...hands(wall), phases(wall, arranging, () => {
      arranging = !arranging;
      draw();
    }));
    if (workshop.facilitates) parts.push(timerPart(wall), rightsPart(wall), callPart(wall, panel));
    if (workshop.facilitates && !workshop.state.vote) parts.push(voteForm(wall));
    if (newest && (workshop.state.vote || !workshop.phase()?.votes)) parts.push(results(wall, newest, !workshop.state.vote));
    parts.push(...older.map((vote) => results(wall, vote, false)));
    body.replaceChildren(...parts);
  };
  return { draw, changes: () => workshop.state.vote !== null };
}

/** @param {Wall} wall @param {boolean} arranging @param {() => void} arrange */
function phases(wall, arranging, arrange) {
  const { workshop } = wall;
  const { state, facilitates } = workshop;
  const rows = workshop.rail.map((phase, place) => phaseRow(wall, phase, place, arranging));
  const list = el("ol", { class: "rail", "data-testid": "rail" }, ...rows);
  const head = el("div", { class: "side-section__head" }, el("h2", {}, FORMATS[/** @type {keyof typeof FORMATS} */ (state.format)] ?? "Phases"));
  const part = el("section", { class: "side-section" }, head, list);
  if (!facilitates) return part;
  head.append(el("button", { class: "button button--quiet button--sm", type: "button", "aria-pressed": String(arranging), "data-testid": "arrange", onclick: arrange }, arranging ? "Done" : "Arrange"));
  if (arranging) part.append(formatChoice(wall), skipped(wall));
  else if (!state.phase) {
    part.append(el("p", { class: "side-hint" }, "A phase sets the palette, privacy, rights and the timer for everybody, in one click. Begin with the first; skip what you don't need."));
  } else part.append(el("button", { class: "button button--quiet button--sm", type: "button", "data-testid": "end-workshop", onclick: () => void workshop.enter(null) }, "End the workshop's rules"));
  return part;
}

/** @param {Wall} wall @param {Phase} phase @param {number} place @param {boolean} arranging */
function phaseRow(wall, phase, place, arranging) {
  const { workshop } = wall;
  const { phases: keys, phase: now } = workshop.state;
  const current = phase.key === now;
  const words = [`${phase.minutes} min`, phase.silent && "private", phase.one_pen && "one pen", phase.votes && "votes"].filter(Boolean).join(" · ");
  const label = [el("span", { class: "rail__number" }, String(place + 1)), el("span", { class: "rail__words" }, el("span", { class: "rail__label" }, phase.label), el("span", { class: "rail__hint" }, words))];
  const move = (/** @type {number} */ by) => {
    const order = keys.filter((key) => key !== phase.key);
    order.splice(Math.max(0, place + by), 0, phase.key);
    void workshop.change({ phases: order });
  };
  const row = el("li", { class: "rail__row", "aria-current": current ? "step" : null });
  if (workshop.facilitates && !arranging) row.append(el("button", { class: "rail__go", type: "button", "data-testid": `phase-${phase.key}`, onclick: () => void workshop.enter(phase.key) }, ...label));
  else row.append(el("span", { class: "rail__go" }, ...label));
  if (arranging) {
    row.append(
      tiny("arrow-up", `${phase.label} earlier`, `up-${phase.key}`, () => move(-1), place === 0), tiny("arrow-down", `${phase.label} later`, `down-${phase.key}`, () => move(1), place === keys.length - 1),
      tiny("close", `Skip ${phase.label}`, `skip-${phase.key}`, () => void workshop.change({ phases: keys.filter((key) => key !== phase.key) }), keys.length === 1),
    );
  }
  if (current) row.append(el("p", { class: "rail__guide" }, phase.guide));
  return row;
}

/** @param {string} symbol @param {string} label @param {string} testid @param {() => void} act @param {boolean} [off] */
const tiny = (symbol, label, testid, act, off = false) =>
  el("button", { class: "button button--quiet button--icon button--sm", type: "button", "aria-label": label, "data-testid": testid, disabled: off, onclick: act }, icon(symbol));

/** @param {Wall} wall */
function formatChoice(wall) {
  const { workshop } = wall;
  const select = el("select", { class: "select select--sm", id: "side-format", "data-testid": "format", onchange: () => void workshop.change({ format: select.value }) },
    ...Object.entries(FORMATS).map(([value, label]) => el("option", { value, selected: value === workshop.state.format }, label)));
  return el("div", { class: "field" }, el("label", { for: "side-format" }, "Format"), select, el("p", { class: "field__hint" }, "Another format begins with its usual phases."));
}

/** @param {Wall} wall */
function skipped(wall) {
  const { workshop } = wall;
  const others = workshop.allPhases.filter(({ key }) => !workshop.state.phases.includes(key));
  return el("div", { class: "cluster cluster--sm" }, ...others.map(({ key, label }) =>
    el("button", { class: "button button--sm", type: "button", "data-testid": `add-${key}`, onclick: () => void workshop.change({ phases: [...workshop.state.phases, key] }) }, icon("plus"), label)));
}

/** @param {Wall} wall */
function timerPart(wall) {
  const { workshop } = wall;
  const { timer } = workshop.state;
  const minutes = el("input", { class: "input input--sm side-number", type: "number", min: "1", max: "480", value: String(Math.round((timer?.length || 600) / 60)), "aria-label": "Minutes", "data-testid": "timer-minutes" });
  const act = (/** @type {'start' | 'pause' | 'resume' | 'add' | 'stop'} */ what, /** @type {string} */ label) =>
    el("button", { class: "button button--sm", type: "button", "data-testid": `timer-${what}-side`, onclick: () => void workshop.timer(what, what === "start" ? Math.max(1, Math.round(Number(minutes.value))) * 60 : 60) }, label);
  const sound = el("input", { type: "checkbox", class: "switch", id: "side-sound", checked: soundIsOn(), onchange: () => turnSound(sound.checked) });
  return section("Timer for all",
    el("div", { class: "cluster cluster--sm" }, minutes, el("span", { class: "side-hint" }, "minutes"), act("start", timer ? "Start anew" : "Start"),
      ...(timer ? [timer.ends_at ? act("pause", "Pause") : act("resume", "Go on"), act("add", "+1 min"), act("stop", "Remove")] : [])),
    el("label", { class: "side-switch", for: "side-sound" }, sound, "Sound at the end, on this device"));
}

/** @param {Wall} wall */
function rightsPart(wall) {
  const { workshop } = wall;
  const { state } = workshop;
  const toggle = (/** @type {string} */ name, /** @type {boolean} */ on, /** @type {string} */ label, /** @type {string} */ hint) => {
    const box = el("input", { type: "checkbox", class: "switch", id: `side-${name}`, checked: on, "data-testid": `set-${name}`, onchange: () => void workshop.change({ [name]: box.checked }) });
    return el("label", { class: "side-switch", for: `side-${name}` }, box, el("span", {}, label, el("span", { class: "choice__hint" }, hint)));
  };
  /** @type {HTMLElement[]} */
  const parts = [
    toggle("silent", state.silent, "Silent storm", "What one writes is private until you reveal everybody's."),
    toggle("one_pen", state.one_pen, "One pen", "Of the participants, one changes notes; the others talk."),
    toggle("frozen", state.frozen, "Freeze the board", "Nobody but facilitators changes anything."),
  ];
  if (state.one_pen) parts.push(penChoice(wall));
  if (state.palette) parts.push(el("button", { class: "button button--quiet button--sm", type: "button", "data-testid": "all-kinds", onclick: () => void workshop.change({ all_kinds: true }) }, "Offer all kinds of notes"));
  return section("Privacy and rights", ...parts);
}

/** @param {Wall} wall */
function penChoice(wall) {
  const { workshop } = wall;
  const people = everybody(wall);
  const select = el("select", { class: "select select--sm", id: "side-pen", "data-testid": "pen", onchange: () => void workshop.handPen(people.find(({ id }) => id === select.value) ?? null) },
    el("option", { value: "" }, "The facilitators"), ...people.map(({ id, name }) => el("option", { value: id, selected: id === workshop.state.pen?.id }, name)));
  return el("div", { class: "field" }, el("label", { for: "side-pen" }, "Who holds the pen"), select);
}

/** Others, once each. @param {Wall} wall @returns {Presence[]} */
const everybody = (wall) => [...new Map([...wall.presence.people.values()].map((person) => [person.id, person])).values()];

/** Hands that are up, the longest first. @param {Wall} wall */
function hands(wall) {
  const { workshop } = wall;
  const parts = [];
  if (workshop.holdsPen && !workshop.facilitates) {
    parts.push(section("You hold the pen", el("div", { class: "cluster cluster--sm" }, ...everybody(wall).map((person) =>
      el("button", { class: "button button--sm", type: "button", "data-testid": `hand-pen-${person.name}`, onclick: () => void workshop.handPen(person) }, `Hand it to ${person.name}`)))));
  }
  const up = everybody(wall).filter(({ hand }) => hand).sort((a, b) => (a.hand ?? 0) - (b.hand ?? 0));
  if (!up.length) return parts;
  parts.push(section("Hands up", ...up.map((person) => el("div", { class: "side-line" }, el("span", {}, `✋ ${person.name}`),
    workshop.facilitates ? el("button", { class: "button button--sm", type: "button", "data-testid": `pen-to-${person.name}`, onclick: () => void workshop.handPen(person) }, "Give the pen") : ""))));
  return parts;
}

/** @param {Wall} wall @param {Panel} panel */
function callPart(wall, panel) {
  const { workshop } = wall;
  const here = () => {
    const { x, y, w, h } = wall.camera.view;
    void workshop.set("/summons", "POST", { view: [x, y, w, h] });
  };
  const lit = Boolean(workshop.state.spotlight);
  const light = () => void workshop.set("/spotlight", "PUT", { ids: lit ? [] : [...wall.selection.ids].slice(0, 200) });
  return section("Together", el("div", { class: "cluster cluster--sm" },
    el("button", { class: "button button--sm", type: "button", "data-testid": "invite", onclick: () => void invite(wall) }, icon("share"), "Invite"),
    el("button", { class: "button button--sm", type: "button", "data-testid": "summon", onclick: here }, icon("map"), "Bring everybody here"),
    el("button", { class: "button button--sm", type: "button", "data-testid": "spotlight", "aria-pressed": String(lit), disabled: !lit && !wall.selection.size, onclick: light }, icon("star"), lit ? "Spotlight off" : "Spotlight the selection"),
    el("button", { class: "button button--sm", type: "button", onclick: () => panel.open("hotspots") }, icon("flag"), "Hotspots")));
}

/** @param {Wall} wall */
function voteForm(wall) {
  const { workshop } = wall;
  const title = el("input", { class: "input input--sm", id: "vote-title", maxlength: "120", placeholder: "What matters most?", autocomplete: "off", "data-testid": "vote-title" });
  const number = (/** @type {string} */ name, /** @type {string} */ label, /** @type {string} */ value) => {
    const input = el("input", { class: "input input--sm side-number", type: "number", min: "1", max: "100", value, id: `vote-${name}`, "data-testid": `vote-${name}` });
    return { input, field: el("div", { class: "field" }, el("label", { for: `vote-${name}` }, label), input) };
  };
  const [budget, most] = [number("budget", "Dots each", "5"), number("most", "At most on one", "3")];
  const about = el("select", { class: "select select--sm", id: "vote-kinds", "data-testid": "vote-kinds" }, el("option", { value: "hotspot,opportunity" }, "Hotspots and opportunities"), el("option", { value: "" }, "All notes"),
    ...NOTE_KINDS.filter((kind) => kind !== "vote").map((kind) => el("option", { value: kind }, `${NOTES[kind].label}s only`)));
  const open = () => void workshop.set("/votes", "POST", {
    title: title.value, budget: Number(budget.input.value), per_note_max: Math.min(Number(most.input.value), Number(budget.input.value)), kinds: about.value ? about.value.split(",") : [],
  });
  const form = el("details", { class: "disclosure", open: Boolean(workshop.phase()?.votes) }, el("summary", { "data-testid": "vote-new" }, "A new vote"),
    el("div", { class: "stack stack--sm" }, el("div", { class: "field" }, el("label", { for: "vote-title" }, "Question"), title),
      el("div", { class: "side-pair" }, budget.field, most.field), el("div", { class: "field" }, el("label", { for: "vote-kinds" }, "About"), about),
      el("button", { class: "button button--primary button--sm", type: "button", "data-testid": "vote-open", onclick: open }, "Open the vote"),
      el("p", { class: "side-hint" }, "Nobody sees what the others vote until you close it.")));
  return section("Dot voting", form);
}

/** Notes that may get dots, in the order of the timeline. @param {Wall} wall @param {Vote} vote */
export const candidates = (wall, vote) =>
  timeline(wall.document).filter(({ element }) => isNote(element) && element.text?.trim() && !element.draft && (!vote.kinds.length || vote.kinds.includes(element.kind))).slice(0, CANDIDATES_MAX);

/** @param {Wall} wall @param {Vote} vote */
function openVote(wall, vote) {
  const { workshop } = wall;
  const { ballot, facilitates } = workshop;
  const mayVote = wall.syncing.canEdit;
  const rows = candidates(wall, vote).map(({ id, element }) => el("li", { class: "vote-row" }, noteRow(wall, id), mayVote ? dots(wall, id, `${labelOf(element.kind)} ${element.text ?? ""}`) : ""));
  const part = section(vote.title,
    el("p", { class: "side-hint", role: "status", "data-testid": "vote-left" }, [mayVote ? `${ballot.left} of your ${vote.budget} dots left.` : "", `${vote.voters} ${vote.voters === 1 ? "person has" : "people have"} voted.`].join(" ").trim()),
    el("ul", { class: "vote-list", role: "list", "data-testid": "vote-list" }, ...rows));
  if (!rows.length) part.append(el("p", { class: "side-hint" }, "There is nothing to vote on yet: this vote is about other notes."));
  if (facilitates) part.append(el("button", { class: "button button--primary button--sm", type: "button", "data-testid": "vote-close", onclick: () => void workshop.set("/votes/closing", "POST") }, "Close and count"));
  return part;
}

/** @param {Wall} wall @param {string} id @param {string} name */
function dots(wall, id, name) {
  const { workshop } = wall;
  const count = workshop.ballot.dots[id] ?? 0;
  const step = (/** @type {1 | -1} */ by, /** @type {boolean} */ off) =>
    el("button", { class: "button button--quiet button--icon button--sm", type: "button", disabled: off, "aria-label": `${by > 0 ? "One dot more on" : "One dot less on"} ${name}`, "data-testid": `dot-${by > 0 ? "more" : "less"}-${id}`, onclick: () => void workshop.dot(id, by) }, icon(by > 0 ? "plus" : "minus"));
  return el("span", { class: "dots" }, step(-1, !count), el("span", { class: "dots__count", "aria-label": `${count} dots` }, count ? "●".repeat(Math.min(count, 5)) : "0"), step(1, !workshop.ballot.left || count >= (workshop.state.vote?.per_note_max ?? 0)));
}

/** @param {Wall} wall @param {Vote} vote @param {boolean} newest */
function results(wall, vote, newest) {
  const ranked = Object.entries(vote.results ?? {}).sort((a, b) => b[1] - a[1]);
  const most = ranked[0]?.[1] ?? 1;
  const rows = ranked.map(([id, count]) => {
    const bar = el("span", { class: "ranked__bar", "aria-hidden": "true" });
    bar.style.width = `${(100 * count) / most}%`;
    return el("li", { class: "ranked__row" }, noteRow(wall, id), el("span", { class: "ranked__dots" }, String(count)), bar);
  });
  const closed = vote.closed_at ? new Date(vote.closed_at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }) : "";
  const summary = el("summary", {}, el("span", {}, vote.title), el("span", { class: "side-hint" }, ` ${vote.voters} voted, ${closed}`));
  return el("details", { class: "disclosure side-section", open: newest, "data-testid": "vote-result" }, summary, el("ol", { class: "ranked", role: "list" }, ...rows), rows.length ? "" : el("p", { class: "side-hint" }, "Nobody voted."));
}
