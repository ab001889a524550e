/**
 * The strip at the top of the wall: which phase it is, how long it lasts, what is private, who holds the pen. One line, and
 * only as long as there is something to say. Facilitators have the next step at hand in it.
 *
 * @import {Wall} from '../wall.js'
 * @import {Panel} from './panel.js'
 */

import { confirm } from "@app/dialogs.js";
import { el, icon } from "@app/dom.js";
import { toast } from "@app/toasts.js";

import { followTimer } from "./timer.js";

/** @param {Wall} wall @param {HTMLElement} strip @param {Panel} panel */
export function showStrip(wall, strip, panel) {
  const { workshop } = wall;
  const phase = el("button", { class: "button button--quiet button--sm strip__phase", type: "button", "data-testid": "strip-phase", popovertarget: "phase-guide" });
  const guide = el("div", { class: "popover phase-guide", id: "phase-guide", popover: "auto", role: "dialog", "aria-label": "What this phase is for" });
  const privacy = el("span", { class: "strip__part strip__private", "data-testid": "strip-private" });
  const rights = el("span", { class: "strip__part", "data-testid": "strip-rights" });
  const time = el("span", { class: "strip__time", role: "timer", "data-testid": "strip-time" });
  const pause = button("pause", "Pause the timer", "timer-pause", () => void workshop.timer(workshop.state.timer?.ends_at ? "pause" : "resume"));
  const longer = el("button", { class: "button button--quiet button--sm", type: "button", "data-testid": "timer-add", title: "One minute more", onclick: () => void workshop.timer("add", 60) }, "+1 min");
  const vote = el("button", { class: "button button--sm strip__vote", type: "button", "data-testid": "strip-vote", onclick: () => panel.open("workshop") });
  const next = el("button", { class: "button button--sm", type: "button", "data-testid": "strip-next", onclick: () => void goOn(wall, panel) });
  strip.append(phase, privacy, rights, time, pause, longer, vote, next);
  document.body.append(guide);

  const show = () => {
    const { state, facilitates } = workshop;
    const now = workshop.phase();
    phase.hidden = !now;
    if (now) {
      phase.replaceChildren(el("span", { class: "strip__number" }, String(state.phases.indexOf(now.key) + 1 || "")), now.label, icon("chevron-down"));
      guide.replaceChildren(el("h2", {}, now.label), el("p", {}, now.guide), ...rules(wall));
    }
    const mine = wall.document.draftCount;
    privacy.hidden = !state.silent;
    privacy.replaceChildren(icon("eye-off"), el("span", {}, mine ? `Only you see your ${mine === 1 ? "note" : `${mine} notes`}` : "Only you see what you write"));
    const words = rightsInWords(wall);
    rights.hidden = !words;
    rights.replaceChildren(icon(state.frozen ? "lock" : "edit"), el("span", {}, words));
    pause.hidden = longer.hidden = !state.timer || !facilitates;
    pause.replaceChildren(icon(state.timer?.ends_at ? "pause" : "play"));
    pause.setAttribute("aria-label", state.timer?.ends_at ? "Pause the timer" : "Start the timer");
    vote.hidden = !state.vote;
    vote.textContent = wall.syncing.canEdit ? `Vote: ${workshop.ballot.left} of ${state.vote?.budget ?? 0} dots left` : "A vote is open";
    next.hidden = !facilitates || !(now || state.silent);
    const follows = workshop.next;
    next.textContent = state.silent ? "Reveal" : follows ? `Next: ${follows.label}` : "End the workshop";
    next.classList.toggle("button--fact", state.silent);
    strip.hidden = !(now || state.silent || state.timer || state.vote || words);
  };
  workshop.changed.on(show);
  workshop.ballotChanged.on(show);
  wall.syncing.stateChanged.on(show);
  wall.document.changed.on(() => { if (workshop.state.silent) show(); });
  followTimer(workshop, (text, over) => {
    time.hidden = !text;
    time.textContent = text;
    time.classList.toggle("strip__time--over", over);
    time.classList.toggle("strip__time--resting", !workshop.state.timer?.ends_at);
  }, () => wall.say("Time is up", "Finish your sentence; the facilitator goes on.", "info"));
  workshop.changed.on((state, before) => tellChanges(wall, panel, state, before));
  show();
}

/** @param {string} symbol @param {string} label @param {string} testid @param {() => void} act */
const button = (symbol, label, testid, act) =>
  el("button", { class: "button button--quiet button--icon button--sm", type: "button", "aria-label": label, "data-testid": testid, onclick: act }, icon(symbol));

/** What the phase means for this person. @param {Wall} wall */
function rules(wall) {
  const { state } = wall.workshop;
  const lines = [];
  if (state.silent) lines.push("Your notes are private until the facilitator reveals everybody's at once.");
  if (state.one_pen) lines.push("One person holds the pen; the others talk. Raise a hand to ask for it.");
  return lines.map((line) => el("p", { class: "phase-guide__rule" }, icon("info"), line));
}

/** @param {Wall} wall */
function rightsInWords(wall) {
  const { state, holdsPen, facilitates } = wall.workshop;
  if (state.frozen) return facilitates ? "Frozen for participants" : "Frozen";
  if (!state.one_pen) return "";
  if (holdsPen) return "You hold the pen";
  return state.pen ? `${state.pen.name} holds the pen` : "The facilitator holds the pen";
}

/** Reveal, or the next phase. @param {Wall} wall @param {Panel} panel */
async function goOn(wall, panel) {
  const { workshop } = wall;
  if (workshop.state.silent) {
    const sure = await confirm({
      title: "Reveal everybody's notes?", text: "All notes appear on the wall at once, with who wrote them. What is written from then on is seen by all.",
      action: "Reveal", danger: false,
    });
    if (sure && (await workshop.reveal())) panel.lookForTwins();
    return;
  }
  await workshop.enter(workshop.next?.key ?? null);
}

/** What has changed for everybody, in one line. @param {Wall} wall @param {Panel} panel
 * @param {import('../types').WorkshopState} state @param {import('../types').WorkshopState} before */
function tellChanges(wall, panel, state, before) {
  if (before.version < 0) return;
  const phase = wall.workshop.phase();
  if (state.phase !== before.phase && phase) {
    wall.announce(`${phase.label}. ${phase.guide}`);
    if (!wall.workshop.facilitates) wall.say(phase.label, `${phase.guide.split(". ")[0]}.`, "info");
  }
  if (before.silent && !state.silent) wall.say("Here are everybody's notes", "What you write from now on is seen by all.", "good");
  if (state.frozen !== before.frozen) wall.say(state.frozen ? "The board is frozen" : "The board can be changed again", state.frozen ? "Listen for a moment: nothing can be changed." : "", "info");
  if (state.one_pen && state.pen?.id === wall.workshop.me.id && before.pen?.id !== state.pen.id) wall.say("You hold the pen", "You may change notes; hand it on when you are done.", "good");
  if (state.vote && !before.vote) {
    wall.say(state.vote.title, `Put your ${state.vote.budget} dots on notes: select one and press the full stop, or use the list.`, "info");
    panel.open("workshop", { focus: false });
  }
  if (!state.vote && before.vote) {
    toast("The vote is counted", { hint: "Dots are on the notes.", kind: "good", action: { label: "Ranked list", run: () => panel.open("workshop") } });
  }
}
