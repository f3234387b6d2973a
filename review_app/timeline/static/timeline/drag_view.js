// Gestures that change what is shown and no label: scrub, pan, move the window, choose a part.
import { frameCount, nearestEdge } from "../time/clock.js";
import { panBy } from "../time/view.js";
import { GUTTER } from "./rows.js";

/** @typedef {import("./gestures.js").Place} Place */
/** @typedef {import("./gestures.js").Drag} Drag */

/** The playhead goes to the frame boundary nearest to a moment. @param {Place} place
 * @param {number} seconds */
export function seekSeconds({ host }, seconds) {
  host.seek(Math.min(nearestEdge(host.times, seconds), frameCount(host.times) - 1));
}

/** @param {Place} place @param {PointerEvent} event @returns {Drag} */
export function scrub(place, event) {
  seekSeconds(place, place.secondsUnder(event));
  return { move: (now) => seekSeconds(place, place.secondsUnder(now)), end: () => {} };
}

/** A click without movement puts the playhead there. @param {Place} place
 * @param {PointerEvent} event @returns {Drag} */
export function pan(place, event) {
  const { host, timeline } = place;
  const start = host.view;
  const scrolled = timeline.scroller.scrollTop;
  const duration = host.times[host.times.length - 1];
  const clicked = place.secondsUnder(event);
  return {
    move: (now) => {
      const shift = ((event.clientX - now.clientX) / timeline.width) * start.span;
      host.setView(panBy(start, shift, duration));
      timeline.scroller.scrollTop = scrolled + event.clientY - now.clientY;
    },
    end: (moved) => {
      if (moved || event.button === 1) return;
      host.select(null);
      seekSeconds(place, clicked);
    },
  };
}

/** The view is put around a place of the minimap. @param {Place} place
 * @param {PointerEvent} event @returns {Drag} */
export function moveWindow(place, event) {
  const { host, timeline } = place;
  const duration = host.times[host.times.length - 1];
  const move = (/** @type {PointerEvent} */ now) => {
    const seconds = ((place.point(now).x - GUTTER) / timeline.width) * duration;
    host.setView(panBy({ ...host.view, start: seconds - host.view.span / 2 }, 0, duration));
  };
  move(event);
  return { move, end: () => {} };
}

/** @param {Place} place @param {PointerEvent} event @returns {Drag} */
export function choosePart(place, event) {
  const { host } = place;
  const anchor = place.edgeUnder(event);
  host.setRange(null);
  return {
    move: (now) => {
      const other = place.edgeUnder(now);
      const [from, to] = [Math.min(anchor, other), Math.max(anchor, other)];
      host.setRange(from < to ? [from, to] : null);
    },
    end: () => {},
  };
}
