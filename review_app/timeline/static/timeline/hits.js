// What lies under a point of a row. Pure.
import { laneBox } from "./rows.js";

/** @typedef {import("./items.js").Item} Item */
/** @typedef {import("./rows.js").Row} Row */
/** @typedef {{row: Row | null, item: Item | null, edge: "start" | "end" | null}} Hit */

export const EDGE_REACH_PX = 6;

/** What is under the pointer. Edges win over bodies, and the edges of the selected item over all.
 * @param {Row} row @param {{top: number, height: number}} part of the row that they lie in
 * @param {{item: Item, left: number, right: number}[]} near @param {number} x @param {number} y
 * @param {string | number | null} selectedId @returns {Hit} */
export function hitTest(row, part, near, x, y, selectedId) {
  let best = null;
  for (const { item, left, right } of near) {
    const box = laneBox(part, item);
    if (item.lanes > 1 && (y < box.top || y >= box.top + box.height + 1)) continue;
    const toStart = Math.abs(x - left);
    const toEnd = Math.abs(x - right);
    const edge = toStart < toEnd ? "start" : "end";
    const inside = x >= left && x <= right;
    // A narrow item keeps a middle to grab; its edges are then reached from outside.
    const reach = inside ? Math.min(EDGE_REACH_PX, (right - left) / 4) : EDGE_REACH_PX;
    const distance = Math.min(toStart, toEnd);
    const onEdge = distance <= reach;
    if (!onEdge && !inside) continue;
    const rank = (onEdge ? distance : 100 + (right - left)) - (item.id === selectedId ? 1000 : 0);
    if (!best || rank < best.rank) best = { rank, item, edge: onEdge ? edge : null };
  }
  return { row, item: best?.item ?? null, edge: /** @type {Hit["edge"]} */ (best?.edge ?? null) };
}
