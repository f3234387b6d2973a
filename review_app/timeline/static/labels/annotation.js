// The annotator's own layer: its state, its history and its way to the server. No drawing.
import { apply, makeEdit, stateOf } from "./state.js";

/** @typedef {import("./state.js").Operation} Operation */
/** @typedef {import("./state.js").Change} Change */
/** @typedef {import("./state.js").Segment} Segment */
/** @typedef {import("../time/spans.js").Span} Span */
/** @typedef {{id: number, revision: number, finished: Span[], segments: Segment[]}} Stored */
/** @typedef {{kind: string, editId: string, inverse: Change[]}} Entry */

/** Undo and redo are one mechanism: an entry taken from one stack goes back, inverted, on the
 * other. A new operation empties the redo stack. */
class History {
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

export class Annotation {
  history = new History();
  /** @type {Map<string, string>} deleted segments and the edits that the server deleted them by */
  #removed = new Map();

  /** @param {{stored: Stored, outbox: import("../sync/outbox.js").Outbox, newId: () => string,
   *   onChange: () => void, onRefused: (messages: string[]) => void}} parts */
  constructor({ stored, outbox, newId, onChange, onRefused }) {
    this.outbox = outbox;
    this.newId = newId;
    this.onChange = onChange;
    this.onRefused = onRefused;
    this.state = this.#withPending(stored);
    outbox.onAnswer = (answer, edits) => this.#absorb(answer, edits);
    outbox.onFound = (edits) => {
      this.state = edits.reduce((state, edit) => apply(state, edit).state, this.state);
      this.onChange();
    };
  }

  /** What the server holds, and on top of it what this browser has not delivered yet.
   * @param {Stored} stored */
  #withPending(stored) {
    const start = stateOf(stored, this.#removed);
    return this.outbox.pending().reduce((state, edit) => apply(state, edit).state, start);
  }

  /** @param {Operation | null} operation @returns {boolean} whether anything changed */
  perform(operation) {
    if (!operation) return false;
    this.history.record(this.#commit(operation, null));
    return true;
  }

  undo() {
    return this.#take(this.history.done, this.history.undone, "undo");
  }

  redo() {
    return this.#take(this.history.undone, this.history.done, "redo");
  }

  /** @param {Entry[]} from @param {Entry[]} to
   * @param {string} verb @returns {string | null} what was taken back or done again */
  #take(from, to, verb) {
    const entry = from.pop();
    if (!entry) return null;
    const what = entry.kind.replace(/^(undo|redo) /, "");
    to.push(this.#commit({ kind: `${verb} ${what}`, changes: entry.inverse }, entry.editId));
    return what;
  }

  /** @param {Operation} operation @param {string | null} undoes */
  #commit(operation, undoes) {
    const identity = { id: this.newId(), base_revision: this.outbox.revision, undoes };
    const edit = makeEdit(this.state, operation, identity);
    const { state, inverse } = apply(this.state, edit);
    this.state = state;
    this.outbox.add(edit);
    this.onChange();
    return { kind: operation.kind, editId: edit.id, inverse };
  }

  /** @param {import("../sync/outbox.js").Answer} answer
   * @param {import("./state.js").Edit[]} edits what it is about */
  #absorb(answer, edits) {
    const refused = answer.results.filter(({ status }) => status === "refused");
    const gone = new Set(refused.map(({ id }) => id));
    for (const edit of edits.filter(({ id }) => !gone.has(id))) this.#note(edit);
    this.history.forget(gone);
    if (!answer.state) return;
    this.state = this.#withPending(answer.state);
    this.onChange();
    if (refused.length) this.onRefused(refused.map(({ message }) => message));
  }

  /** @param {import("./state.js").Edit} edit one that the server has applied */
  #note({ id, changes }) {
    for (const change of changes) {
      if (change.op === "remove") this.#removed.set(change.segment_id, id);
      else if (change.op === "put") this.#removed.delete(change.segment.id);
    }
  }
}
