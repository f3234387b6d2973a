// Segments and proposals in order of time, and those of them that lie in view. Pure. An item is a
// segment or a proposal, in frames.

/** @typedef {{kind: "segment" | "proposal", id: string | number, layerId?: number | null,
 *   start_frame: number, end_frame: number, tierId: number | null, classId: number | null,
 *   unsure?: boolean, lane: number, lanes: number}} Item */
/** @typedef {{items: Item[], ends: Int32Array[], lanes: number}} Index items by start; ends[k][n]
 * is the latest end among the 2^k items from n * 2^k on, so that one look skips all that lies
 * before the view; lanes is the most that any moment needs */

/** Neighbours that only touch share a lane; this share of the shorter one is too much. */
const TOUCHING = 0.3;

/** @param {Pick<Item, "start_frame" | "end_frame">} a
 * @param {Pick<Item, "start_frame" | "end_frame">} b */
export const byTime = (a, b) => a.start_frame - b.start_frame || a.end_frame - b.end_frame;

/** @param {Item} item @returns {import("../time/spans.js").Span} */
export const spanOf = ({ start_frame, end_frame }) => [start_frame, end_frame];

/** Sorts items and gives those that overlap lanes of their own, first free lane first.
 * @param {Iterable<Item>} unsorted their lanes are written @returns {Index} */
export function indexItems(unsorted) {
  const items = [...unsorted].sort(byTime);
  return { items, ends: latestEnds(items), lanes: layLanes(items) };
}

/** @param {Item[]} items */
function latestEnds(items) {
  const levels = [Int32Array.from(items, ({ end_frame }) => end_frame)];
  while (levels[levels.length - 1].length > 1) {
    const finer = levels[levels.length - 1];
    levels.push(
      Int32Array.from({ length: Math.ceil(finer.length / 2) }, (_, n) =>
        Math.max(finer[2 * n], finer[Math.min(2 * n + 1, finer.length - 1)]),
      ),
    );
  }
  return levels;
}

/** @param {Item[]} items by start @returns {number} the most lanes that any moment needs */
function layLanes(items) {
  /** @type {Item[]} the last item of each lane */
  let lanes = [];
  let first = 0; // of the group that shares these lanes
  let most = 1;
  const close = (/** @type {number} */ end) => {
    for (let n = first; n < end; n += 1) items[n].lanes = lanes.length;
    most = Math.max(most, lanes.length);
    first = end;
    lanes = [];
  };
  items.forEach((item, n) => {
    const taken = lanes.map((last) => collide(last, item));
    if (!taken.includes(true)) close(n);
    item.lane = taken.includes(true) ? taken.concat(false).indexOf(false) : 0;
    lanes[item.lane] = item;
  });
  close(items.length);
  return most;
}

/** @param {Item} earlier @param {Item} later */
function collide(earlier, later) {
  const shorter = Math.min(
    earlier.end_frame - earlier.start_frame,
    later.end_frame - later.start_frame,
  );
  return earlier.end_frame - later.start_frame > TOUCHING * shorter;
}

/** Calls for each item that touches [from, to) frames, in order; the cost does not grow with what
 * lies outside. @param {Index} index @param {number} from @param {number} to
 * @param {(item: Item) => void} visit */
export function eachBetween({ items, ends }, from, to, visit) {
  let n = 0;
  while (n < items.length && items[n].start_frame < to) {
    if (ends[0][n] > from) {
      visit(items[n]);
      n += 1;
      continue;
    }
    let level = 0; // the largest block from here on that ends before the view
    while (n % (2 << level) === 0 && ends[level + 1]?.[n >> (level + 1)] <= from) level += 1;
    n += 1 << level;
  }
}

/** Those that touch [from, to) frames.
 * @param {Index} index @param {number} from @param {number} to @returns {Item[]} */
export function itemsBetween(index, from, to) {
  /** @type {Item[]} */
  const found = [];
  eachBetween(index, from, to, (item) => found.push(item));
  return found;
}
