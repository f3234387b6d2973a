// A layer that a person works on: what is shown of it, what can be taken back, and its way to the
// server. No drawing.
import { Log, about, backTo, nextOf, takeable } from "./history.js";
import { apply, makeEdit } from "./state.js";
import { Replica, again, conflicts } from "../sync/replica.js";

/** @typedef {import("./history.js").Entry} Entry */
/** @typedef {import("./history.js").Logged} Logged */
/** @typedef {import("./state.js").Edit} Edit */
/** @typedef {import("./state.js").Operation} Operation */
/** Edits that the server did not take. `conflict`: because somebody else was first, so that they
 * can be made again on top of it.
 * @typedef {{edits: Edit[], messages: string[], conflict: boolean}} Refusal */
/** @typedef {(before: number) => Promise<{edits: Logged[]}>} FetchOlder entries of the log with a
 * revision below `before`, oldest first; it rejects when the server does not answer */

const LONGEST_KIND = 40;

export class Annotation {
  /** @type {Entry[]} pending edits with what takes them back */ #entries = [];
  /** @type {Promise<boolean> | null} */ #fetching = null;

  /** @param {{replica: Replica, log: Logged[], me: {id: number, name: string},
   *   outbox: import("../sync/outbox.js").Outbox, newId: () => string, fetchOlder: FetchOlder,
   *   onChange: () => void, onRefused: (refusal: Refusal) => void}} parts `log`: its newest
   * entries; `me`: whose edits undo takes back */
  constructor({ replica, log, me, outbox, newId, fetchOlder, onChange, onRefused }) {
    this.replica = replica;
    this.me = me;
    this.outbox = outbox;
    this.newId = newId;
    this.fetchOlder = fetchOlder;
    this.onChange = onChange;
    this.onRefused = onRefused;
    this.log = new Log({
      revision: replica.revision,
      log,
      mine: ({ user_id }) => user_id === me.id,
    });
    replica.learn(log);
    this.state = replica.base;
    this.#show();
    outbox.onAnswer = (answer, edits) => this.#absorb(answer, edits);
    outbox.onFound = () => this.#changed();
  }

  #show() {
    const { state, entries } = this.replica.shown(this.outbox.pending());
    this.state = state;
    this.#entries = entries;
  }

  #changed() {
    this.#show();
    this.onChange();
  }

  /** Every known edit, oldest first; those on their way have no revision.
   * @returns {(Entry & Partial<Logged>)[]} */
  get entries() {
    return [...this.log.entries, ...this.#entries];
  }

  get canUndo() {
    return this.#stacks.done.length > 0 || this.log.more;
  }

  get canRedo() {
    return this.#stacks.undone.length > 0;
  }

  get #stacks() {
    return this.log.stacks(this.#entries);
  }

  /** @param {Operation | null} operation @returns {boolean} whether anything changed */
  perform(operation) {
    if (operation) this.#commit(operation, null);
    return operation !== null;
  }

  /** @param {Operation} operation @param {string | null} undoes */
  #commit({ kind, changes }, undoes) {
    const identity = { id: this.newId(), base_revision: this.replica.revision, undoes };
    const operation = { kind: kind.slice(0, LONGEST_KIND), changes };
    const edit = makeEdit(this.state, operation, identity);
    const { state, inverse } = apply(this.state, edit);
    this.state = state;
    this.#entries.push({ ...edit, inverse });
    this.outbox.add(edit);
    this.onChange();
  }

  /** @returns {Promise<string | null>} what was taken back; null: there is nothing. Rejects when
   * it is in an older part of the log, which the server does not give now */
  undo() {
    return this.#take("undo");
  }

  /** @returns {Promise<string | null>} what was done again */
  redo() {
    return this.#take("redo");
  }

  /** @param {"undo" | "redo"} verb @returns {Promise<string | null>} */
  async #take(verb) {
    const { done, undone } = this.#stacks;
    const entry = nextOf(this.state, verb === "undo" ? done : undone);
    if (entry) {
      const what = about(entry.kind);
      this.#commit({ kind: `${verb} ${what}`, changes: entry.inverse }, entry.id);
      return what;
    }
    const elsewhere = verb === "undo" || this.log.undoneMayBeOlder;
    return elsewhere && (await this.older()) ? this.#take(verb) : null;
  }

  /** Learns an older part of the log. @returns {Promise<boolean>} whether there was one */
  older() {
    if (!this.log.more) return Promise.resolve(false);
    this.#fetching ??= this.#fetch().finally(() => (this.#fetching = null));
    return this.#fetching;
  }

  async #fetch() {
    const before = this.log.oldest;
    const { edits } = await this.fetchOlder(before);
    this.log.addOlder(edits);
    this.replica.learn(edits);
    this.#changed();
    return this.log.oldest < before;
  }

  /** Any edit of the history, while nothing later has touched the same.
   * @param {Entry} entry @returns {boolean} whether it was taken back */
  takeBack(entry) {
    if (!takeable(this.state, entry)) return false;
    this.#commit({ kind: `take back ${about(entry.kind)}`, changes: entry.inverse }, entry.id);
    return true;
  }

  /** Everything as it was right after an edit. @param {number} revision
   * @returns {Promise<boolean>} whether that changes anything */
  async backTo(revision) {
    while (this.log.oldest > revision + 1 && (await this.older()));
    const later = this.log.entries.filter((entry) => entry.revision > revision);
    return this.perform(backTo(this.state, [...later, ...this.#entries]));
  }

  /** What was refused, on top of what is there now. @param {Refusal} refusal
   * @returns {boolean} whether anything changed */
  makeAgain({ edits }) {
    return this.perform(again(this.state, edits));
  }

  /** What the base has moved along, or that it was replaced.
   * @param {{taken: Logged[], reset: boolean}} moved */
  follow({ taken, reset }) {
    if (reset) this.log.forget(this.replica.revision - taken.length);
    this.log.add(taken);
    if (reset || taken.length) this.#changed();
  }

  /** @param {import("../sync/outbox.js").Answer} answer @param {Edit[]} edits it is about */
  #absorb(answer, edits) {
    const refused = answer.results.filter(({ status }) => status === "refused");
    this.follow(this.#move(answer, edits));
    if (!refused.length) return;
    const byId = new Map(edits.map((edit) => [edit.id, edit]));
    const asked = refused.flatMap(({ id }) => byId.get(id) ?? []);
    const conflict = asked.some((edit) => conflicts(this.replica.base, edit));
    this.#changed();
    this.onRefused({ edits: asked, messages: refused.map(({ message }) => message), conflict });
  }

  /** @param {import("../sync/outbox.js").Answer} answer @param {Edit[]} edits */
  #move({ results, log, state }, edits) {
    if (log || !state) {
      const moved = this.replica.take(log ?? this.#asLog(results, edits));
      if (!moved.gap || !state) return { ...moved, reset: false };
    }
    const ahead = state.revision > this.replica.revision;
    return { taken: this.replica.reset(state) ?? [], reset: ahead };
  }

  /** The page knew everything before: what was applied now is all that is new.
   * @param {import("../sync/outbox.js").Result[]} results @param {Edit[]} edits
   * @returns {Logged[]} */
  #asLog(results, edits) {
    const revisions = new Map(results.map(({ id, revision }) => [id, revision]));
    const inverses = new Map(this.#entries.map(({ id, inverse }) => [id, inverse]));
    const created_at = new Date().toISOString();
    return edits.map(({ id, kind, changes, undoes }) => ({
      ...{ id, kind, changes, undoes, created_at, user_id: this.me.id, author: this.me.name },
      revision: revisions.get(id) ?? 0,
      inverse: inverses.get(id) ?? [],
    }));
  }
}
