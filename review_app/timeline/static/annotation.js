// The annotator's own layer: its state, its history and its way to the server. No drawing.
import { History, apply, makeEdit, stateOf } from "./operations.js";

/** @typedef {import("./operations.js").Operation} Operation */
/** @typedef {import("./operations.js").Change} Change */
/** @typedef {import("./operations.js").Segment} Segment */
/** @typedef {import("./spans.js").Span} Span */
/** @typedef {{id: number, revision: number, finished: Span[], segments: Segment[]}} Stored */

export class Annotation {
  history = new History();

  /** @param {{stored: Stored, outbox: import("./outbox.js").Outbox, newId: () => string,
   *   onChange: () => void, onRefused: (messages: string[]) => void}} parts */
  constructor({ stored, outbox, newId, onChange, onRefused }) {
    this.outbox = outbox;
    this.newId = newId;
    this.onChange = onChange;
    this.onRefused = onRefused;
    this.state = this.#withPending(stored, new Map());
    outbox.onAnswer = (answer) => this.#absorb(answer);
    outbox.onFound = (edits) => {
      this.state = edits.reduce((state, edit) => apply(state, edit).state, this.state);
      this.onChange();
    };
  }

  /** What the server holds, and on top of it what this browser has not delivered yet.
   * @param {Stored} stored @param {Map<string, string>} removed */
  #withPending(stored, removed) {
    const pending = this.outbox.pending();
    return pending.reduce((state, edit) => apply(state, edit).state, stateOf(stored, removed));
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

  /** @param {import("./operations.js").Entry[]} from @param {import("./operations.js").Entry[]} to
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

  /** @param {import("./outbox.js").Answer} answer */
  #absorb(answer) {
    const refused = answer.results.filter(({ status }) => status === "refused");
    const gone = new Set(refused.map(({ id }) => id));
    this.history.forget(gone);
    if (!answer.state) return;
    const removed = [...this.state.removed].filter(([, edit]) => !gone.has(edit));
    this.state = this.#withPending(answer.state, new Map(removed));
    this.onChange();
    if (refused.length) this.onRefused(refused.map(({ message }) => message));
  }
}
