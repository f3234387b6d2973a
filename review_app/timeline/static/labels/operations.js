// What a person can do to one label, to the finished spans and to comments. Pure: each gives one
// operation, which one edit carries and one undo takes back; null where nothing would change.
import { addSpan, removeSpan } from "../time/spans.js";
import { content } from "./state.js";

/** @typedef {import("../time/spans.js").Span} Span */
/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Content} Content */
/** @typedef {import("./state.js").Segment} Segment */
/** @typedef {import("./state.js").Operation} Operation */

/** @param {Content} segment @returns {Operation} */
export const add = (segment) => ({ kind: "add", changes: [{ op: "put", segment }] });

/** Both the plain accept and accept with other edges or another class: the label keeps its source.
 * @param {Content} segment @returns {Operation} */
export const accept = (segment) => ({ kind: "accept", changes: [{ op: "put", segment }] });

/** A segment with other fields; null where that is the same, or no segment.
 * @param {Segment | undefined} before @param {Partial<Content>} fields @returns {Content | null} */
export function changed(before, fields) {
  if (!before) return null;
  const segment = content({ ...before, ...fields });
  const same = JSON.stringify(segment) === JSON.stringify(content(before));
  return same || segment.end_frame <= segment.start_frame ? null : segment;
}

/** @param {State} state @param {string} id @param {number} start_frame @param {number} end_frame
 * @param {"move" | "resize"} kind @returns {Operation | null} */
export function place(state, id, start_frame, end_frame, kind) {
  const segment = changed(state.segments.get(id), { start_frame, end_frame });
  return segment && { kind, changes: [{ op: "put", segment }] };
}

/** Two segments of a tier that touch: the end of the first and the start of the second move
 * together to `frame`, as far as both keep a frame.
 * @param {State} state @param {string} firstId @param {string} secondId @param {number} frame
 * @returns {Operation | null} */
export function moveSharedEdge(state, firstId, secondId, frame) {
  const [first, second] = [state.segments.get(firstId), state.segments.get(secondId)];
  if (!first || !second || !share(first, second)) return null;
  const at = Math.max(first.start_frame + 1, Math.min(second.end_frame - 1, frame));
  const shorter = changed(first, { end_frame: at });
  const longer = changed(second, { start_frame: at });
  if (!shorter || !longer) return null;
  return {
    kind: "resize",
    changes: [
      { op: "put", segment: shorter },
      { op: "put", segment: longer },
    ],
  };
}

/** @param {Content} first @param {Content} second */
const share = (first, second) =>
  first.tier_id === second.tier_id && first.end_frame === second.start_frame;

/** The segment that touches this one at an edge, if there is one.
 * @param {State} state @param {string} id @param {"start" | "end"} edge
 * @returns {Segment | null} */
export function neighbourAt(state, id, edge) {
  const one = state.segments.get(id);
  if (!one) return null;
  const touches = (/** @type {Segment} */ other) =>
    edge === "end" ? share(one, other) : share(other, one);
  return [...state.segments.values()].find(touches) ?? null;
}

/** @param {State} state @param {string} id @param {number} class_id @param {number} tier_id
 * @returns {Operation | null} */
export function relabel(state, id, class_id, tier_id) {
  const segment = changed(state.segments.get(id), { class_id, tier_id });
  return segment && { kind: "relabel", changes: [{ op: "put", segment }] };
}

/** Both halves keep the class; only the first keeps the proposal, which is then counted once.
 * @param {State} state @param {string} id @param {number} frame @param {string} newId
 * @returns {Operation | null} */
export function split(state, id, frame, newId) {
  const before = state.segments.get(id);
  if (!before || frame <= before.start_frame || frame >= before.end_frame) return null;
  return {
    kind: "split",
    changes: [
      { op: "put", segment: { ...content(before), end_frame: frame } },
      {
        op: "put",
        segment: { ...content(before), id: newId, start_frame: frame, proposal_id: null },
      },
    ],
  };
}

/** @param {string} id @returns {Operation} */
export const remove = (id) => ({ kind: "delete", changes: [{ op: "remove", segment_id: id }] });

/** @param {State} state @param {Span} span @returns {Operation} */
export const finish = (state, span) => ({
  kind: "finish",
  changes: [{ op: "finish", spans: addSpan(state.finished, span) }],
});

/** @param {State} state @param {Span} span @returns {Operation} */
export const unfinish = (state, span) => ({
  kind: "unfinish",
  changes: [{ op: "finish", spans: removeSpan(state.finished, span) }],
});

/** A new comment, a reply, or other words for one's own.
 * @param {import("./state.js").Remark} comment text of 1 to 2000 characters
 * @returns {Operation | null} null without a word in it */
export function say(comment) {
  const text = comment.text.trim();
  if (!text) return null;
  const kind = comment.resolves ? "resolve" : "comment";
  return { kind, changes: [{ op: "say", comment: { ...comment, text } }] };
}

/** @param {State} state @param {string} id @returns {Operation | null} */
export const unsay = (state, id) =>
  state.comments.has(id)
    ? { kind: "delete comment", changes: [{ op: "unsay", comment_id: id }] }
    : null;
