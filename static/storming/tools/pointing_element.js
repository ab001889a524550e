/** Pointing at an element: pressed, not yet moved. Becomes a drag, or on release a selection. @import {Gesture, Point} from '../types' @import {Wall} from '../wall.js' */

import { DraggingElements } from "./dragging_elements.js";

const SLACK_PX = 4;

/** @implements {Gesture} */
export class PointingElement {
  name = "pointing_element";
  #wall;
  #id;
  #at;
  #add;
  #touch;
  #wasSelected;
  /** A note is dragged by touch only once it's selected; before that the finger pans over it. */
  #last;

  /** @param {Wall} wall @param {string} id @param {Point} at @param {PointerEvent} event */
  constructor(wall, id, at, event) {
    this.#wall = wall;
    this.#id = id;
    this.#at = this.#last = at;
    this.#add = event.shiftKey || event.ctrlKey || event.metaKey;
    this.#touch = event.pointerType === "touch";
    this.#wasSelected = wall.selection.has(id);
    if (!this.#wasSelected && !this.#add && !this.#touch) wall.selection.set(wall.scene.groupOf(id));
  }

  /** @param {PointerEvent} _event @param {Point} at */
  pointerMove(_event, at) {
    const wall = this.#wall;
    if (Math.hypot(at.x - this.#at.x, at.y - this.#at.y) < (this.#touch ? 8 : SLACK_PX)) return;
    if (this.#touch && !this.#wasSelected) {
      wall.camera.panBy(at.x - this.#last.x, at.y - this.#last.y);
      this.#last = at;
      return;
    }
    if (!wall.mayChange(this.#id)) return;
    if (!wall.selection.has(this.#id)) wall.selection.set([...wall.selection.ids, this.#id]);
    wall.begin(new DraggingElements(wall, this.#at));
    wall.gesture.pointerMove?.(_event, at);
  }

  pointerUp() {
    const { selection } = this.#wall;
    const moved = this.#last !== this.#at;
    if (!moved) {
      if (this.#add) for (const id of this.#wall.scene.groupOf(this.#id)) selection.toggle(id);
      else if (this.#touch && this.#wasSelected && selection.size === 1) this.#wall.editor.open(this.#id);
      else selection.set(this.#wasSelected ? [this.#id] : this.#wall.scene.groupOf(this.#id));
    }
    if (this.#wall.gesture === this) this.#wall.idle();
  }
}
