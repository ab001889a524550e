/** Idling: nothing is being done. Where the next press lands decides which gesture begins. @import {Gesture, Point} from '../types' @import {Wall} from '../wall.js' */

import { Connecting } from "./connecting.js";
import { MarqueeSelecting } from "./marquee_selecting.js";
import { Panning } from "./panning.js";
import { PointingElement } from "./pointing_element.js";
import { Resizing } from "./resizing.js";

/** @implements {Gesture} */
export class Idling {
  name = "idling";
  #wall;

  /** @param {Wall} wall */
  constructor(wall) {
    this.#wall = wall;
  }

  /** @param {PointerEvent} event @param {Point} at */
  pointerDown(event, at) {
    const wall = this.#wall;
    const touch = event.pointerType === "touch";
    if (event.button !== 0) return;
    const handle = wall.handleAt(at, touch);
    const hit = handle ? null : wall.elementAt(at, touch);
    if (handle?.does === "connect") wall.begin(new Connecting(wall, handle.id, at, true));
    else if (handle) wall.begin(new Resizing(wall, handle, at));
    else if (hit) wall.begin(new PointingElement(wall, hit.id, at, event));
    else if (touch) wall.begin(new Panning(wall, at, true));
    else wall.begin(new MarqueeSelecting(wall, at, event.shiftKey));
  }

  /** @param {PointerEvent} event @param {Point} at */
  pointerMove(event, at) {
    const wall = this.#wall;
    if (event.pointerType === "touch") return;
    const handle = wall.handleAt(at, false);
    const hit = handle ? null : wall.elementAt(at);
    wall.hover(hit?.id ?? null);
    wall.showCursor(handle ? (handle.does === "connect" ? "crosshair" : RESIZE[handle.side]) : hit ? "pointer" : "default");
  }

  /** @param {MouseEvent} _event @param {Point} at */
  doubleClick(_event, at) {
    const wall = this.#wall;
    if (!wall.canEdit) return;
    const hit = wall.elementAt(at);
    if (hit) {
      if (wall.mayChange(hit.id)) wall.editor.open(hit.id);
    }
    else wall.commands.createNote("domain_event", wall.camera.toBoard(at), { edit: true });
  }
}

const RESIZE = /** @type {Record<string, string>} */ ({ corner: "nwse-resize", right: "ew-resize", bottom: "ns-resize" });
