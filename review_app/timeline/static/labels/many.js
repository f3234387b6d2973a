// What a person can do to several labels at once. Pure: whatever the number, it is one operation,
// so one edit carries it and one undo takes all of it back; null where nothing would change.
import { changed } from "./operations.js";
import { content } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Content} Content */
/** @typedef {import("./state.js").Segment} Segment */
/** @typedef {import("./state.js").Change} Change */
/** @typedef {import("./state.js").Operation} Operation */
/** @typedef {Iterable<string>} Ids of segments; unknown ones are left out */

/** @param {string} kind @param {Change[]} changes @returns {Operation | null} */
const operation = (kind, changes) => (changes.length ? { kind, changes } : null);

/** In order of time. @param {State} state @param {Ids} ids @returns {Segment[]} */
export const segmentsOf = (state, ids) =>
  [...new Set(ids)]
    .flatMap((id) => state.segments.get(id) ?? [])
    .sort((a, b) => a.start_frame - b.start_frame || a.end_frame - b.end_frame);

/** @param {State} state @param {Ids} ids @param {string} kind
 * @param {(segment: Segment) => Partial<Content> | null} fieldsOf */
function change(state, ids, kind, fieldsOf) {
  const puts = segmentsOf(state, ids).flatMap((before) => {
    const segment = changed(before, fieldsOf(before) ?? {});
    return segment ? [/** @type {Change} */ ({ op: "put", segment })] : [];
  });
  return operation(kind, puts);
}

/** The start, or the end, of each comes to lie at a boundary between frames; one that would have
 * no frame left stays as it is. @param {State} state @param {Ids} ids
 * @param {"start" | "end"} edge @param {number} boundary */
export const trim = (state, ids, edge, boundary) =>
  change(state, ids, "trim", () =>
    edge === "start" ? { start_frame: boundary } : { end_frame: boundary },
  );

/** One edge of each a few frames earlier or later; one that would have no frame left stays.
 * @param {State} state @param {Ids} ids @param {"start" | "end"} edge
 * @param {number} frames below 0: earlier @param {number} frameCount */
export const nudgeAll = (state, ids, edge, frames, frameCount) =>
  change(state, ids, "resize", ({ start_frame, end_frame }) =>
    edge === "start"
      ? { start_frame: Math.max(0, start_frame + frames) }
      : { end_frame: Math.min(frameCount, end_frame + frames) },
  );

/** All by as many frames, and no further than the whole group has room in the recording.
 * @param {State} state @param {Ids} ids @param {number} frames below 0: earlier
 * @param {number} frameCount */
export function shift(state, ids, frames, frameCount) {
  const segments = segmentsOf(state, ids);
  if (!segments.length) return null;
  const first = segments[0].start_frame;
  const last = Math.max(...segments.map(({ end_frame }) => end_frame));
  const by = Math.max(-first, Math.min(frameCount - last, frames));
  return change(state, ids, "move", ({ start_frame, end_frame }) => ({
    start_frame: start_frame + by,
    end_frame: end_frame + by,
  }));
}

/** @param {State} state @param {Ids} ids @param {number} class_id @param {number} tier_id */
export const relabelAll = (state, ids, class_id, tier_id) =>
  change(state, ids, "relabel", () => ({ class_id, tier_id }));

/** @param {State} state @param {Ids} ids @param {boolean} unsure */
export const setUnsure = (state, ids, unsure) =>
  change(state, ids, unsure ? "mark as unsure" : "mark as sure", () => ({ unsure }));

/** @param {State} state @param {Ids} ids */
export const removeAll = (state, ids) =>
  operation(
    "delete",
    segmentsOf(state, ids).map(({ id }) => ({ op: "remove", segment_id: id })),
  );

/** The same again from a frame on, in the same order and distances; what would lie beyond the end
 * of the recording is left out. A copy comes from no proposal.
 * @param {State} state @param {Ids} ids @param {number} at where the first copy starts
 * @param {number} frameCount @param {() => string} newId */
export function duplicate(state, ids, at, frameCount, newId) {
  const segments = segmentsOf(state, ids);
  if (!segments.length) return null;
  const by = at - segments[0].start_frame;
  const copies = segments.map((one) => ({
    ...content(one),
    id: newId(),
    start_frame: one.start_frame + by,
    end_frame: Math.min(frameCount, one.end_frame + by),
    proposal_id: null,
  }));
  return putAll(
    "duplicate",
    copies.filter((one) => one.start_frame < one.end_frame),
  );
}

/** @param {State} state @param {Ids} ids @param {{id: number, tier_id: number}} kind a class of
 * the other tier @param {() => string} newId */
export const copyToTier = (state, ids, kind, newId) =>
  putAll(
    "copy",
    segmentsOf(state, ids).map((one) => ({
      ...content(one),
      id: newId(),
      class_id: kind.id,
      tier_id: kind.tier_id,
      proposal_id: null,
    })),
  );

/** Labels for proposals, each keeping its source. @param {Content[]} segments */
export const acceptAll = (segments) => putAll("accept", segments);

/** @param {string} kind @param {Content[]} segments */
const putAll = (kind, segments) =>
  operation(
    kind,
    segments.map((segment) => ({ op: "put", segment })),
  );

/** Neighbours of one class become one, from the first start to the last end; it is the first of
 * them, and unsure where one of them is. Null where they differ in class or tier, or another
 * segment of the tier lies between. @param {State} state @param {Ids} ids */
export function merge(state, ids) {
  const segments = segmentsOf(state, ids);
  const [first, ...rest] = segments;
  if (!rest.length || rest.some((one) => !sameKind(one, first))) return null;
  const end = Math.max(...segments.map(({ end_frame }) => end_frame));
  const chosen = new Set(segments);
  for (const other of state.segments.values()) {
    if (chosen.has(other) || other.tier_id !== first.tier_id) continue;
    if (other.start_frame < end && other.end_frame > first.start_frame) return null;
  }
  const unsure = segments.some((one) => one.unsure);
  /** @type {Change[]} */
  const changes = [{ op: "put", segment: content({ ...first, end_frame: end, unsure }) }];
  for (const { id } of rest) changes.push({ op: "remove", segment_id: id });
  return operation("merge", changes);
}

/** The next of the same class in the tier, if nothing of the tier lies between.
 * @param {State} state @param {string} id @returns {Segment | null} */
export function mergeable(state, id) {
  const one = state.segments.get(id);
  if (!one) return null;
  const after = [...state.segments.values()]
    .filter((other) => other.tier_id === one.tier_id && other.id !== id)
    .filter((other) => other.start_frame >= one.start_frame && other.end_frame > one.end_frame)
    .sort((a, b) => a.start_frame - b.start_frame);
  return after.length && sameKind(after[0], one) ? after[0] : null;
}

/** @param {Content} a @param {Content} b */
const sameKind = (a, b) => a.class_id === b.class_id && a.tier_id === b.tier_id;
