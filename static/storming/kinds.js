/**
 * The vocabulary of notes: what each kind is called, how large it is, and how it is told from the others. Colour never
 * tells a kind alone: each has an icon, a label and some a shape of their own.
 *
 * Sizes are in board units; a domain event is 140 x 140.
 *
 * @import {Kind, NoteKind, ElementProps} from './types'
 */

export const UNIT = 140;

/**
 * @typedef {object} NoteStyle
 * @property {string} label
 * @property {string} hint what to write on it, shown in the palette
 * @property {string} colour
 * @property {string} ink contrast with the colour is 4.5:1 or better
 * @property {number} w
 * @property {number} h
 * @property {string} key the letter after N, and with Alt to change the kind
 * @property {'square' | 'dot'} shape
 * @property {number} tilt radians
 * @property {string} icon SVG path in a 16 x 16 box, stroked
 */

/** @param {Partial<NoteStyle> & Pick<NoteStyle, 'label' | 'hint' | 'colour' | 'ink' | 'key' | 'icon'>} style @returns {NoteStyle} */
const note = (style) => ({ w: UNIT, h: UNIT, shape: "square", tilt: 0, ...style });

/** @type {Record<NoteKind, NoteStyle>} */
export const NOTES = {
  domain_event: note({
    label: "Event", hint: "Something that happened, in the past tense", colour: "#FF9F4B", ink: "#2a1503", key: "E",
    icon: "M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z",
  }),
  command: note({
    label: "Command", hint: "Something somebody wants done", colour: "#6DD8FA", ink: "#00212c", key: "C",
    icon: "M2.5 8h9M8 4l4 4-4 4",
  }),
  actor: note({
    label: "Actor", hint: "Who does it", colour: "#F7F050", ink: "#2b2900", key: "A", w: UNIT * 0.5, h: UNIT * 0.7,
    icon: "M8 7.5a2.75 2.75 0 1 0 0-5.5 2.75 2.75 0 0 0 0 5.5zM2.75 14c.4-3 2.4-4.5 5.25-4.5s4.85 1.5 5.25 4.5",
  }),
  policy: note({
    label: "Policy", hint: "Whenever X, then Y", colour: "#C18DC9", ink: "#24062a", key: "P", w: UNIT * 1.8,
    icon: "M3 5.5a5.25 5.25 0 0 1 9.5-.5M13 2v3.25H9.75M13 10.5a5.25 5.25 0 0 1-9.5.5M3 14v-3.25h3.25",
  }),
  read_model: note({
    label: "Read model", hint: "What somebody looks at to decide", colour: "#73DD8E", ink: "#03280f", key: "R",
    icon: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  }),
  system: note({
    label: "System", hint: "A system outside of this story", colour: "#EA97BD", ink: "#33071c", key: "S", w: UNIT * 1.8,
    icon: "M2 3h12v4H2zM2 9h12v4H2zM4.5 5h.01M4.5 11h.01",
  }),
  aggregate: note({
    label: "Aggregate", hint: "The rules that a command has to pass", colour: "#FEF0A0", ink: "#2e2700", key: "G", w: UNIT * 1.8,
    icon: "M8 1.5 14 5v6l-6 3.5L2 11V5zM2 5l6 3.5L14 5M8 8.5v6",
  }),
  hotspot: note({
    label: "Hotspot", hint: "A question, a conflict, a risk", colour: "#F31D6F", key: "H", ink: "#1f0009", tilt: -0.105,
    icon: "M8 2 15 14H1zM8 6.5v3.5M8 12h.01",
  }),
  opportunity: note({
    label: "Opportunity", hint: "Something worth doing", colour: "#D7F698", ink: "#1d2b00", key: "O",
    icon: "M5.75 11.5c0-1.5-1.75-2.25-1.75-4.75a4 4 0 0 1 8 0c0 2.5-1.75 3.25-1.75 4.75zM6.25 14h3.5",
  }),
  comment: note({
    label: "Comment", hint: "A remark beside the story", colour: "#FFFFFF", ink: "#231d17", key: "M",
    icon: "M2 3h12v8H7l-3 3v-3H2z",
  }),
  vote: note({
    label: "Vote", hint: "A dot on what matters", colour: "#2D5BD7", ink: "#FFFFFF", key: "V", w: 44, h: 44, shape: "dot",
    icon: "M3 8.5 6.5 12 13 4.5",
  }),
};

/** In the order of the palette. */
export const NOTE_KINDS = /** @type {NoteKind[]} */ (Object.keys(NOTES));

/** @typedef {{label: string, hint: string, key: string, icon: string}} AreaStyle icon: of the page's sprite */
/** Regions of the wall. @type {Record<import('./types').AreaKind, AreaStyle>} */
export const AREAS = {
  swimlane: { label: "Lane", hint: "A band across the wall, for a department or a topic", key: "L", icon: "lane" },
  frame: { label: "Frame", hint: "A part of the wall with a title: a chapter, a break-out group", key: "F", icon: "frame" },
  context: { label: "Context", hint: "A bounded context: knows what lies in it", key: "X", icon: "domain" },
};

/** Only facilitators change these. */
export const ARRANGED = new Set(["swimlane", "frame", "legend"]);

/** @type {Record<string, {label: string, colour: string, ink: string}>} the notation's own words and colours */
const OWN = Object.fromEntries(Object.entries(NOTES).map(([kind, { label, colour, ink }]) => [kind, { label, colour, ink }]));
/** Kinds that this board's legend leaves out of the palette. @type {Set<string>} */
export const hiddenKinds = new Set();

/** Says the notation as a board's legend does; NOTES changes in place. @param {Record<string, import('./types').LegendEntry>} entries */
export function speak(entries) {
  hiddenKinds.clear();
  for (const kind of NOTE_KINDS) {
    const { label, colour, hidden } = entries[kind] ?? {};
    const own = OWN[kind];
    Object.assign(NOTES[kind], { label: label ?? own.label, colour: colour ?? own.colour, ink: colour ? inkOn(colour) : own.ink });
    if (hidden) hiddenKinds.add(kind);
  }
}

/** The notation's own word and colour of a kind. @param {NoteKind} kind */
export const ownStyle = (kind) => OWN[kind];

/** Dark or white, whichever is read better. @param {string} colour #rrggbb @returns {string} */
export function inkOn(colour) {
  const channels = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour)?.slice(1).map((hex) => parseInt(hex, 16) / 255);
  if (!channels) return "#fff";
  const [r, g, b] = channels.map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.18 ? "#16130f" : "#fff";
}

/** What usually comes after a kind: what a new note is when an arrow is dropped on empty space. @type {Partial<Record<Kind, NoteKind>>} */
export const FOLLOWED_BY = {
  actor: "command", read_model: "command", command: "domain_event", aggregate: "domain_event", system: "domain_event",
  domain_event: "policy", policy: "command",
};

/** What a kind becomes in the catalog. @type {Partial<Record<Kind, string>>} */
export const PROMOTED_AS = { domain_event: "event", command: "command", read_model: "query" };

/** @param {string} kind @returns {kind is NoteKind} */
export const isNoteKind = (kind) => kind in NOTES;

/** @param {string} kind @returns {kind is import('./types').AreaKind} */
export const isAreaKind = (kind) => kind in AREAS;

/** @param {ElementProps | undefined} element */
export const isNote = (element) => element !== undefined && element.kind in NOTES;

/** @param {string} letter @returns {NoteKind | undefined} */
export const kindOfKey = (letter) => NOTE_KINDS.find((kind) => NOTES[kind].key === letter.toUpperCase());

/** Width and height of a note, lane or frame; connectors have none. @param {ElementProps} element */
export function sizeOf(element) {
  const style = NOTES[/** @type {NoteKind} */ (element.kind)];
  return { w: element.w ?? style?.w ?? 0, h: element.h ?? style?.h ?? 0 };
}

/** @param {Kind} kind @returns {string} */
export const labelOf = (kind) =>
  isNoteKind(kind) ? NOTES[kind].label : isAreaKind(kind) ? AREAS[kind].label : { connector: "Arrow", legend: "Legend", remark: "Remark", reaction: "Reaction" }[/** @type {'connector'} */ (kind)];
