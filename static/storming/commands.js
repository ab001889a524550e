/**
 * What a person can do to a board, each as one operation. Keyboard, toolbar, palette and gestures all call these. Every
 * command looks at the board as it is now: what was deleted meanwhile is left out.
 *
 * @import {Box, ElementPatches, ElementProps, Kind, NoteKind, Point} from './types'
 * @import {Wall} from './wall.js'
 */

import { orderKeyAfter } from "./fractional.js";
import { WAYS, arranged } from "./arranging.js";
import { around, overlap } from "./geometry.js";
import { notesOf } from "./exchange/pasting.js";
import { ARRANGED, NOTES, isAreaKind, isNote, isNoteKind, labelOf, sizeOf } from "./kinds.js";
import { freeToTheRight, timeline } from "./timeline.js";
import { Connecting } from "./tools/connecting.js";

/** Between notes of a row. */
export const GAP = 28;
const PASTED_MAX = 500;

export class Commands {
  #wall;

  /** @param {Wall} wall */
  constructor(wall) {
    this.#wall = wall;
  }

  /** A new note around a point. @param {NoteKind} kind @param {Point} centre board
   * @param {{edit?: boolean, after?: string, passing?: boolean}} [how] after: an arrow comes from this note; passing: it
   *   goes again if nothing is written on it @returns {string} its id */
  createNote(kind, centre, { edit = false, after, passing = false } = {}) {
    const { w, h } = NOTES[kind];
    const id = newId();
    const x = Math.round(centre.x - w / 2);
    const y = Math.round(centre.y - h / 2);
    /** @type {ElementPatches} */
    const elements = { [id]: { kind, x, y, text: "", z: orderKeyAfter(this.#wall.scene.topZ) } };
    if (after && this.#wall.document.live(after)) elements[newId()] = { kind: "connector", from: after, to: id };
    this.#write(elements);
    this.#wall.selection.set([id]);
    this.#wall.camera.reveal({ x, y, w, h });
    if (edit && kind !== "vote") this.#wall.editor.open(id, { passing });
    return id;
  }

  /** Where the keyboard makes a note: to the right of the selected one, else at the pointer, else in the middle. @param {NoteKind} kind */
  createNoteByKey(kind) {
    const { camera, pointer, selection, scene } = this.#wall;
    const beside = selection.only && scene.boxOf(selection.only);
    if (beside && isNote(this.#wall.document.live(selection.only ?? ""))) return this.createNext(selection.only ?? "", kind, false);
    const at = pointer ?? { x: camera.width / 2, y: camera.height / 2 };
    return this.createNote(kind, camera.toBoard(at), { edit: true });
  }

  /** The next note along the timeline. @param {string} id @param {NoteKind} [kind] @param {boolean} [passing] */
  createNext(id, kind, passing = true) {
    const { document: board, scene } = this.#wall;
    const element = board.live(id);
    const box = scene.boxOf(id);
    if (!element || !box) return undefined;
    const next = kind ?? (isNoteKind(element.kind) ? element.kind : "domain_event");
    const { w, h } = NOTES[next];
    const place = freeToTheRight(board, { x: box.x + box.w + GAP, y: box.y + (box.h - h) / 2, w, h }, GAP);
    return this.createNote(next, { x: place.x + w / 2, y: place.y + h / 2 }, { edit: true, passing });
  }

  /** @param {import('./types').AreaKind} kind @param {Box} box */
  createArea(kind, box) {
    const id = newId();
    if (ARRANGED.has(kind) && !this.#wall.canArrange) return this.#wall.say("Only facilitators draw lanes and frames");
    this.#write({ [id]: { kind, x: Math.round(box.x), y: Math.round(box.y), w: Math.round(box.w), h: Math.round(box.h), text: "" } });
    this.#wall.selection.set([id]);
    return this.#wall.editor.open(id);
  }

  /** @param {string} from @param {string} to */
  connect(from, to) {
    const { document: board } = this.#wall;
    if (from === to || !isNote(board.live(from)) || !isNote(board.live(to))) return;
    for (const [, element] of board.elements) {
      if (element.kind === "connector" && !element.deleted && element.from === from && element.to === to) return;
    }
    this.#write({ [newId()]: { kind: "connector", from, to } });
    this.#wall.announce("Connected");
  }

  /** A copy beside the selected note, with an arrow from it; its text is there to be written over. @param {-1 | 0 | 1} dx @param {-1 | 0 | 1} dy */
  copyAndConnect(dx, dy) {
    const { selection, document: board, scene } = this.#wall;
    const from = selection.only;
    const element = from ? board.live(from) : undefined;
    const box = from ? scene.boxOf(from) : null;
    if (!from || !element || !box || !isNoteKind(element.kind) || element.kind === "vote") return;
    let place = { ...box, x: box.x + dx * (box.w + 2 * GAP), y: box.y + dy * (box.h + 2 * GAP) };
    for (let tries = 0; tries < 200 && this.#isTaken(place); tries++) {
      place = { ...place, x: place.x + dx * GAP, y: place.y + dy * GAP };
    }
    const { kind, w, h, tags } = element;
    const id = newId();
    /** @type {ElementProps} */
    const copy = { kind, x: Math.round(place.x), y: Math.round(place.y), text: element.text ?? "", z: orderKeyAfter(scene.topZ) };
    if (w !== undefined) copy.w = w;
    if (h !== undefined) copy.h = h;
    if (tags) copy.tags = tags;
    this.#write({ [id]: copy, [newId()]: { kind: "connector", from, to: id } });
    this.#wall.selection.set([id]);
    this.#wall.editor.open(id, { selectAll: true });
  }

  /** @param {Box} box */
  #isTaken(box) {
    return this.#wall.scene.within(box).some(({ element, box: own }) => isNote(element) && overlap(own, box));
  }

  /** @param {import('./arranging.js').How} how */
  arrange(how) {
    const { document: board, scene, selection } = this.#wall;
    const notes = timeline(board).filter(({ id }) => selection.has(id)).map(({ id }) => id);
    const rest = [...selection.ids].filter((id) => !notes.includes(id) && board.live(id)?.kind !== "connector");
    const boxed = [...notes, ...rest].flatMap((id) => {
      const box = scene.boxOf(id);
      return box && this.#wall.mayChange(id) ? [{ id, box }] : [];
    });
    /** @type {ElementPatches} */
    const elements = {};
    for (const [id, { x, y }] of arranged(boxed, how)) {
      const { x: oldX, y: oldY } = board.live(id) ?? {};
      if (x !== oldX || y !== oldY) elements[id] = { x, y };
    }
    this.#write(elements);
    this.#wall.announce(`${WAYS[how].label}: ${Object.keys(elements).length} moved`);
  }

  /** What is selected stays together from now on. */
  group() {
    const chosen = this.#selected((element) => element.kind !== "connector");
    if (chosen.length < 2) return;
    const group = newId();
    this.#write(Object.fromEntries(chosen.map(({ id }) => [id, { group }])));
    this.#wall.announce(`${chosen.length} grouped`);
  }

  ungroup() {
    const chosen = this.#selected((element) => element.group !== undefined);
    this.#write(Object.fromEntries(chosen.map(({ id }) => [id, { group: null }])));
    if (chosen.length) this.#wall.announce("Ungrouped");
  }

  /** @param {string} id @param {{tags: string[], links: string[]}} labels */
  label(id, { tags, links }) {
    const element = this.#wall.document.live(id);
    if (!element) return;
    /** @type {import('./types').ElementPatch} */
    const patch = {};
    if (JSON.stringify(tags) !== JSON.stringify(element.tags ?? [])) patch.tags = tags.length ? tags : null;
    const before = element.links ?? [];
    if (JSON.stringify(links) !== JSON.stringify(before.map(({ url }) => url))) {
      patch.links = links.length ? links.map((url) => before.find((each) => each.url === url) ?? { url }) : null;
    }
    if (Object.keys(patch).length) this.#write({ [id]: patch });
  }

  /** @param {Record<string, import('./types').LegendEntry>} entries */
  setLegend(entries) {
    const present = this.#wall.document.elements.get("legend");
    this.#write({ legend: { ...(present ? {} : { kind: /** @type {Kind} */ ("legend") }), entries, ...(present?.deleted ? { deleted: null } : {}) } });
  }

  /** Two selected notes are connected as the timeline goes; from one, an arrow hangs on the pointer. */
  connectSelection() {
    const ids = timeline(this.#wall.document).map(({ id }) => id).filter((id) => this.#wall.selection.has(id));
    if (ids.length > 1) for (let place = 1; place < ids.length; place++) this.connect(ids[place - 1], ids[place]);
    else if (ids.length === 1) {
      const box = this.#wall.scene.boxOf(ids[0]);
      const at = this.#wall.pointer ?? (box ? this.#wall.camera.toScreen({ x: box.x + box.w + 80, y: box.y + box.h / 2 }) : { x: 0, y: 0 });
      this.#wall.begin(new Connecting(this.#wall, ids[0], at, false));
      this.#wall.announce("Choose the note that the arrow goes to: Tab, then Enter");
    }
  }

  /** Softly: undo brings them back, with their arrows. @param {Iterable<string>} [ids] */
  remove(ids = this.#wall.selection.ids) {
    /** @type {ElementPatches} */
    const elements = {};
    for (const id of ids) {
      if (!this.#wall.mayChange(id)) continue;
      elements[id] = { deleted: true };
      for (const arrow of this.#wall.scene.connectorsOf(id)) elements[arrow] = { deleted: true };
    }
    const count = Object.keys(elements).length;
    if (!count) return;
    this.#write(elements);
    this.#wall.announce(count === 1 ? "Deleted" : `${count} deleted`);
  }

  /** @param {NoteKind} kind */
  changeKind(kind) {
    /** @type {ElementPatches} */
    const elements = {};
    let promoted = 0;
    for (const id of this.#wall.selection.ids) {
      const element = this.#wall.document.live(id);
      if (!element || !isNote(element) || element.kind === kind || element.locked) continue;
      if (element.type_id) promoted += 1;
      else elements[id] = this.#asKind(element, kind);
    }
    this.#write(elements);
    if (promoted) this.#wall.say("A promoted note keeps its kind", "It names a message type in the catalog.");
  }

  /** Other kinds have other sizes: it keeps its middle. @param {ElementProps} element @param {NoteKind} kind */
  #asKind(element, kind) {
    /** @type {import('./types').ElementPatch} */
    const patch = { kind };
    if (element.w === undefined && element.h === undefined) {
      const before = sizeOf(element);
      patch.x = Math.round((element.x ?? 0) + (before.w - NOTES[kind].w) / 2);
      patch.y = Math.round((element.y ?? 0) + (before.h - NOTES[kind].h) / 2);
    }
    if (element.pivotal) patch.pivotal = null;
    return patch;
  }

  togglePivotal() {
    const events = this.#selected((element) => element.kind === "domain_event");
    const on = !events.every(({ element }) => element.pivotal);
    this.#write(Object.fromEntries(events.map(({ id }) => [id, { pivotal: on || null }])));
  }

  /** @param {number} dx @param {number} dy board units */
  nudge(dx, dy) {
    const chosen = this.#selected((element) => element.kind !== "connector");
    const taken = new Set(chosen.flatMap(({ id, element }) => (isAreaKind(element.kind) ? [id, ...this.#wall.scene.contentsOf(id)] : [id])));
    const moved = [...taken].flatMap((id) => {
      const element = this.#wall.document.live(id);
      return element && this.#wall.mayChange(id) ? [{ id, element }] : [];
    });
    if (!moved.length) return;
    const elements = Object.fromEntries(moved.map(({ id, element }) => [id, { x: (element.x ?? 0) + dx, y: (element.y ?? 0) + dy }]));
    this.#wall.syncing.write({ elements }, { group: `nudge ${[...this.#wall.selection.ids].join()}` });
    const box = around(moved.map(({ id }) => this.#wall.scene.boxOf(id)).filter((each) => each !== null));
    if (box) this.#wall.camera.reveal(box);
  }

  selectAll() {
    const placed = (/** @type {[string, ElementProps]} */ [id, element]) => !element.deleted && element.kind !== "legend" && this.#wall.scene.boxOf(id) !== null;
    this.#wall.selection.set([...this.#wall.document.elements].filter(placed).map(([id]) => id));
  }

  /** To the next or previous note of the timeline. @param {1 | -1} direction @returns {boolean} false at the end */
  walk(direction) {
    const { document: board, selection, editor } = this.#wall;
    const notes = timeline(board);
    if (!notes.length) return false;
    const ids = notes.map(({ id }) => id);
    const here = ids.findIndex((id) => id === editor.id || selection.has(id));
    const place = here < 0 ? (direction > 0 ? 0 : ids.length - 1) : here + direction;
    if (place < 0 || place >= ids.length) return false;
    this.show(ids[place]);
    const { element } = notes[place];
    this.#wall.announce(`${labelOf(element.kind)}: ${element.text || "no text"}, ${place + 1} of ${ids.length}`);
    return true;
  }

  /** To the next or previous lane, frame or context, from left to right. @param {1 | -1} direction @returns {boolean} whether there is any */
  walkAreas(direction) {
    const { document: board } = this.#wall;
    const areas = [...board.elements].filter(([, element]) => !element.deleted && isAreaKind(element.kind));
    areas.sort(([, a], [, b]) => (a.x ?? 0) - (b.x ?? 0) || (a.y ?? 0) - (b.y ?? 0));
    return this.#step(areas.map(([id]) => id), direction);
  }

  /** To the next or previous arrow of the selected note, or of the note whose arrow is selected. @param {1 | -1} direction @returns {boolean} */
  walkArrows(direction) {
    const { document: board, selection, scene } = this.#wall;
    const only = selection.only ? board.live(selection.only) : undefined;
    if (only && only.kind !== "connector") this.#arrowsOf = selection.only;
    const arrows = this.#arrowsOf ? [...scene.connectorsOf(this.#arrowsOf)].filter((id) => board.live(id)) : [];
    return this.#step(arrows, direction);
  }

  /** The note whose arrows are walked. @type {string | undefined} */
  #arrowsOf;

  /** @param {string[]} ids @param {1 | -1} direction @returns {boolean} */
  #step(ids, direction) {
    if (!ids.length) return false;
    const here = ids.findIndex((id) => this.#wall.selection.has(id));
    const id = ids[(Math.max(here, direction > 0 ? -1 : 0) + direction + ids.length) % ids.length];
    this.show(id);
    const element = this.#wall.document.live(id);
    const inside = element && isAreaKind(element.kind) ? `, ${this.#wall.scene.contentsOf(id).length} notes in it` : "";
    const ends = element?.kind === "connector" ? ` from ${this.#nameOf(element.from)} to ${this.#nameOf(element.to)}` : "";
    this.#wall.announce(`${labelOf(element?.kind ?? "frame")} ${element?.text ?? ""}${ends}${inside}`);
    return true;
  }

  /** @param {string | undefined} id */
  #nameOf(id) {
    return (id && this.#wall.document.live(id)?.text) || "a note without text";
  }

  /** Larger or smaller, by key. @param {number} dw @param {number} dh board units */
  grow(dw, dh) {
    const { scene } = this.#wall;
    /** @type {ElementPatches} */
    const elements = {};
    for (const { id, element } of this.#selected(({ kind }) => kind !== "connector" && kind !== "vote")) {
      const box = scene.boxOf(id);
      const least = isNote(element) ? 48 : 120;
      if (box && this.#wall.mayChange(id)) elements[id] = { w: Math.max(least, box.w + dw), h: Math.max(least, box.h + dh) };
    }
    if (Object.keys(elements).length) this.#wall.syncing.write({ elements }, { group: `grow ${[...this.#wall.selection.ids].join()}` });
  }

  /** Selects it and brings it into view. @param {string} id */
  show(id) {
    this.#wall.selection.set([id]);
    const box = this.#wall.scene.boxOf(id);
    if (box) this.#wall.camera.reveal(box);
  }

  fitAll() {
    const box = this.#wall.scene.bounds();
    if (box) this.#wall.camera.fit(box, 1, this.#wall.insets);
    else this.#wall.camera.set(-this.#wall.camera.width / 2, -this.#wall.camera.height / 2, 1);
  }

  fitSelection() {
    const box = around([...this.#wall.selection.ids].map((id) => this.#wall.scene.boxOf(id)).filter((each) => each !== null));
    if (box) this.#wall.camera.fit(box, 1.5, this.#wall.insets);
    else this.fitAll();
  }

  /** @param {'undo' | 'redo'} direction */
  step(direction) {
    const done = this.#wall.syncing.step(direction);
    if (!done) return this.#wall.announce(`Nothing to ${direction}`);
    const live = done.ids.filter((id) => this.#wall.document.live(id));
    this.#wall.selection.set(live);
    this.#wall.announce(direction === "undo" ? "Undone" : "Done again");
    if (done.skipped) this.#wall.say("Somebody else has changed some of this since", "Their work stays as it is.");
    return undefined;
  }

  duplicate() {
    this.insert(this.copied(), { dx: GAP, dy: GAP });
  }

  /** What is selected and the arrows between, as values to put in elsewhere. @returns {Record<string, ElementProps>} */
  copied() {
    /** @type {Record<string, ElementProps>} */
    const copied = {};
    for (const [id, element] of this.#wall.document.elements) {
      if (element.deleted) continue;
      const between = element.kind === "connector" && this.#wall.selection.has(element.from ?? "") && this.#wall.selection.has(element.to ?? "");
      if (!between && !this.#wall.selection.has(id)) continue;
      const { type_id: _type, created_by: _by, created_at: _at, draft: _draft, locked: _locked, ...properties } = element;
      copied[id] = properties;
    }
    return copied;
  }

  /** Puts copies in, with new ids; arrows whose ends aren't among them stay out.
   * @param {Record<string, ElementProps>} copied @param {{dx?: number, dy?: number, centre?: Point, countMax?: number}} where @returns {number} how many */
  insert(copied, { dx = 0, dy = 0, centre, countMax = PASTED_MAX }) {
    const arrowsLast = Object.keys(copied).sort((a, b) => Number(copied[a].kind === "connector") - Number(copied[b].kind === "connector"));
    const ids = new Map(arrowsLast.slice(0, countMax).map((id) => [id, newId()]));
    if (centre) {
      const box = around(Object.values(copied).filter((element) => element.x !== undefined)
        .map((element) => ({ x: element.x ?? 0, y: element.y ?? 0, ...sizeOf(element) })));
      if (box) [dx, dy] = [centre.x - box.x - box.w / 2, centre.y - box.y - box.h / 2];
    }
    /** @type {ElementPatches} */
    const elements = {};
    let z = this.#wall.scene.topZ;
    /** @type {Map<string, string>} */
    const groups = new Map();
    for (const [old, id] of ids) {
      const element = { ...copied[old] };
      if (ARRANGED.has(element.kind) && !this.#wall.canArrange) continue;
      if (element.kind === "legend") {
        if (!this.#wall.document.live("legend")) elements.legend = element;
        continue;
      }
      if (element.group) {
        if (!groups.has(element.group)) groups.set(element.group, newId());
        element.group = groups.get(element.group);
      }
      if (element.kind === "connector") {
        const [from, to] = [ids.get(element.from ?? ""), ids.get(element.to ?? "")];
        if (!from || !to) continue;
        Object.assign(element, { from, to });
      } else Object.assign(element, { x: Math.round((element.x ?? 0) + dx), y: Math.round((element.y ?? 0) + dy) });
      if (isNote(element)) element.z = z = orderKeyAfter(z);
      elements[id] = element;
    }
    this.#write(elements);
    this.#wall.selection.set(Object.keys(elements).filter((id) => elements[id].kind !== "connector" && elements[id].kind !== "legend"));
    return Object.keys(elements).length;
  }

  /** Lines of text become events along the timeline, rows of a spreadsheet notes with kinds. @param {string} text @param {Point} centre */
  insertText(text, centre) {
    const { notes, left } = notesOf(text, PASTED_MAX);
    const made = this.insert(notes, { centre });
    if (left) this.#wall.say(`${made} notes are in, ${left} lines are not`, "For more at once, use the import.");
    return made;
  }

  /** @param {(element: ElementProps) => boolean} wanted */
  #selected(wanted) {
    const found = [];
    for (const id of this.#wall.selection.ids) {
      const element = this.#wall.document.live(id);
      if (element && wanted(element)) found.push({ id, element });
    }
    return found;
  }

  /** @param {ElementPatches} elements */
  #write(elements) {
    this.#wall.syncing.write({ elements });
  }
}

export const newId = () => crypto.randomUUID();
