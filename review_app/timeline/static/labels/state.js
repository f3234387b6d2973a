// What a layer of labels holds, and what an edit does to it. Pure: a state and an edit give a new
// state and the changes that take it back. The server applies the same edits to its own copy.

/** @typedef {import("../time/spans.js").Span} Span */
/** `unsure`: its author wants somebody to look at it again.
 * @typedef {{id: string, tier_id: number, class_id: number, start_frame: number,
 *   end_frame: number, proposal_id: number | null, unsure?: boolean}} Content */
/** @typedef {Content & {last_edit: string | null}} Segment */
/** On a span, perhaps on a segment of any layer, perhaps a reply, which may settle what it answers.
 * @typedef {{id: string, segment_id: string | null, start_frame: number, end_frame: number,
 *   reply_to: string | null, resolves: boolean, text: string}} Remark */
/** `author` and `created_at` are the server's; a comment on its way there has none.
 * @typedef {Remark & {last_edit: string | null, author?: string, created_at?: string}} Comment */
/** `removed` remembers the last edit of what was deleted, so that an undo can say what it expects.
 * @typedef {{segments: Map<string, Segment>, removed: Map<string, string>, finished: Span[],
 *   comments: Map<string, Comment>}} State */
/** @typedef {{op: "put", segment: Content, expects?: string | null}
 *   | {op: "remove", segment_id: string, expects?: string | null}
 *   | {op: "finish", spans: Span[], expects_spans?: Span[]}
 *   | {op: "say", comment: Remark, expects?: string | null}
 *   | {op: "unsay", comment_id: string, expects?: string | null}} Change */
/** @typedef {{id: string, base_revision: number, kind: string, changes: Change[],
 *   undoes: string | null}} Edit */
/** @typedef {{kind: string, changes: Change[]}} Operation */
/** What the server tells of a layer. @typedef {{id: number, revision: number, finished: Span[],
 *   segments: Segment[], comments?: Comment[]}} Stored */

/** @param {Pick<Stored, "segments" | "finished" | "comments">} stored
 * @param {Map<string, string>} [removed] what is known of deleted things @returns {State} */
export function stateOf({ segments, finished, comments = [] }, removed = new Map()) {
  const things = new Set([...segments, ...comments].map(({ id }) => id));
  return {
    segments: new Map(segments.map((segment) => [segment.id, segment])),
    comments: new Map(comments.map((comment) => [comment.id, comment])),
    removed: new Map([...removed].filter(([id]) => !things.has(id))),
    finished,
  };
}

/** What edits say of a segment. @param {Content} segment @returns {Content} */
export function content({ id, tier_id, class_id, start_frame, end_frame, proposal_id, unsure }) {
  const plain = { id, tier_id, class_id, start_frame, end_frame, proposal_id };
  return unsure ? { ...plain, unsure } : plain;
}

/** What edits say of a comment. @param {Remark} comment @returns {Remark} */
export function remark({ id, segment_id, start_frame, end_frame, reply_to, resolves, text }) {
  return { id, segment_id, start_frame, end_frame, reply_to, resolves, text };
}

/** What a change is about: the id of a segment or comment, or "finished". @param {Change} change */
export function target(change) {
  if (change.op === "finish") return "finished";
  if (change.op === "put") return change.segment.id;
  if (change.op === "say") return change.comment.id;
  return change.op === "remove" ? change.segment_id : change.comment_id;
}

/** The last edit of a segment or comment, deleted ones too; null = there never was one.
 * @param {State} state @param {string} id */
export const lastEdit = (state, id) =>
  (state.segments.get(id) ?? state.comments.get(id))?.last_edit ?? state.removed.get(id) ?? null;

/** An operation as the server wants it: with what the client believes it is changing.
 * @param {State} state @param {Operation} operation
 * @param {{id: string, base_revision: number, undoes?: string | null}} identity @returns {Edit} */
export function makeEdit(state, operation, { id, base_revision, undoes = null }) {
  const changes = operation.changes.map((change) =>
    change.op === "finish"
      ? { ...change, expects_spans: state.finished }
      : { ...change, expects: lastEdit(state, target(change)) },
  );
  return { id, base_revision, kind: operation.kind, changes, undoes };
}

/** @param {State} state @param {Pick<Edit, "id" | "changes">} edit
 * @returns {{state: State, inverse: Change[]}} */
export function apply(state, edit) {
  const draft = copy(state);
  return { state: draft, inverse: applyTo(draft, edit) };
}

/** The state after several edits, at the cost of copying it once.
 * @param {State} state @param {Pick<Edit, "id" | "changes">[]} edits @returns {State} */
export function applyAll(state, edits) {
  if (!edits.length) return state;
  const draft = copy(state);
  for (const edit of edits) applyTo(draft, edit);
  return draft;
}

/** Whether two changes leave the same behind. @param {Change} first @param {Change} second */
export const sameEffect = (first, second) =>
  target(first) === target(second) && effect(first) === effect(second);

/** Whether what a change made is still so. @param {State} state @param {Change} change */
export function stands(state, change) {
  const now = present(state, change);
  return now ? sameEffect(now, change) : change.op === "remove" || change.op === "unsay";
}

/** What is there of a change's target, as the change that would make it so.
 * @param {State} state @param {Change} change @returns {Change | null} null: nothing is there */
function present(state, change) {
  if (change.op === "finish") return { op: "finish", spans: state.finished };
  const segment = state.segments.get(target(change));
  const comment = state.comments.get(target(change));
  if (segment) return { op: "put", segment };
  return comment ? { op: "say", comment } : null;
}

/** @param {Change} change */
function effect(change) {
  if (change.op === "finish") return JSON.stringify(change.spans);
  if (change.op === "put") return JSON.stringify(content(change.segment));
  return change.op === "say" ? JSON.stringify(remark(change.comment)) : "gone";
}

/** @param {State} state @returns {State} */
const copy = ({ segments, removed, finished, comments }) => ({
  segments: new Map(segments),
  removed: new Map(removed),
  finished,
  comments: new Map(comments),
});

/** @param {State} draft changed in place @param {Pick<Edit, "id" | "changes">} edit
 * @returns {Change[]} what takes it back */
function applyTo(draft, { id, changes }) {
  /** @type {Change[]} */
  const inverse = [];
  for (const change of changes) {
    const before = inverseOf(draft, change);
    if (before) inverse.unshift(before);
    if (change.op === "finish") draft.finished = change.spans;
    else if (change.op === "put") put(draft.segments, { ...change.segment, last_edit: id });
    else if (change.op === "say") {
      put(draft.comments, {
        ...draft.comments.get(change.comment.id),
        ...change.comment,
        last_edit: id,
      });
    } else (change.op === "remove" ? draft.segments : draft.comments).delete(target(change));
    if (change.op === "remove" || change.op === "unsay") draft.removed.set(target(change), id);
    else draft.removed.delete(target(change));
  }
  return inverse;
}

/** @template {{id: string}} Thing @param {Map<string, Thing>} things @param {Thing} thing */
const put = (things, thing) => void things.set(thing.id, thing);

/** @param {State} state @param {Change} change @returns {Change | null} */
function inverseOf(state, change) {
  const before = present(state, change);
  if (before?.op === "put") return { op: "put", segment: content(before.segment) };
  if (before?.op === "say") return { op: "say", comment: remark(before.comment) };
  if (before) return before;
  if (change.op === "put") return { op: "remove", segment_id: change.segment.id };
  return change.op === "say" ? { op: "unsay", comment_id: change.comment.id } : null;
}
