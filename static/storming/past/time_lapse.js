/**
 * The time-lapse: the workshop as it went, over the wall. A scrubber goes to any moment; what is seen there can be put back
 * in place, as new operations on the wall beneath, which undo takes back.
 *
 * @import {Operation} from '../types'
 * @import {Wall} from '../wall.js'
 */

import { confirm } from "@app/dialogs.js";
import { el } from "@app/dom.js";
import { ApiError, fetchJson } from "@app/http.js";
import { toast } from "@app/toasts.js";

import { speak } from "../kinds.js";
import { Wall as AnyWall } from "../wall.js";
import { deedOf } from "./deeds.js";
import { Replaying } from "./replaying.js";
import { idsIn, restoration } from "./restoring.js";

/** @typedef {{id: string, seq: number, name: string, at: string, by: string}} Version */
/** @typedef {{seq: number, marks: {seq: number, at: string, actor_id: string, actor_name: string}[], people: {id: string, name: string, operations: number}[], versions: Version[]}} Past */

const SEEK_MS = 90;
const LEAST_PER_SECOND = 2;
const COLOURS = ["#a84300", "#1f6f8b", "#5b7f2b", "#8a3d7c", "#b58900", "#2d5bd7", "#7d5a3c", "#0f7f6e"];

export class TimeLapse {
  #wall;
  #panel;
  /** The wall that shows the past; made when it's first opened. @type {AnyWall | null} */
  #past = null;
  #replaying;
  /** @type {Past} */
  #outline = { seq: 0, marks: [], people: [], versions: [] };
  #playing = false;
  /** Where the film is, a number of operations with a fraction. */
  #place = 0;
  #last = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {Wall} wall @param {HTMLElement} panel */
  constructor(wall, panel) {
    this.#wall = wall;
    this.#panel = panel;
    const base = wall.config.api_url;
    this.#replaying = new Replaying({ operations: `${base}/operations`, moment: `${base}/moments/SEQ` });
    this.#replaying.moved.on((operation) => this.#tell(operation));
    this.#listen();
  }

  get isOpen() { return !this.#panel.hidden; }

  /** @param {number} [at] a moment; without one the last */
  async open(at) {
    if (this.isOpen) return;
    try {
      this.#outline = await fetchJson(`${this.#wall.config.api_url}/past`);
    } catch (error) {
      this.#refuse("The history can't be opened", error);
      return;
    }
    this.#panel.hidden = false;
    document.body.dataset.timeLapse = "open";
    this.#past ??= this.#makeWall();
    this.#past.types = this.#wall.types;
    this.#past.renderer.resize();
    const slider = this.#slider;
    slider.max = String(this.#outline.seq);
    this.#showOutline();
    await this.#go(Math.min(at ?? this.#outline.seq, this.#outline.seq));
    const { x, y, zoom } = this.#wall.camera;
    this.#past.camera.set(x, y, zoom);
    if (!this.#past.scene.within(this.#past.camera.view).length) this.#past.commands.fitAll();
    slider.focus();
  }

  close() {
    this.#pause();
    this.#panel.hidden = true;
    delete document.body.dataset.timeLapse;
    if (location.hash.startsWith("#at=")) history.replaceState(null, "", location.pathname + location.search);
    speak(this.#wall.document.live("legend")?.entries ?? {});
    this.#wall.renderer.dirtyAll();
    this.#wall.focus();
  }

  #makeWall() {
    const syncing = /** @type {any} */ (this.#replaying);
    const past = new AnyWall({ ...this.#wall.config, can_edit: false, can_manage: false }, {
      stage: this.#part("stage"), still: this.#part("still"), lively: this.#part("lively"),
    }, syncing);
    past.insets = { top: 48, left: 48, bottom: 170, right: 48 };
    return past;
  }

  #listen() {
    this.#part("close").addEventListener("click", () => this.close());
    this.#part("play").addEventListener("click", () => (this.#playing ? this.#pause() : this.#play()));
    this.#part("back").addEventListener("click", () => void this.#go(this.#seq - 1));
    this.#part("on").addEventListener("click", () => void this.#go(this.#seq + 1));
    this.#part("fit").addEventListener("click", () => this.#past?.commands.fitAll());
    this.#slider.addEventListener("input", () => {
      this.#pause();
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.#go(Number(this.#slider.value)), SEEK_MS);
    });
    this.#part("restore-all").addEventListener("click", () => void this.#restore(null, "the whole board"));
    this.#part("restore-view").addEventListener("click", () => void this.#restoreView());
    this.#part("restore-chosen").addEventListener("click", () => void this.#restore(new Set(this.#past?.selection.ids), "what is selected"));
    this.#part("copy").addEventListener("click", () => void this.#copy());
    this.#part("name").addEventListener("click", () => void this.#name());
    this.#panel.addEventListener("keydown", (event) => this.#keyDown(event));
    new ResizeObserver(() => this.#drawStrip()).observe(this.#part("strip"));
    document.addEventListener("themechange", () => this.#drawStrip());
  }

  /** @param {KeyboardEvent} event */
  #keyDown(event) {
    if (event.target instanceof HTMLInputElement && event.target.type === "text") return;
    const inMenu = event.target instanceof Element && event.target.closest("[popover]");
    if (event.key === "Escape" && !inMenu) this.close();
    else if (event.key === " " && !(event.target instanceof HTMLButtonElement)) this.#playing ? this.#pause() : this.#play();
    else if (event.key === "!") this.#past?.commands.fitAll();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  get #seq() { return this.#replaying.seq; }
  get #slider() { return /** @type {HTMLInputElement} */ (this.#part("slider")); }

  /** @param {number} seq */
  async #go(seq) {
    const to = Math.max(0, Math.min(this.#outline.seq, seq));
    this.#place = to;
    this.#slider.value = String(to);
    this.#panel.setAttribute("aria-busy", "true");
    try {
      await this.#replaying.seek(to);
      history.replaceState(null, "", `${location.pathname}${location.search}#at=${to}`);
    } catch (error) {
      this.#refuse("This moment can't be read", error);
    }
    this.#panel.removeAttribute("aria-busy");
  }

  #play() {
    if (this.#seq >= this.#outline.seq) return void this.#go(0).then(() => this.#run());
    return this.#run();
  }

  #run() {
    this.#playing = true;
    this.#place = this.#seq;
    this.#last = performance.now();
    this.#showPlaying();
    requestAnimationFrame(this.#frame);
  }

  #pause() {
    if (!this.#playing) return;
    this.#playing = false;
    this.#showPlaying();
  }

  #frame = (/** @type {number} */ now) => {
    if (!this.#playing) return;
    const seconds = Number(/** @type {HTMLSelectElement} */ (this.#part("speed")).value);
    const rate = Math.max(LEAST_PER_SECOND, this.#outline.seq / seconds);
    const passed = Math.min(250, Math.max(0, now - this.#last)) / 1000;
    this.#last = now;
    const wanted = Math.min(this.#outline.seq, this.#place + passed * rate);
    // While operations are on their way the film waits for them.
    this.#place = this.#replaying.play(Math.floor(wanted)) ? wanted : Math.max(this.#seq, this.#place);
    this.#slider.value = String(this.#seq);
    if (this.#seq >= this.#outline.seq) this.#pause();
    else requestAnimationFrame(this.#frame);
  };

  #showPlaying() {
    const button = this.#part("play");
    button.setAttribute("aria-label", this.#playing ? "Pause" : "Play");
    button.toggleAttribute("data-playing", this.#playing);
  }

  /** @param {Operation | null} operation */
  #tell(operation) {
    const seq = this.#seq;
    const mark = this.#outline.marks.findLast((each) => each.seq <= seq) ?? this.#outline.marks[0];
    const at = operation?.at || mark?.at;
    const when = at ? new Date(at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" }) : "";
    this.#part("when").textContent = seq ? when : "Before the first note";
    const before = (/** @type {string} */ id) => this.#replaying.before.get(id);
    this.#part("who").textContent = operation ? `${operation.actor.name} ${deedOf(operation.patch.elements, before)}` : "";
    this.#part("count").textContent = `${seq.toLocaleString("en")} of ${this.#outline.seq.toLocaleString("en")}`;
    this.#slider.setAttribute("aria-valuetext", [this.#part("when").textContent, this.#part("who").textContent].filter(Boolean).join(", "));
  }

  #showOutline() {
    const { people, versions } = this.#outline;
    const total = people.reduce((sum, { operations }) => sum + operations, 0) || 1;
    this.#part("people").replaceChildren(...people.slice(0, 8).map(({ id, name, operations }) => {
      const dot = el("span", { class: "time-lapse__dot", "aria-hidden": "true" });
      dot.style.background = this.#colourOf(id);
      return el("li", { title: `${operations.toLocaleString("en")} changes` }, dot, `${name} ${Math.round((100 * operations) / total)} %`);
    }));
    const list = this.#part("versions");
    const manages = this.#wall.config.can_manage;
    list.replaceChildren(...versions.map((version) => el("li", {},
      el("button", { class: "button button--quiet button--sm", type: "button", onclick: () => void this.#go(version.seq) }, version.name),
      el("span", { class: "time-lapse__by" }, `${version.by}, ${new Date(version.at).toLocaleDateString()}`),
      ...(manages ? [el("button", { class: "button button--quiet button--sm", type: "button", "aria-label": `Forget the version ${version.name}`, onclick: () => void this.#forget(version) }, "Forget")] : []))));
    this.#part("no-versions").hidden = versions.length > 0;
    this.#part("name").hidden = !this.#wall.canEdit;
    for (const name of ["restore-all", "restore-view", "restore-chosen"]) this.#part(name).hidden = !this.#wall.canEdit;
    this.#part("copy").hidden = !manages;
    this.#drawStrip();
  }

  /** Who was at work when, and where versions have names. */
  #drawStrip() {
    const canvas = /** @type {HTMLCanvasElement} */ (this.#part("strip"));
    const { marks, versions, seq } = this.#outline;
    const ratio = Math.min(2, devicePixelRatio);
    [canvas.width, canvas.height] = [canvas.clientWidth * ratio, canvas.clientHeight * ratio];
    const context = canvas.getContext("2d");
    if (!context || !seq) return;
    const x = (/** @type {number} */ at) => (at / seq) * canvas.width;
    marks.forEach((mark, place) => {
      context.fillStyle = this.#colourOf(mark.actor_id);
      const next = marks[place + 1]?.seq ?? seq + 1;
      context.fillRect(x(mark.seq - 1), canvas.height * 0.3, Math.max(1, x(next - 1) - x(mark.seq - 1)), canvas.height * 0.4);
    });
    context.fillStyle = getComputedStyle(canvas).color;
    for (const version of versions) context.fillRect(x(version.seq) - ratio, 0, 2 * ratio, canvas.height);
  }

  /** @param {string} id of an actor */
  #colourOf(id) {
    const place = this.#outline.people.findIndex((person) => person.id === id);
    return COLOURS[Math.max(0, place) % COLOURS.length];
  }

  #restoreView() {
    const past = this.#past;
    if (!past) return;
    const ids = idsIn(this.#wall.document.elements, this.#replaying.document.elements, past.camera.view);
    return this.#restore(ids, "what is in view");
  }

  /** @param {Set<string> | null} only @param {string} what */
  async #restore(only, what) {
    this.#pause();
    if (only && !only.size) {
      this.#wall.say(what === "what is selected" ? "Select something first" : "There is nothing in view", "Press notes, or drag a rectangle around them.");
      return;
    }
    const wall = this.#wall;
    const { elements, left } = restoration(wall.document.elements, this.#replaying.document.elements, only, (id, element) =>
      element.deleted ? wall.canArrange || !["swimlane", "frame", "legend"].includes(element.kind) : wall.mayChange(id));
    const count = Object.keys(elements).length;
    if (!count) {
      wall.say("It's the same now as it was then", left ? `${left} could only be changed by facilitators.` : "");
      return;
    }
    const sure = only || (await confirm({
      title: "Put the whole board back to this moment?", action: "Put it back", danger: false,
      text: `${count.toLocaleString("en")} ${count === 1 ? "element changes" : "elements change"} for everybody. Undo takes it back; nothing is lost either way.`,
    }));
    if (!sure) return;
    wall.syncing.write({ elements }, { group: `restore ${crypto.randomUUID()}` });
    this.close();
    wall.selection.set(Object.keys(elements).filter((id) => wall.document.live(id)).slice(0, 500));
    toast(`Put back ${what}: ${count.toLocaleString("en")} changed`, {
      kind: "good", hint: left ? `${left} left alone: only facilitators change them.` : "", action: { label: "Undo", run: () => wall.commands.step("undo") },
    });
  }

  async #name() {
    this.#pause();
    const field = /** @type {HTMLInputElement} */ (this.#part("version-name"));
    const name = field.value.trim();
    if (!name) return field.focus();
    try {
      await fetchJson(`${this.#wall.config.api_url}/versions`, { method: "POST", body: { name, seq: this.#seq } });
      field.value = "";
      await this.#reload();
      this.#wall.announce(`This moment is called ${name}`);
    } catch (error) {
      this.#refuse("The version has no name yet", error);
    }
    return undefined;
  }

  /** @param {Version} version */
  async #forget(version) {
    try {
      await fetchJson(`${this.#wall.config.api_url}/versions/${version.id}`, { method: "DELETE" });
      await this.#reload();
      const again = () => fetchJson(`${this.#wall.config.api_url}/versions`, { method: "POST", body: { name: version.name, seq: version.seq } }).then(() => this.#reload());
      toast(`“${version.name}” is forgotten`, { action: { label: "Undo", run: () => void again() } });
    } catch (error) {
      this.#refuse("The version keeps its name", error);
    }
  }

  async #reload() {
    const { seq } = this.#outline;
    this.#outline = { ...(await fetchJson(`${this.#wall.config.api_url}/past`)), seq };
    this.#showOutline();
  }

  async #copy() {
    this.#pause();
    try {
      const made = await fetchJson(`${this.#wall.config.api_url}/copies`, { method: "POST", body: { seq: this.#seq } });
      toast(`“${made.name}” is made`, { kind: "good", action: { label: "Open it", run: () => location.assign(made.url) } });
    } catch (error) {
      this.#refuse("The copy wasn't made", error);
    }
  }

  /** @param {string} title @param {unknown} error */
  #refuse(title, error) {
    if (!(error instanceof ApiError)) throw error;
    toast(title, { kind: "bad", hint: [error.message, error.hint].filter(Boolean).join(" ") });
  }

  /** @template {HTMLElement} [T=HTMLElement] @param {string} name @returns {any} */
  #part(name) {
    return /** @type {HTMLElement} */ (this.#panel.querySelector(`[data-part="${name}"]`));
  }
}
