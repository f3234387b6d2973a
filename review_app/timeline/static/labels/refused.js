// What a refused edit wanted and what is there instead, in words a person can choose by. Pure.
import { target } from "./state.js";

/** @typedef {import("./state.js").Change} Change */
/** @typedef {import("./state.js").Content} Content */
/** @typedef {import("./state.js").State} State */
/** @typedef {(segment: Content) => string} Words for a segment */

/** @param {State} state as it is now @param {import("./state.js").Edit[]} refused oldest first
 * @param {Words} words @returns {{theirs: string, mine: string}} of the first thing that differs */
export function sides(state, refused, words) {
  const first = refused[0]?.changes[0];
  if (!first) return { theirs: "", mine: "" };
  const what = target(first);
  const changes = refused.flatMap((edit) => edit.changes);
  const last = changes.filter((change) => target(change) === what).at(-1) ?? first;
  return { theirs: theirs(state, last, words), mine: mine(last, words) };
}

/** @param {State} state @param {Change} change @param {Words} words */
function theirs(state, change, words) {
  if (change.op === "finish") return `${state.finished.length} finished parts`;
  const comment = state.comments.get(target(change));
  if (comment) return `“${comment.text}”`;
  const segment = state.segments.get(target(change));
  return segment ? words(segment) : "deleted";
}

/** @param {Change} change @param {Words} words */
function mine(change, words) {
  if (change.op === "finish") return `${change.spans.length} finished parts`;
  if (change.op === "put") return words(change.segment);
  return change.op === "say" ? `“${change.comment.text}”` : "deleted";
}
