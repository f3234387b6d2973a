// What a dragged edge sticks to: edges of labels and proposals nearby, the playhead where it was
// when the drag began, the ends of the recording, and rests of the movement.
import { frameAt, nearestEdge } from "../time/clock.js";
import { itemsBetween } from "./items.js";
import { momentsBetween } from "./marks.js";
import { snap } from "./snapping.js";

/** @typedef {import("./gestures.js").Place} Place */
/** @typedef {import("./items.js").Item} Item */

const SNAP_PX = 7;

/** How near in seconds an edge must come. @param {Place} place */
export const reachOf = ({ timeline, host }) => (SNAP_PX / timeline.width) * host.view.span;

/** What there is to stick to near a moment; only what is near is looked at.
 * @param {import("./host.js").Host} host @param {Item[]} dragged these do not hold themselves
 * @returns {(seconds: number, reach: number) => number[]} seconds */
export function targetsNear(host, dragged) {
  const { times, scene } = host;
  const except = new Set(dragged.map(({ id }) => id));
  const fixed = [0, times[times.length - 1], host.playhead];
  return (seconds, reach) => {
    const from = frameAt(times, seconds - reach) - 1;
    const to = frameAt(times, seconds + reach) + 2;
    const near = scene.indexes().flatMap((index) => itemsBetween(index, from, to));
    const edges = near
      .filter(({ id }) => !except.has(id))
      .flatMap(({ start_frame, end_frame }) => [times[start_frame], times[end_frame]]);
    return [...fixed, ...edges, ...momentsBetween(host.rests, seconds - reach, seconds + reach)];
  };
}

/** @param {Place} place @param {Item[]} dragged
 * @returns {(event: PointerEvent) => {frame: number, at: number | null}} the boundary under the
 * pointer, or the one it sticks to, which is then told in seconds; Alt lets go */
export function sticky(place, dragged) {
  const targets = targetsNear(place.host, dragged);
  return (event) => {
    const seconds = place.secondsUnder(event);
    const reach = reachOf(place);
    const at = event.altKey ? null : snap(seconds, targets(seconds, reach), reach);
    return { frame: nearestEdge(place.host.times, at ?? seconds), at };
  };
}
