// A new label is drawn on an empty part of a tier. A press without movement moves the playhead.
import { seekSeconds } from "./drag_view.js";
import { sticky } from "./sticky.js";

/** @param {import("./gestures.js").Place} place @param {PointerEvent} event @param {number} tierId
 * @returns {import("./gestures.js").Drag | null} null: nothing can be drawn there */
export function dragNew(place, event, tierId) {
  const { host, timeline } = place;
  const clicked = place.secondsUnder(event);
  const item = host.mayAdd(tierId) ? host.newItem(tierId) : null;
  if (!item) return null;
  const moving = sticky(place, []);
  const anchor = moving(event).frame;
  const [least, most] = host.gapAround(tierId, anchor);
  let draft = item;
  return {
    along: true,
    move: (now) => {
      const stuck = moving(now);
      const frame = Math.max(least, Math.min(most, stuck.frame));
      const [start_frame, end_frame] = [Math.min(anchor, frame), Math.max(anchor, frame)];
      draft = { ...item, start_frame, end_frame };
      const drafts = start_frame < end_frame ? [draft] : [];
      timeline.move({ drafts, snapAt: frame === stuck.frame ? stuck.at : null });
      host.seek(frame < anchor ? start_frame : Math.max(start_frame, end_frame - 1));
    },
    end: (moved) => {
      timeline.move({ drafts: [], snapAt: null });
      if (moved && draft.start_frame < draft.end_frame) return host.commit([draft], "create");
      host.select(null);
      seekSeconds(place, clicked);
    },
  };
}
