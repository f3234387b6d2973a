// What a tier without overlaps asks of a change: where a dragged edge or body must stop, and what
// is cut off a new segment so that no two share a frame. It is a rule of this page: the server
// merges whatever different people did to different segments. Pure: frames only.
import { lengthOf, removeSpan } from "../time/spans.js";
import { target } from "./state.js";

/** @typedef {import("../time/spans.js").Span} Span */
/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Content} Content */
/** @typedef {import("./state.js").Change} Change */
/** @typedef {import("./state.js").Operation} Operation */
/** @typedef {ReadonlySet<number>} Strict the tiers in which nothing overlaps */

/** @param {{id: number, overlaps?: boolean}[]} tiers @returns {Strict} */
export const strictTiers = (tiers) =>
  new Set(tiers.filter(({ overlaps }) => overlaps === false).map(({ id }) => id));

/** @param {Content} segment @returns {Span} */
const spanOf = ({ start_frame, end_frame }) => [start_frame, end_frame];

/** What is taken in a tier, in order of time: the spans of all segments but those named.
 * @param {State} state @param {number} tierId @param {ReadonlySet<string>} [except]
 * @returns {Span[]} */
export const taken = (state, tierId, except = new Set()) =>
  inOrder(
    [...state.segments.values()]
      .filter(({ id, tier_id }) => tier_id === tierId && !except.has(id))
      .map(spanOf),
  );

/** @param {Span[]} spans */
const inOrder = (spans) => spans.sort((a, b) => a[0] - b[0]);

/** How far a dragged edge may go when the other edge stays: it stops at the next segment.
 * @param {Span[]} others what is taken @param {number} fixed the boundary that stays
 * @param {"start" | "end"} edge the one that moves @param {number} wanted its boundary
 * @returns {number} at least one frame away from `fixed` */
export function stopEdge(others, fixed, edge, wanted) {
  if (edge === "end") {
    const walls = others.map(([start]) => start).filter((start) => start > fixed);
    return Math.max(fixed + 1, Math.min(wanted, ...walls));
  }
  const walls = others.map(([, end]) => end).filter((end) => end < fixed);
  return Math.min(fixed - 1, Math.max(wanted, ...walls));
}

/** Where a dragged body may lie: the free place of its length closest to where it is wanted.
 * @param {Span[]} others @param {number} length frames @param {number} wanted its first frame
 * @param {number} frameCount @returns {number | null} null: there is no such place */
export function nearestPlace(others, length, wanted, frameCount) {
  let best = null;
  for (const [from, to] of freeOf(others, [0, frameCount])) {
    if (to - from < length) continue;
    const at = Math.max(from, Math.min(to - length, wanted));
    if (best === null || Math.abs(at - wanted) < Math.abs(best - wanted)) best = at;
  }
  return best;
}

/** How far a group may move together: as wanted, or up to what stands in the way of one of them.
 * @param {State} state @param {Iterable<string>} ids @param {number} frames below 0: earlier
 * @param {Strict} strict */
export function limitShift(state, ids, frames, strict) {
  const group = new Set(ids);
  let by = frames;
  for (const id of group) {
    const one = state.segments.get(id);
    if (!one || !strict.has(one.tier_id)) continue;
    for (const [start, end] of taken(state, one.tier_id, group)) {
      if (frames > 0 && start >= one.end_frame) by = Math.min(by, start - one.end_frame);
      if (frames < 0 && end <= one.start_frame) by = Math.max(by, end - one.start_frame);
    }
  }
  return by;
}

/** The free pieces of a span, in order. @param {Span[]} others in order of their starts
 * @param {Span} span @returns {Span[]} */
export function freeOf(others, [start, end]) {
  /** @type {Span[]} */
  const free = [];
  let from = start;
  for (const [busyFrom, busyTo] of others) {
    if (busyFrom >= end) break;
    if (busyFrom > from) free.push([from, busyFrom]);
    from = Math.max(from, busyTo);
  }
  return from < end ? [...free, [from, end]] : free;
}

/** The part of a span that may be used: the free piece that holds most of `kept`, then the
 * longest, then the first. @param {Span[]} others @param {Span} span @param {Span} [kept]
 * @returns {Span | null} null: nothing of it is free */
export function clip(others, span, kept = span) {
  const share = (/** @type {Span} */ [from, to]) =>
    Math.max(0, Math.min(to, kept[1]) - Math.max(from, kept[0]));
  const better = (/** @type {Span} */ a, /** @type {Span} */ b) =>
    share(b) - share(a) || lengthOf([b]) - lengthOf([a]);
  return freeOf(others, span).sort(better)[0] ?? null;
}

/** An operation that breaks no rule: what it newly claims in a strict tier is cut where somebody
 * else is, a moved segment keeps its length or stays, and what would have no frame is left out.
 * Overlaps that are there already may stay. @param {State} state @param {Operation} operation
 * @param {Strict} strict @returns {{operation: Operation | null, clipped: number,
 *   dropped: number}} clipped and dropped: segments */
export function fitted(state, operation, strict) {
  const targets = new Set(operation.changes.map(target));
  /** @type {Map<number, Span[]>} */
  const busy = new Map();
  /** @type {Set<Change>} */
  const without = new Set();
  let clipped = 0;
  const changes = operation.changes.map((change) => {
    if (change.op !== "put" || !strict.has(change.segment.tier_id)) return change;
    const { segment } = change;
    const others = busy.get(segment.tier_id) ?? othersIn(state, segment.tier_id, targets);
    const room = roomFor(state, segment, others);
    if (!room) {
      without.add(change);
      return change;
    }
    busy.set(segment.tier_id, inOrder([...others, room]));
    const [start_frame, end_frame] = room;
    if (start_frame === segment.start_frame && end_frame === segment.end_frame) return change;
    clipped += 1;
    return { ...change, segment: { ...segment, start_frame, end_frame } };
  });
  if (!without.size) return { operation: { ...operation, changes }, clipped, dropped: 0 };
  const rest = operation.changes.filter((change) => !without.has(change));
  if (!rest.length) return { operation: null, clipped: 0, dropped: without.size };
  const fewer = fitted(state, { ...operation, changes: rest }, strict); // what stays is in the way
  return { ...fewer, dropped: fewer.dropped + without.size };
}

/** What others hold, without the frames that the changed segments hold already.
 * @param {State} state @param {number} tierId @param {ReadonlySet<string>} targets */
function othersIn(state, tierId, targets) {
  const held = [...targets].flatMap((id) => state.segments.get(id) ?? []);
  return held
    .filter(({ tier_id }) => tier_id === tierId)
    .map(spanOf)
    .reduce(removeSpan, taken(state, tierId, targets));
}

/** @param {State} state @param {Content} segment @param {Span[]} others @returns {Span | null} */
function roomFor(state, segment, others) {
  const before = state.segments.get(segment.id);
  const span = spanOf(segment);
  const room = clip(others, span, before ? spanOf(before) : span);
  const moved =
    before?.tier_id === segment.tier_id &&
    before.start_frame !== segment.start_frame &&
    before.end_frame - before.start_frame === segment.end_frame - segment.start_frame;
  return moved && room && lengthOf([room]) < lengthOf([span]) ? null : room;
}
