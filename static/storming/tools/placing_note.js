/** Placing a note: a ghost of it hangs on the pointer until it's put down. From the palette, by click or by drag. @import {Gesture, NoteKind, Point} from '../types' @import {Wall} from '../wall.js' */

import { NOTES } from "../kinds.js";
import { drawNote } from "../render/notes.js";

/** @implements {Gesture} */
export class PlacingNote {
  name = "placing_note";
  cursor = "copy";
  kind;
  #wall;
  /** @type {Point | null} */
  #at;

  /** @param {Wall} wall @param {NoteKind} kind @param {Point | null} at screen */
  constructor(wall, kind, at) {
    this.#wall = wall;
    this.kind = kind;
    this.#at = at;
  }

  /** @param {PointerEvent} _event @param {Point} at */
  pointerMove(_event, at) {
    this.#at = at;
    this.#wall.renderer.requestLively();
  }

  /** @param {PointerEvent} event @param {Point} at */
  pointerUp(event, at) {
    const wall = this.#wall;
    if (at.x < 0 || at.y < 0 || at.x > wall.camera.width || at.y > wall.camera.height) return;
    wall.commands.createNote(this.kind, wall.camera.toBoard(at), { edit: true });
    if (event.shiftKey) wall.begin(new PlacingNote(wall, this.kind, at));
    else wall.idle();
  }

  /** @param {KeyboardEvent} event */
  keyDown(event) {
    if (event.key === "Enter") {
      this.#wall.idle();
      this.#wall.commands.createNoteByKey(this.kind);
    } else if (event.key === "Escape") this.#wall.idle();
    else return false;
    event.preventDefault();
    return true;
  }

  /** @param {CanvasRenderingContext2D} context */
  draw(context) {
    if (!this.#at) return;
    const { camera, renderer } = this.#wall;
    const { w, h } = NOTES[this.kind];
    const { x, y } = camera.toBoard(this.#at);
    context.save();
    context.scale(camera.zoom, camera.zoom);
    context.translate(-camera.x, -camera.y);
    drawNote(context, camera.zoom, { kind: this.kind }, { x: x - w / 2, y: y - h / 2, w, h }, { theme: renderer.theme, types: {} });
    context.restore();
  }
}
