/** Pinching: two fingers pan and zoom at once; the board points under them stay under them. @import {Gesture, Point} from '../types' @import {Wall} from '../wall.js' */

/** @implements {Gesture} */
export class Pinching {
  name = "pinching";
  #wall;
  #touches;
  #last;

  /** @param {Wall} wall @param {Map<number, Point>} touches kept up to date by the wall */
  constructor(wall, touches) {
    this.#wall = wall;
    this.#touches = touches;
    this.#last = measure(touches);
  }

  pointerMove() {
    if (this.#touches.size < 2) return;
    const { camera } = this.#wall;
    const now = measure(this.#touches);
    camera.panBy(now.x - this.#last.x, now.y - this.#last.y);
    if (this.#last.distance > 0) camera.zoomTo(camera.zoom * (now.distance / this.#last.distance), now);
    this.#last = now;
  }

  pointerUp() {
    if (this.#touches.size === 0) this.#wall.idle();
    else this.#last = measure(this.#touches);
  }
}

/** @param {Map<number, Point>} touches */
function measure(touches) {
  const [a, b = a] = [...touches.values()];
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, distance: Math.hypot(a.x - b.x, a.y - b.y) };
}
