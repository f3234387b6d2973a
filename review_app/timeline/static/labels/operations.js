// What a person can do to an annotation, as data. Pure: a state and an edit give a new state and
// the changes that take it back. The server applies the same edits to its own copy.
import { addSpan, removeSpan } from "../time/spans.js";

/** @typedef {import("../time/spans.js").Span} Span */
/** @typedef {{id: string, tier_id: number, class_id: number, start_frame: number,
 *   end_frame: number, proposal_id: number | null}} Content */
/** @typedef {Content & {last_edit: string | null}} Segment */
/** `removed` remembers the last edit of deleted segments, so that an undo can say what it expects.
 * @typedef {{segments: Map<string, Segment>, removed: Map<string, string>,
 *   finished: Span[]}} State */
/** @typedef {{op: "put", segment: Content, expects?: string | null}
 *   | {op: "remove", segment_id: string, expects?: string | null}
 *   | {op: "finish", spans: Span[], expects_spans?: Span[]}} Change */
/** @typedef {{id: string, base_revision: number, kind: string, changes: Change[],
 *   undoes: string | null}} Edit */
/** @typedef {{kind: string, changes: Change[]}} Operation */

/** @param {{segments: Segment[], finished: Span[]}} annotation
 * @param {Map<string, string>} [removed] what is known of deleted segments @returns {State} */
export function stateOf(annotation, removed = new Map()) {
  const segments = new Map(annotation.segments.map((segment) => [segment.id, segment]));
  const still = [...removed].filter(([id]) => !segments.has(id));
  return { segments, removed: new Map(still), finished: annotation.finished };
}

/** @param {Segment} segment @returns {Content} */
function content({ id, tier_id, class_id, start_frame, end_frame, proposal_id }) {
  return { id, tier_id, class_id, start_frame, end_frame, proposal_id };
}

/** An operation as the server wants it: with what the client believes it is changing.
 * @param {State} state @param {Operation} operation
 * @param {{id: string, base_revision: number, undoes?: string | null}} identity @returns {Edit} */
export function makeEdit(state, operation, { id, base_revision, undoes = null }) {
  /** @param {string} segment */
  const lastEdit = (segment) =>
    state.segments.get(segment)?.last_edit ?? state.removed.get(segment) ?? null;
  const changes = operation.changes.map((change) => {
    if (change.op === "finish") return { ...change, expects_spans: state.finished };
    const target = change.op === "put" ? change.segment.id : change.segment_id;
    return { ...change, expects: lastEdit(target) };
  });
  return { id, base_revision, kind: operation.kind, changes, undoes };
}

/** @param {State} state @param {Pick<Edit, "id" | "changes">} edit
 * @returns {{state: State, inverse: Change[]}} */
export function apply(state, edit) {
  const segments = new Map(state.segments);
  const removed = new Map(state.removed);
  let finished = state.finished;
  /** @type {Change[]} */
  const inverse = [];
  for (const change of edit.changes) {
    if (change.op === "finish") {
      inverse.unshift({ op: "finish", spans: finished });
      finished = change.spans;
      continue;
    }
    const id = change.op === "put" ? change.segment.id : change.segment_id;
    const before = segments.get(id);
    if (before) inverse.unshift({ op: "put", segment: content(before) });
    else if (change.op === "put") inverse.unshift({ op: "remove", segment_id: id });
    if (change.op === "put") {
      segments.set(id, { ...change.segment, last_edit: edit.id });
      removed.delete(id);
    } else {
      segments.delete(id);
      removed.set(id, edit.id);
    }
  }
  return { state: { segments, removed, finished }, inverse };
}

/** @param {Content} segment @returns {Operation} */
export const add = (segment) => ({ kind: "add", changes: [{ op: "put", segment }] });

/** Both the plain accept and accept with other edges or another class: the label keeps its source.
 * @param {Content} segment @returns {Operation} */
export const accept = (segment) => ({ kind: "accept", changes: [{ op: "put", segment }] });

/** @param {State} state @param {string} id @param {Partial<Content>} fields */
function changed(state, id, fields) {
  const before = state.segments.get(id);
  if (!before) return null;
  const segment = { ...content(before), ...fields };
  const same = JSON.stringify(segment) === JSON.stringify(content(before));
  return same || segment.end_frame <= segment.start_frame ? null : segment;
}

/** @param {State} state @param {string} id @param {number} start_frame @param {number} end_frame
 * @param {"move" | "resize"} kind @returns {Operation | null} null when nothing would change */
export function place(state, id, start_frame, end_frame, kind) {
  const segment = changed(state, id, { start_frame, end_frame });
  return segment && { kind, changes: [{ op: "put", segment }] };
}

/** @param {State} state @param {string} id @param {number} class_id @param {number} tier_id
 * @returns {Operation | null} */
export function relabel(state, id, class_id, tier_id) {
  const segment = changed(state, id, { class_id, tier_id });
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

/** @typedef {{kind: string, editId: string, inverse: Change[]}} Entry */

/** Undo and redo are one mechanism: an entry taken from one stack goes back, inverted, on the
 * other. A new operation empties the redo stack. */
export class History {
  /** @type {Entry[]} */ done = [];
  /** @type {Entry[]} */ undone = [];

  /** @param {Entry} entry */
  record(entry) {
    this.done.push(entry);
    this.undone = [];
  }

  /** @param {Set<string>} editIds edits the server refused: they cannot be taken back */
  forget(editIds) {
    this.done = this.done.filter((entry) => !editIds.has(entry.editId));
    this.undone = this.undone.filter((entry) => !editIds.has(entry.editId));
  }
}
