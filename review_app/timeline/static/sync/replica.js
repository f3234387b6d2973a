// This page's copy of a layer: what the server has confirmed (the base, which only moves along the
// log, revision by revision), and on top of it the edits that are still on their way. Pure.
import { applyAll, apply, lastEdit, stateOf, target } from "../labels/state.js";
import { addSpan, removeSpan } from "../time/spans.js";

/** @typedef {import("../labels/history.js").Entry} Entry */
/** @typedef {import("../labels/history.js").Logged} Logged */
/** @typedef {import("../labels/state.js").Change} Change */
/** @typedef {import("../labels/state.js").Edit} Edit */
/** @typedef {import("../labels/state.js").State} State */
/** @typedef {import("../labels/state.js").Stored} Stored */

export class Replica {
  /** @type {Map<number, Logged>} parts of the log that came before what leads to them */
  #early = new Map();
  /** @type {Set<string>} edits that are in the base */ #known = new Set();

  /** @param {Stored} stored */
  constructor(stored) {
    this.revision = stored.revision;
    /** @type {State} */
    this.base = stateOf(stored);
  }

  /** Entries of the log, in any order, repeated or with some missing.
   * @param {Logged[]} log @returns {{taken: Logged[], gap: boolean}} what the base moved along, in
   * order; gap: entries before the ones given are missing, so the state must be asked for */
  take(log) {
    for (const entry of log) {
      if (entry.revision > this.revision) this.#early.set(entry.revision, entry);
    }
    const taken = [];
    for (let next; (next = this.#early.get(this.revision + 1)); this.revision += 1) {
      this.#early.delete(next.revision);
      this.#known.add(next.id);
      taken.push(next);
    }
    this.base = applyAll(this.base, taken);
    return { taken, gap: this.#early.size > 0 };
  }

  /** The layer as the server holds it. @param {Stored} stored @param {boolean} [restored] the
   * server has gone back to what it held once, and knows less than this page did
   * @returns {Logged[] | null} what of the log was known already and leads on from there; null
   * when this page knows more than that */
  reset(stored, restored = false) {
    if (stored.revision < this.revision && !restored) return null;
    if (restored) this.#early.clear();
    if (restored) this.#known.clear();
    this.revision = stored.revision;
    const { segments, removed } = this.base;
    const same = (/** @type {import("../labels/state.js").Segment} */ one) => {
      const known = segments.get(one.id);
      return known?.last_edit === one.last_edit ? known : one; // what is unchanged stays itself
    };
    this.base = stateOf({ ...stored, segments: stored.segments.map(same) }, removed);
    for (const revision of this.#early.keys()) {
      if (revision <= this.revision) this.#early.delete(revision);
    }
    return this.take([]).taken;
  }

  /** An older part of the log, newest last: what it deleted can be brought back.
   * @param {Logged[]} older */
  learn(older) {
    const { segments, comments } = this.base;
    const removed = new Map(this.base.removed);
    for (const { id, changes } of [...older].reverse()) {
      for (const change of changes) {
        const what = target(change);
        const gone = change.op === "remove" || change.op === "unsay";
        if (gone && !segments.has(what) && !comments.has(what) && !removed.has(what)) {
          removed.set(what, id);
        }
      }
    }
    this.base = { ...this.base, removed };
  }

  /** What a person sees: the base, and on it every edit that is not part of it yet.
   * @param {Edit[]} pending oldest first @returns {{state: State, entries: Entry[]}} entries: the
   * pending edits with what takes them back */
  shown(pending) {
    let state = this.base;
    const entries = pending
      .filter((edit) => !this.#holds(edit))
      .map(({ id, kind, changes, undoes }) => {
        const after = apply(state, { id, changes });
        state = after.state;
        return { id, kind, changes, undoes, inverse: after.inverse };
      });
    return { state, entries };
  }

  /** @param {Edit} edit */
  #holds({ id, changes }) {
    return this.#known.has(id) || changes.some((one) => lastEdit(this.base, target(one)) === id);
  }
}

/** Whether an edit was refused because of what somebody else did, and not because of itself.
 * @param {State} base @param {Edit} edit */
export const conflicts = (base, edit) =>
  edit.changes.some((change) =>
    change.op === "finish"
      ? JSON.stringify(change.expects_spans ?? []) !== JSON.stringify(base.finished)
      : (change.expects ?? null) !== lastEdit(base, target(change)),
  );

/** What refused edits wanted, as one operation on top of what is there now; of several changes of
 * one thing the last counts. @param {State} state @param {Edit[]} refused oldest first
 * @returns {import("../labels/state.js").Operation | null} null where that is so already */
export function again(state, refused) {
  /** @type {Map<string, Change>} */
  const wanted = new Map();
  let { finished } = state;
  for (const change of refused.flatMap(({ changes }) => changes)) {
    if (change.op === "finish") finished = replay(finished, change);
    else wanted.set(target(change), change);
  }
  const changes = [...wanted.values()].filter(
    (change) =>
      (change.op !== "remove" || state.segments.has(change.segment_id)) &&
      (change.op !== "unsay" || state.comments.has(change.comment_id)),
  );
  if (JSON.stringify(finished) !== JSON.stringify(state.finished)) {
    changes.push({ op: "finish", spans: finished });
  }
  const kind = refused[refused.length - 1]?.kind ?? "";
  return changes.length ? { kind: `again ${kind}`.slice(0, 40), changes } : null;
}

/** What a change of the finished spans added and took away, done to other spans.
 * @param {import("../time/spans.js").Span[]} spans
 * @param {Extract<Change, {op: "finish"}>} change */
function replay(spans, { spans: after, expects_spans: before = [] }) {
  const added = before.reduce(removeSpan, after);
  const removed = after.reduce(removeSpan, before);
  return added.reduce(addSpan, removed.reduce(removeSpan, spans));
}
