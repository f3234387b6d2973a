// An edge is dragged, and the picture shows the frame it would come to lie on. Where two labels
// touch, both edges go together; Ctrl parts them, Alt keeps the edge from sticking.
import { sticky } from "./sticky.js";

/** @typedef {import("./items.js").Item} Item */
/** @typedef {"start" | "end"} Edge */

/** An item with one edge elsewhere. @param {Item} item @param {Edge} edge @param {number} frame
 * @returns {Item} */
export const withEdge = (item, edge, frame) =>
  edge === "start" ? { ...item, start_frame: frame } : { ...item, end_frame: frame };

/** @param {import("./gestures.js").Place} place @param {PointerEvent} event @param {Item} item
 * @param {Edge} edge @returns {import("./gestures.js").Drag | null} null: it cannot be taken */
export function dragEdge(place, event, item, edge) {
  const { host, timeline } = place;
  const own = item.kind === "segment" ? item : host.adopt(item);
  if (!own) return null;
  const parted = event.ctrlKey || event.metaKey;
  const touching = host.partner(own, edge);
  const among = host.selectedIds.has(item.id) && host.selectedIds.size > 1;
  if (!parted && !among) host.select(item); // Ctrl may come to be a click, which adds
  const together = touching !== null && (!parted || host.isStrict(own.tierId));
  const [least, most] = host.edgeRoom(own, edge, together ? touching : null);
  const moving = sticky(place, touching ? [own, touching] : [own]);
  /** @type {Item[]} */
  let drafts = [];
  return {
    along: true,
    move: (now) => {
      const stuck = moving(now);
      const frame = Math.max(least, Math.min(most, stuck.frame));
      drafts = together ? shared(own, touching, edge, frame, parted) : [withEdge(own, edge, frame)];
      timeline.move({ drafts, snapAt: frame === stuck.frame ? stuck.at : null });
      host.showTip(drafts[0], timeline.axisX(place.point(now).x));
      host.seek(frame === drafts[0].end_frame ? frame - 1 : frame);
    },
    end: (moved) => {
      timeline.move({ drafts: [], snapAt: null });
      if (moved) host.commit(drafts, "resize");
      else if (parted && own.kind === "segment") host.select(item, "toggle");
      else if (own.kind === "segment") {
        host.seek(edge === "start" ? own.start_frame : own.end_frame - 1);
      }
    },
  };
}

/** Both labels with the edge they share elsewhere; parted, only the one that gives way: the later
 * one begins later, or the earlier one ends earlier. @param {Item} own @param {Item} other
 * @param {Edge} edge of `own` @param {number} frame @param {boolean} parted @returns {Item[]} */
export function shared(own, other, edge, frame, parted) {
  const [first, second] = edge === "end" ? [own, other] : [other, own];
  const shorter = withEdge(first, "end", frame);
  const later = withEdge(second, "start", frame);
  if (!parted) return edge === "end" ? [shorter, later] : [later, shorter];
  return frame > first.end_frame ? [later] : [shorter];
}
