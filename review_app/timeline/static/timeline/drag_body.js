// Labels are dragged as a whole, one or all that are chosen; lengths are kept. A press without
// movement chooses the one under the pointer.
import { nearestEdge } from "../time/clock.js";
import { snapBody } from "./snapping.js";
import { reachOf, targetsNear } from "./sticky.js";

/** @typedef {import("./items.js").Item} Item */

/** @param {import("./gestures.js").Place} place @param {PointerEvent} event @param {Item} item
 * @returns {import("./gestures.js").Drag} */
export function dragBody(place, event, item) {
  const { host, timeline } = place;
  const chosen = host.selectedIds.has(item.id);
  if (!chosen) host.select(item);
  const nothing = () => chosen && host.select(item);
  if (item.kind !== "segment") return { move: () => {}, end: nothing };
  if (!host.mayChange(item)) {
    return { move: () => host.sayWhyNot(item), end: (moved) => moved || nothing() };
  }
  const group = host.chosenSegments();
  const { times } = host;
  const grabbed = place.secondsUnder(event);
  const [start, end] = [times[item.start_frame], times[item.end_frame]];
  const [least, most] = host.shiftRoom(group);
  const targets = targetsNear(host, group);
  let drafts = group;
  return {
    along: true,
    move: (now) => {
      let shift = timeline.secondsAt(place.point(now).x) - grabbed;
      const reach = reachOf(place);
      const near = now.altKey
        ? []
        : [...targets(start + shift, reach), ...targets(end + shift, reach)];
      const stuck = snapBody(start + shift, end + shift, near, reach);
      if (stuck) shift += stuck.shift;
      const wanted = nearestEdge(times, start + shift) - item.start_frame;
      const by = Math.max(least, Math.min(most, wanted));
      drafts = group.map((one) => moved(one, by));
      timeline.move({ drafts, snapAt: by === wanted ? (stuck?.at ?? null) : null });
      host.showTip(moved(item, by), timeline.axisX(place.point(now).x));
      host.seek(item.start_frame + by);
    },
    end: (dragged) => {
      timeline.move({ drafts: [], snapAt: null });
      if (dragged) host.commit(drafts, "move");
      else nothing();
    },
  };
}

/** @param {Item} item @param {number} by frames @returns {Item} */
const moved = (item, by) => ({
  ...item,
  start_frame: item.start_frame + by,
  end_frame: item.end_frame + by,
});
