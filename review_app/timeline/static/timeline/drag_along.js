// A label that is dragged beyond an end of the view takes the view along: the further, the faster.
import { panBy } from "../time/view.js";
import { GUTTER } from "./rows.js";

const MOST_PX = 80; // further out is no faster
const SHARE = 0.25; // of the pixels outside, at each frame

/** How many pixels the view goes on at a frame. @param {number} x of the pointer on the time axis
 * @param {number} width of the time axis */
export function pace(x, width) {
  const outside = x < 0 ? x : Math.max(0, x - width);
  return SHARE * Math.max(-MOST_PX, Math.min(MOST_PX, outside));
}

export class DragAlong {
  #queued = 0;

  /** @param {import("./gestures.js").Place} place */
  constructor(place) {
    this.place = place;
  }

  /** @param {PointerEvent} event where the pointer is now
   * @param {(event: PointerEvent) => void} move called again whenever the view has gone on */
  follow(event, move) {
    this.stop();
    const { host, timeline, point } = this.place;
    const by = pace(point(event).x - GUTTER, timeline.width);
    if (!by) return;
    this.#queued = requestAnimationFrame(() => {
      const seconds = (by / timeline.width) * host.view.span;
      host.setView(panBy(host.view, seconds, host.times[host.times.length - 1]));
      move(event);
      this.follow(event, move);
    });
  }

  stop() {
    cancelAnimationFrame(this.#queued);
  }
}
