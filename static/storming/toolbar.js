/** The toolbar over the selection: kind, pivotal, connect, arrange, group, tags, promote, delete. @import {NoteKind} from './types' @import {How} from './arranging.js' @import {Wall} from './wall.js' */

import { el, icon, place } from "@app/dom.js";

import { WAYS } from "./arranging.js";
import { around, overlap } from "./geometry.js";
import { isNote, NOTES, NOTE_KINDS, PROMOTED_AS } from "./kinds.js";
import { swatch } from "./palette.js";
import { lockSelected } from "./workshop/keys.js";

const GAP_PX = 30;

export class Toolbar {
  #wall;
  #bar;
  #kind;
  #menu;
  #pivotal;
  #connect;
  #edit;
  #promote;
  #open;
  #remove;
  #duplicate;
  #arrange;
  #arrangeMenu;
  #group;
  #labels;
  #link;
  #history;
  #about;
  #lock;
  #dot;

  /** @param {Wall} wall @param {HTMLElement} bar */
  constructor(wall, bar) {
    this.#wall = wall;
    this.#bar = bar;
    const { commands } = wall;
    this.#menu = el("div", { class: "menu kind-menu", popover: "auto", id: "kind-menu", role: "menu", "aria-label": "Kind of note" }, ...NOTE_KINDS.map((kind) => this.#kindItem(kind)));
    this.#kind = el("button", { class: "button button--quiet button--sm toolbar__kind", type: "button", "aria-haspopup": "menu", "data-testid": "toolbar-kind", onclick: () => this.#chooseKind() });
    this.#edit = this.#button("edit", "Write (Enter)", "toolbar-edit", () => { if (wall.selection.only) wall.editor.open(wall.selection.only); });
    this.#pivotal = this.#button("flag", "Pivotal: a boundary across the wall (B)", "toolbar-pivotal", () => commands.togglePivotal());
    this.#connect = this.#button("connector", "Connect (C)", "toolbar-connect", () => {
      commands.connectSelection();
      wall.focus();
    });
    this.#about = this.#button("comment", "Fields, tags and remarks (M)", "toolbar-about", () => wall.opens.note());
    this.#lock = this.#button("lock", "Lock (K)", "toolbar-lock", () => lockSelected(wall));
    this.#dot = el("button", { class: "button button--sm", type: "button", "data-testid": "toolbar-dot", onclick: () => void wall.workshop.dot(wall.selection.only ?? "", 1) });
    this.#promote = el("button", { class: "button button--fact button--sm", type: "button", "data-testid": "toolbar-promote", onclick: () => wall.opens.promote(wall.selection.only ?? "") }, icon("bolt"), "Promote");
    this.#open = el("a", { class: "button button--sm", "data-testid": "toolbar-type" });
    this.#duplicate = this.#button("copy", "Duplicate (Ctrl+D)", "toolbar-duplicate", () => commands.duplicate());
    this.#arrangeMenu = el("div", { class: "menu arrange-menu", popover: "auto", id: "arrange-menu", role: "menu", "aria-label": "Arrange" }, ...Object.keys(WAYS).map((how) => this.#wayItem(/** @type {How} */ (how))));
    this.#arrange = this.#button("align", "Arrange (A)", "toolbar-arrange", () => this.chooseArrangement());
    this.#group = this.#button("group", "Group (Ctrl+G)", "toolbar-group", () => {
      if (this.#grouped()) commands.ungroup();
      else commands.group();
    });
    this.#labels = this.#button("tag", "Tags and links (T)", "toolbar-labels", () => { if (wall.selection.only) wall.opens.labels(wall.selection.only); });
    this.#history = this.#button("history", "History of this note", "toolbar-history", () => { if (wall.selection.only) wall.opens.noteHistory(wall.selection.only); });
    this.#link = el("a", { class: "button button--quiet button--icon button--sm", target: "_blank", rel: "noopener noreferrer", "data-testid": "toolbar-link" }, icon("external"));
    this.#remove = this.#button("trash", "Delete", "toolbar-delete", () => {
      commands.remove();
      wall.focus();
    });
    bar.append(this.#kind, this.#edit, this.#pivotal, this.#connect, this.#arrange, this.#group, this.#about, this.#labels, this.#link, this.#history, this.#duplicate, this.#lock, this.#remove, this.#dot, this.#promote, this.#open);
    document.body.append(this.#menu, this.#arrangeMenu);
    wall.selection.changed.on(() => this.#show());
    wall.camera.changed.on(() => this.#place());
    wall.editor.changed.on(() => this.#show());
    wall.syncing.stateChanged.on(() => this.#show());
    wall.workshop.ballotChanged.on(() => this.#show());
    wall.renderer.animations.add(() => {
      this.#place();
      return false;
    });
  }

  /** @param {string} symbol @param {string} label @param {string} testid @param {() => void} act */
  #button(symbol, label, testid, act) {
    return el("button", { class: "button button--quiet button--icon button--sm", type: "button", "aria-label": label, "data-tooltip": label, "data-testid": testid, onclick: act }, icon(symbol));
  }

  /** @param {NoteKind} kind */
  #kindItem(kind) {
    const choose = () => {
      this.#menu.hidePopover();
      this.#wall.commands.changeKind(kind);
      this.#wall.focus();
    };
    return el("button", { class: "menu__item", type: "button", role: "menuitem", "data-testid": `kind-${kind}`, onclick: choose }, swatch(kind), NOTES[kind].label, el("span", { class: "keys" }, el("kbd", { class: "key" }, "Alt"), el("kbd", { class: "key" }, NOTES[kind].key)));
  }

  /** @param {How} how */
  #wayItem(how) {
    const choose = () => {
      this.#arrangeMenu.hidePopover();
      this.#wall.commands.arrange(how);
      this.#wall.focus();
    };
    return el("button", { class: "menu__item", type: "button", role: "menuitem", "data-testid": `arrange-${how}`, "data-least": String(WAYS[how].least), onclick: choose }, WAYS[how].label);
  }

  /** Opens the menu of ways to arrange what is selected. */
  chooseArrangement() {
    if (this.#wall.selection.size < 2 || this.#bar.hidden) return;
    for (const item of /** @type {NodeListOf<HTMLElement>} */ (this.#arrangeMenu.querySelectorAll("button"))) {
      item.hidden = Number(item.dataset.least) > this.#wall.selection.size;
    }
    this.#arrangeMenu.showPopover();
    place(this.#arrangeMenu, this.#arrange);
    /** @type {HTMLElement | null} */ (this.#arrangeMenu.querySelector("button"))?.focus();
  }

  /** Whether all that is selected is one group. */
  #grouped() {
    const groups = new Set([...this.#wall.selection.ids].map((id) => this.#wall.document.live(id)?.group));
    return groups.size === 1 && !groups.has(undefined);
  }

  #chooseKind() {
    this.#menu.showPopover();
    place(this.#menu, this.#kind);
    /** @type {HTMLElement | null} */ (this.#menu.querySelector("button"))?.focus();
  }

  #show() {
    const { selection, document: board, canEdit, editor } = this.#wall;
    const chosen = [...selection.ids].map((id) => board.live(id)).filter((element) => element !== undefined);
    const notes = chosen.filter(isNote);
    const only = chosen.length === 1 ? chosen[0] : undefined;
    const type = only?.type_id ? this.#wall.types[only.type_id] : undefined;
    const vote = this.#wall.workshop.state.vote;
    const talks = this.#wall.syncing.canEdit && notes.length === 1 && only !== undefined;
    this.#bar.hidden = !chosen.length || editor.id !== null || (!canEdit && !type && !talks && !only?.links?.length);
    if (this.#bar.hidden) return;
    const kinds = new Set(notes.map(({ kind }) => kind));
    const kind = kinds.size === 1 ? /** @type {NoteKind} */ ([...kinds][0]) : undefined;
    const own = selection.only ? this.#wall.mayChange(selection.only) : canEdit && !chosen.some((element) => element.locked);
    const several = chosen.filter(({ kind }) => kind !== "connector").length > 1;
    this.#arrange.hidden = this.#group.hidden = !several || !own;
    const grouped = several && this.#grouped();
    this.#group.setAttribute("aria-pressed", String(grouped));
    this.#group.setAttribute("aria-label", grouped ? "Ungroup (Ctrl+Shift+G)" : "Group (Ctrl+G)");
    this.#group.dataset.tooltip = grouped ? "Ungroup (Ctrl+Shift+G)" : "Group (Ctrl+G)";
    this.#labels.hidden = !only || !own || only.kind === "connector" || only.kind === "vote";
    this.#history.hidden = !only;
    this.#link.hidden = !only?.links?.length;
    const [link] = only?.links ?? [];
    if (link) {
      const name = link.title || link.url;
      this.#link.setAttribute("href", link.url);
      this.#link.setAttribute("aria-label", `Open ${name}`);
      this.#link.dataset.tooltip = name.length > 60 ? `${name.slice(0, 59)}…` : name;
    }
    this.#kind.hidden = !notes.length || !own || only?.type_id !== undefined;
    for (const item of this.#menu.querySelectorAll("button")) this.#retitle(item);
    this.#kind.replaceChildren(...(kind ? [swatch(kind), NOTES[kind].label] : [`${notes.length} notes`]), icon("chevron-down"));
    this.#kind.setAttribute("aria-label", kind ? `Kind: ${NOTES[kind].label}. Change` : "Change the kind");
    const events = notes.filter((element) => element.kind === "domain_event");
    this.#pivotal.hidden = !events.length || !own;
    this.#pivotal.setAttribute("aria-pressed", String(events.length > 0 && events.every((element) => element.pivotal)));
    this.#edit.hidden = !only || only.kind === "vote" || !own;
    this.#connect.hidden = !notes.length || !canEdit || notes.length > 12;
    this.#duplicate.hidden = !canEdit;
    this.#remove.hidden = !own;
    this.#about.hidden = !only || only.kind === "connector";
    this.#lock.hidden = !this.#wall.workshop.facilitates || chosen.some((element) => element.draft || element.kind === "connector");
    const locked = chosen.length > 0 && chosen.every((element) => element.locked);
    this.#lock.setAttribute("aria-pressed", String(locked));
    this.#lock.setAttribute("aria-label", locked ? "Unlock (K)" : "Lock (K)");
    this.#dot.hidden = !vote || !talks || (vote.kinds.length > 0 && !vote.kinds.includes(only?.kind ?? ""));
    this.#dot.textContent = `● ${this.#wall.workshop.ballot.dots[selection.only ?? ""] ?? 0} Give a dot`;
    this.#promote.hidden = !only || !(only.kind in PROMOTED_AS) || Boolean(only.draft) || Boolean(only.type_id) || !canEdit || this.#wall.config.can_promote === false;
    this.#open.hidden = !type;
    if (type) {
      this.#open.replaceChildren(icon("catalog"), `${type.name} v${type.version}`);
      this.#open.setAttribute("href", type.url);
    }
    this.#place();
  }

  /** As the legend says. @param {HTMLElement} item */
  #retitle(item) {
    const kind = /** @type {NoteKind} */ ((item.dataset.testid ?? "").replace("kind-", ""));
    const wanted = NOTES[kind].label + NOTES[kind].colour;
    if (item.dataset.says === wanted) return;
    item.dataset.says = wanted;
    item.replaceChildren(...this.#kindItem(kind).childNodes);
  }

  #place() {
    if (this.#bar.hidden) return;
    const { selection, renderer, camera, insets, gesture } = this.#wall;
    const busy = !["idling", "pointing_element"].includes(gesture.name);
    if (busy) {
      this.#bar.style.visibility = "hidden";
      return;
    }
    const box = around([...selection.ids].slice(0, 500).map((id) => renderer.boxOf(id)).filter((each) => each !== null));
    const onScreen = box && camera.boxToScreen(box);
    const seen = onScreen && overlap(onScreen, { x: 0, y: 0, w: camera.width, h: camera.height });
    this.#bar.style.visibility = seen ? "" : "hidden";
    if (!onScreen || !seen) return;
    const [width, height] = [this.#bar.offsetWidth, this.#bar.offsetHeight];
    const above = onScreen.y - height - GAP_PX;
    const top = above > insets.top ? above : Math.min(camera.height - height - 12, onScreen.y + onScreen.h + GAP_PX);
    const least = camera.width > 720 ? insets.left : 8;
    const left = Math.max(least, Math.min(camera.width - width - Math.max(8, insets.right - 24), onScreen.x + onScreen.w / 2 - width / 2));
    this.#bar.style.transform = `translate(${Math.round(left)}px, ${Math.round(Math.max(insets.top, top))}px)`;
  }
}
