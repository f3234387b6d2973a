// How far a drag may go before it is refused: the ends of the recording and, in a tier without
// overlaps, the neighbours. Worked out once when a drag begins, from the order of the tier. Pure.

/** @typedef {import("./items.js").Item} Item */
/** @typedef {import("./items.js").Index} Index */
/** Least and most, both allowed. @typedef {[number, number]} Room */

/** Where an edge may go. @param {Index} index of the item's tier @param {Item} item
 * @param {"start" | "end"} edge @param {number} count frames of the recording
 * @param {boolean} strict whether nothing overlaps in the tier @returns {Room} boundaries */
export function edgeRoom({ items }, item, edge, count, strict) {
  const others = strict ? items.filter(({ id }) => id !== item.id) : [];
  if (edge === "end") {
    const next = others.find(({ start_frame }) => start_frame > item.start_frame);
    return [item.start_frame + 1, next?.start_frame ?? count];
  }
  const before = last(others, ({ end_frame }) => end_frame < item.end_frame);
  return [before?.end_frame ?? 0, item.end_frame - 1];
}

/** Where the edge that two neighbours share may go. @param {Item} a @param {Item} b
 * @returns {Room} */
export const sharedRoom = (a, b) => [
  Math.min(a.start_frame, b.start_frame) + 1,
  Math.max(a.end_frame, b.end_frame) - 1,
];

/** The neighbour that begins where an item ends, or ends where it begins.
 * @param {Index} index @param {Item} item @param {"start" | "end"} edge @returns {Item | null} */
export const neighbourAt = ({ items }, item, edge) =>
  items.find((other) =>
    other.id === item.id
      ? false
      : edge === "end"
        ? other.start_frame === item.end_frame
        : other.end_frame === item.start_frame,
  ) ?? null;

/** How many frames a group may be shifted together.
 * @param {{index: Index, strict: boolean}[]} tiers that hold some of the group
 * @param {Item[]} group @param {number} count frames of the recording @returns {Room} */
export function shiftRoom(tiers, group, count) {
  let least = -Math.min(...group.map(({ start_frame }) => start_frame));
  let most = count - Math.max(...group.map(({ end_frame }) => end_frame));
  const ids = new Set(group.map(({ id }) => id));
  for (const { index, strict } of tiers) {
    if (!strict) continue;
    let before = -Infinity; // where the last that stays ends
    for (const { id, start_frame, end_frame } of index.items) {
      if (!ids.has(id)) before = Math.max(before, end_frame);
      else if (before <= start_frame) least = Math.max(least, before - start_frame);
    }
    let after = Infinity;
    for (const { id, start_frame, end_frame } of [...index.items].reverse()) {
      if (!ids.has(id)) after = Math.min(after, start_frame);
      else if (after >= end_frame) most = Math.min(most, after - end_frame);
    }
  }
  return [Math.min(0, least), Math.max(0, most)];
}

/** The free boundaries around one. @param {Index} index @param {number} frame
 * @param {number} count frames of the recording @param {boolean} strict @returns {Room} */
export function gapAround({ items }, frame, count, strict) {
  if (!strict) return [0, count];
  const before = last(items, ({ end_frame }) => end_frame <= frame);
  const after = items.find(({ start_frame }) => start_frame >= frame);
  return [before?.end_frame ?? 0, after?.start_frame ?? count];
}

/** @param {Item[]} items @param {(item: Item) => boolean} wanted @returns {Item | undefined} */
const last = (items, wanted) => [...items].reverse().find(wanted);
