// What lies where on the timeline: rows from top to bottom, items in rows, and what a point hits.
// Pure. An item is a segment or a proposal, in frames.

/** @typedef {{kind: "ruler" | "thumbnails" | "confidence" | "proposals" | "tier" | "overview",
 *   top: number, height: number, title: string, tierId: number | null}} Row */
/** @typedef {{kind: "segment" | "proposal", id: string | number, start_frame: number,
 *   end_frame: number, tierId: number | null, classId: number | null, lane: number,
 *   lanes: number}} Item */
/** @typedef {{items: Item[], latestEnd: number[], lanes: number}} Index items by start;
 * latestEnd[n] is the latest end among items 0..n, so that one search skips what lies before the
 * view; lanes is the most that any moment needs */
/** @typedef {{row: Row, item: Item | null, edge: "start" | "end" | null}} Hit */

export const EDGE_REACH_PX = 6;
const GAP = 3;
const LANE_PX = 19;
const MOST_LANES = 3;

/** @param {{tiers: {id: number, title: string, lanes: number}[], thumbnails: boolean,
 *   confidence: boolean, proposalLanes: number}} has lanes of proposals: 0 leaves the row out
 * @returns {Row[]} */
export function layRows({ tiers, thumbnails, confidence, proposalLanes }) {
  const tall = (/** @type {number} */ least, /** @type {number} */ lanes) =>
    Math.max(least, Math.min(lanes, MOST_LANES) * LANE_PX);
  /** @type {[Row["kind"], number, string, number | null][]} */
  const wanted = [["ruler", 24, "", null]];
  if (thumbnails) wanted.push(["thumbnails", 38, "", null]);
  if (confidence) wanted.push(["confidence", 26, "Model", null]);
  if (proposalLanes) wanted.push(["proposals", tall(28, proposalLanes), "Proposals", null]);
  for (const { id, title, lanes } of tiers) wanted.push(["tier", tall(36, lanes), title, id]);
  wanted.push(["overview", 12, "", null]);
  let top = 0;
  return wanted.map(([kind, height, title, tierId]) => {
    const row = { kind, top, height, title, tierId };
    top += height + GAP;
    return row;
  });
}

/** @param {Row[]} rows */
export const heightOf = (rows) => rows[rows.length - 1].top + rows[rows.length - 1].height;

/** Neighbours that only touch each other share a lane; this share of the shorter one is too much. */
const TOUCHING = 0.3;

/** @param {Pick<Item, "start_frame" | "end_frame">} earlier
 * @param {Pick<Item, "start_frame" | "end_frame">} later */
function collide(earlier, later) {
  const shorter = Math.min(
    earlier.end_frame - earlier.start_frame,
    later.end_frame - later.start_frame,
  );
  return earlier.end_frame - later.start_frame > TOUCHING * shorter;
}

/** Sorts items and gives those that overlap lanes of their own, first free lane first.
 * @param {Omit<Item, "lane" | "lanes">[]} unsorted @returns {Index} */
export function indexItems(unsorted) {
  const items = unsorted
    .map((item) => ({ ...item, lane: 0, lanes: 1 }))
    .sort((a, b) => a.start_frame - b.start_frame || a.end_frame - b.end_frame);
  /** @type {number[]} */
  const latestEnd = [];
  /** @type {{members: Item[], lanes: Item[]}} the last item of each lane */
  let group = { members: [], lanes: [] };
  for (const item of items) {
    const taken = group.lanes.map((last) => collide(last, item));
    if (!taken.includes(true)) group = { members: [], lanes: [] };
    item.lane = Math.max(0, taken.includes(true) ? taken.concat(false).indexOf(false) : 0);
    group.lanes[item.lane] = item;
    group.members.push(item);
    for (const one of group.members) one.lanes = group.lanes.length;
    latestEnd.push(Math.max(latestEnd[latestEnd.length - 1] ?? 0, item.end_frame));
  }
  const lanes = items.reduce((most, item) => Math.max(most, item.lanes), 1);
  return { items, latestEnd, lanes };
}

/** Items that touch [from, to) frames; the cost does not grow with what lies outside.
 * @param {Index} index @param {number} from @param {number} to @returns {Item[]} */
export function itemsBetween({ items, latestEnd }, from, to) {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (latestEnd[middle] <= from) low = middle + 1;
    else high = middle;
  }
  const found = [];
  for (let n = low; n < items.length && items[n].start_frame < to; n += 1) {
    if (items[n].end_frame > from) found.push(items[n]);
  }
  return found;
}

/** Where an item is drawn inside its row. @param {Row} row @param {Item} item */
export function laneBox(row, item) {
  const height = row.height / item.lanes;
  return { top: row.top + item.lane * height, height: item.lanes > 1 ? height - 1 : height };
}

/** @param {Row[]} rows @param {number} y */
export const rowAt = (rows, y) =>
  rows.find((row) => y >= row.top - GAP / 2 && y < row.top + row.height + GAP / 2) ?? rows[0];

/** What is under the pointer. Edges win over bodies, and the edges of the selected item over all.
 * @param {Row} row @param {{item: Item, left: number, right: number}[]} drawn items of this row
 * @param {number} x @param {number} y @param {string | number | null} selectedId @returns {Hit} */
export function hitTest(row, drawn, x, y, selectedId) {
  const near = drawn.filter(({ item, left, right }) => {
    const box = laneBox(row, item);
    const inLane = item.lanes === 1 || (y >= box.top && y < box.top + box.height + 1);
    return inLane && x >= left - EDGE_REACH_PX && x <= right + EDGE_REACH_PX;
  });
  let best = null;
  for (const { item, left, right } of near) {
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
