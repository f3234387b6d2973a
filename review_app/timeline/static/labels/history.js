// What can be taken back, worked out from the log of edits. Nothing of it is kept by the page, so
// undo and redo survive a reload and reach as far as the log. Pure.
import { applyAll, sameEffect, stands, target } from "./state.js";

/** @typedef {import("./state.js").Change} Change */
/** @typedef {import("./state.js").State} State */
/** An edit and what takes it back. @typedef {{id: string, kind: string, changes: Change[],
 *   inverse: Change[], undoes: string | null}} Entry */
/** The same as the server tells it. @typedef {Entry & {revision: number, user_id?: number,
 *   author?: string | null, created_at?: string}} Logged */
/** @typedef {{done: Entry[], undone: Entry[]}} Stacks the newest last */

const UNDO = "undo ";
const REDO = "redo ";

/** What an edit was about: "undo add" and "redo add" are about "add". @param {string} kind */
export const about = (kind) => kind.replace(/^(undo|redo) /, "");

/** Undo and redo are one mechanism: an entry taken from one stack goes back, inverted, on the
 * other. Any other edit, also one that takes an older one back, goes on top and empties the second.
 * @param {Stacks} stacks changed in place @param {Entry} entry */
function record(stacks, entry) {
  const { kind, undoes } = entry;
  const goesBack = undoes !== null && kind.startsWith(UNDO);
  const goesOn = undoes !== null && kind.startsWith(REDO);
  if (goesBack) move(stacks.done, stacks.undone, entry);
  else if (goesOn) move(stacks.undone, stacks.done, entry);
  else {
    stacks.done.push(entry);
    stacks.undone.length = 0;
  }
}

/** @param {Entry[]} from @param {Entry[]} to @param {Entry} entry */
function move(from, to, entry) {
  let at = from.length - 1;
  while (at >= 0 && from[at].id !== entry.undoes) at -= 1;
  if (at >= 0) from.splice(at, 1); // otherwise it is older than what is known of the log
  to.push(entry);
}

/** @param {Iterable<Entry>} entries oldest first @param {Stacks} [after] those of earlier entries
 * @returns {Stacks} */
export function stacks(entries, after = { done: [], undone: [] }) {
  const found = { done: [...after.done], undone: [...after.undone] };
  for (const entry of entries) record(found, entry);
  return found;
}

/** Whether all that an edit made is still so; then its inverse takes it back.
 * @param {State} state @param {Entry} entry */
export const takeable = (state, entry) => entry.changes.every((change) => stands(state, change));

/** What the next undo, or redo, takes back: the newest of a stack that nothing later has touched.
 * @param {State} state @param {Entry[]} stack @returns {Entry | null} */
export function nextOf(state, stack) {
  for (let n = stack.length - 1; n >= 0; n -= 1) if (takeable(state, stack[n])) return stack[n];
  return null;
}

/** One edit that makes everything as it was before `later`; comments stay.
 * @param {State} state as it is now @param {Entry[]} later every edit since then, oldest first
 * @returns {{kind: string, changes: Change[]} | null} null where nothing would change */
export function backTo(state, later) {
  const labels = (/** @type {Change} */ { op }) => op !== "say" && op !== "unsay";
  const inverses = [...later]
    .reverse()
    .map(({ id, inverse }) => ({ id, changes: inverse.filter(labels) }));
  const then = applyAll(state, inverses);
  const targets = new Set(inverses.flatMap(({ changes }) => changes.map(target)));
  const changes = [...targets].flatMap((id) => differenceAt(id, state, then) ?? []);
  return changes.length ? { kind: "restore", changes } : null;
}

/** @param {string} id of a segment, or "finished" @param {State} now @param {State} then
 * @returns {Change | null} what makes it as it was */
function differenceAt(id, now, then) {
  const [here, there] = [asChange(id, now), asChange(id, then)];
  return sameEffect(here, there) || (here.op === "remove" && there.op === "remove") ? null : there;
}

/** @param {string} id @param {State} state @returns {Change} */
function asChange(id, state) {
  if (id === "finished") return { op: "finish", spans: state.finished };
  const segment = state.segments.get(id);
  if (!segment) return { op: "remove", segment_id: id };
  const { last_edit, ...plain } = segment;
  return { op: "put", segment: plain };
}

/** The known end of a layer's log, without gaps, growing at both ends. */
export class Log {
  /** @type {Logged[]} oldest first, one revision after the other */ entries = [];
  /** @type {Stacks} of one's own entries */ #stacks = { done: [], undone: [] };

  /** @param {{revision: number, log: Logged[], mine?: (entry: Logged) => boolean}} parts
   * `log`: the newest entries up to `revision`; `mine`: those that undo takes back */
  constructor({ revision, log, mine = () => true }) {
    this.mine = mine;
    this.revision = revision;
    this.#replace(log);
  }

  /** Whether there are older entries than those known. */
  get more() {
    return this.oldest > 1;
  }

  /** The revision of the oldest known entry; those before it may be asked for. */
  get oldest() {
    return this.entries[0]?.revision ?? this.revision + 1;
  }

  /** Whether entries older than the known ones say what can be done again: there is no edit among
   * the known ones that emptied that stack. */
  get undoneMayBeOlder() {
    const goes = (/** @type {Logged} */ { kind }) => kind.startsWith(UNDO) || kind.startsWith(REDO);
    return this.more && this.entries.filter(this.mine).every(goes);
  }

  /** New entries, in order. @param {Logged[]} entries each one revision after the last */
  add(entries) {
    if (!entries.length) return;
    this.entries.push(...entries);
    this.revision = entries[entries.length - 1].revision;
    this.#stacks = stacks(entries.filter(this.mine), this.#stacks);
  }

  /** Older entries, which end where the known ones begin. @param {Logged[]} older */
  addOlder(older) {
    if (older.at(-1)?.revision === this.oldest - 1) this.#replace([...older, ...this.entries]);
  }

  /** The layer is at another revision, and what led there is not known.
   * @param {number} revision */
  forget(revision) {
    this.revision = revision;
    this.#replace([]);
  }

  /** With what is on its way to the server on top. @param {Entry[]} pending @returns {Stacks} */
  stacks(pending) {
    return stacks(pending, this.#stacks);
  }

  /** @param {Logged[]} entries */
  #replace(entries) {
    this.entries = entries;
    this.#stacks = stacks(entries.filter(this.mine));
  }
}
