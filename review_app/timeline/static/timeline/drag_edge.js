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
  const partner = parted ? null : host.partner(own, edge);
  if (!(host.selectedIds.has(item.id) && host.selectedIds.size > 1)) host.select(item);
  const [least, most] = host.edgeRoom(own, edge, partner);
  const moving = sticky(place, partner ? [own, partner] : [own]);
  const other = edge === "start" ? "end" : "start";
  let drafts = partner ? [own, partner] : [own];
  return {
    move: (now) => {
      const stuck = moving(now);
      const frame = Math.max(least, Math.min(most, stuck.frame));
      drafts = [withEdge(own, edge, frame)];
      if (partner) drafts.push(withEdge(partner, other, frame));
      timeline.move({ drafts, snapAt: frame === stuck.frame ? stuck.at : null });
      host.showTip(drafts[0], timeline.axisX(place.point(now).x));
      host.seek(edge === "start" ? frame : frame - 1);
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
