// Edits on their way to the server. Each is in memory, where only the server's answer to this page
// takes it away, and under a key of its own in the browser's storage, from where the next page
// takes what this one could not deliver. Two pages may send the same edit: the server applies it
// once and tells both. A lost network, a restarted server or a closed tab only makes edits later.
import { target } from "../labels/state.js";

/** @typedef {import("../labels/state.js").Edit} Edit */
/** @typedef {{id: string, status: "applied" | "duplicate" | "refused", revision: number,
 *   message: string}} Result */
/** `log`: the edits since what the page that asked knew, or `state`: the whole layer; neither where
 * that page knows all of it.
 * @typedef {{results: Result[], revision: number, log?: import("../labels/history.js").Logged[],
 *   state?: import("../labels/state.js").Stored}} Answer */
/** saved: nothing waits. saving: on its way. offline: the server did not answer and will be asked
 * again. blocked: the server answered, but did not take the edits. `unkept`: how many of the
 * waiting are only in this page, because the browser keeps nothing.
 * @typedef {{status: "saved" | "saving" | "offline" | "blocked", waiting: number, unkept: number,
 *   message: string}} OutboxState */
/** @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">} Keeper */
/** Which labels: the annotation, its recording and that recording's name for people.
 * @typedef {{scope: string, video: number, name: string}} About */
/** @typedef {{key: string, edit: Edit, kept: boolean}} Entry */

export const PREFIX = "rehab-review/outbox/";
const BATCH = 50;
const FIRST_DELAY_MS = 400;
const LONGEST_DELAY_MS = 8000;
const TOO_LARGE = 413;
const NOT_UNDERSTOOD = 422;
const SERVER_FAILED = 500;

export class Outbox {
  /** @type {Map<string, Entry>} by edit, oldest first */ #waiting = new Map();
  /** @type {Map<string, number>} how often the server failed on an edit */ #failures = new Map();
  #lastOrder = 0;
  #sending = false;
  #stopped = false;
  #delay = FIRST_DELAY_MS;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;

  /**
   * @param {{storage: Keeper, about: About, since: () => number,
   *   send: (edits: Edit[], since: number) => Promise<Answer>}} parts
   *   `since`: the revision of the layer as this page knows it. `send` rejects with a `status` when
   *   the server answered and without one when it did not.
   */
  constructor({ storage, about, since, send }) {
    this.storage = storage;
    this.about = about;
    this.prefix = `${PREFIX}${about.scope}/`;
    this.since = since;
    this.send = send;
    /** @type {(answer: Answer, edits: Edit[]) => void} with the edits it is about */
    this.onAnswer = () => {};
    this.onDelivered = () => {};
    /** @type {(edits: Edit[]) => void} */ this.onFound = () => {};
    /** @type {(state: OutboxState) => void} */ this.onState = () => {};
    this.#find();
    this.state = this.#stateNow(this.#waiting.size ? "saving" : "saved");
  }

  /** Edits not yet acknowledged, oldest first. @returns {Edit[]} */
  pending() {
    return [...this.#waiting.values()].map(({ edit }) => edit);
  }

  /** @param {Edit} edit */
  add(edit) {
    this.#lastOrder = Math.max(this.#lastOrder + 1, Date.now());
    const key = `${this.prefix}${String(this.#lastOrder).padStart(15, "0")}-${edit.id}`;
    const { video, name } = this.about;
    let kept = true;
    try {
      this.storage.setItem(key, JSON.stringify({ edit, video, name }));
    } catch {
      kept = false; // the browser's storage is full or switched off
    }
    this.#waiting.set(edit.id, { key, edit, kept });
    this.#report(this.state.status === "saved" ? "saving" : this.state.status);
    if (!this.#timer) void this.flush();
  }

  /** What pages closed before left in the storage; new to this one. @returns {Edit[]} */
  #find() {
    const found = stored(this.storage, this.prefix).filter(
      ({ edit }) => !this.#waiting.has(edit.id),
    );
    for (const { key, edit } of found) {
      this.#waiting.set(edit.id, { key, edit, kept: true });
      const order = Number(key.slice(this.prefix.length).split("-")[0]);
      if (Number.isSafeInteger(order)) this.#lastOrder = Math.max(this.#lastOrder, order);
    }
    return found.map(({ edit }) => edit);
  }

  /** Sends what waits; resolves when nothing does or the server did not take it. */
  async flush() {
    if (this.#sending || this.#stopped) return;
    this.#sending = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    /** @type {Entry[]} */
    let batch = [];
    try {
      while (this.#waiting.size) {
        batch = this.#next();
        if (this.#delay === FIRST_DELAY_MS) this.#report("saving");
        await this.#deliver(batch);
      }
      this.#failures.clear();
      this.#report("saved");
    } catch (error) {
      const { status, message } = /** @type {{status?: number, message: string}} */ (error);
      const failed = status === TOO_LARGE || status === NOT_UNDERSTOOD;
      if (failed || (status ?? 0) >= SERVER_FAILED) this.#suspect(batch);
      const report = status === undefined ? "offline" : "blocked";
      this.#report(this.#waiting.size ? report : "saved", status === undefined ? "" : message);
      if (!this.#stopped && this.#waiting.size) {
        this.#timer = setTimeout(() => this.flush(), this.#delay);
        this.#delay = Math.min(LONGEST_DELAY_MS, this.#delay * 2);
      }
    } finally {
      this.#sending = false;
    }
  }

  /** @param {Entry[]} batch */
  async #deliver(batch) {
    const answer = await this.send(
      batch.map(({ edit }) => edit),
      this.since(),
    );
    const settled = new Set(answer.results.map(({ id }) => id));
    const delivered = batch.filter(({ edit }) => settled.has(edit.id));
    if (delivered.length < batch.length) {
      throw new Error("The server did not say what became of the edits.");
    }
    for (const { key, edit, kept } of delivered) {
      if (kept) this.storage.removeItem(key);
      this.#waiting.delete(edit.id);
    }
    this.#delay = FIRST_DELAY_MS;
    this.onAnswer(
      answer,
      batch.map(({ edit }) => edit),
    );
    this.onDelivered();
  }

  /** All in their order; but once the server has failed on one of them, singly, so that it holds
   * up only those that build on it. @returns {Entry[]} */
  #next() {
    const entries = [...this.#waiting.values()];
    if (!this.#failures.size) return entries.slice(0, BATCH);
    const free = entries.filter(
      ({ edit }, n) => !entries.slice(0, n).some((earlier) => touchSame(earlier.edit, edit)),
    );
    const failures = (/** @type {Entry} */ { edit }) => this.#failures.get(edit.id) ?? 0;
    return free.sort((a, b) => failures(a) - failures(b)).slice(0, 1);
  }

  /** @param {Entry[]} batch */
  #suspect(batch) {
    for (const { edit } of batch) {
      this.#failures.set(edit.id, (this.#failures.get(edit.id) ?? 0) + 1);
    }
  }

  /** Try again now: the network is back, or the page has a new token. */
  retry() {
    this.#delay = FIRST_DELAY_MS;
    return this.flush();
  }

  /** Sends what waits, also what closed pages left. */
  wake() {
    const found = this.#find();
    if (found.length) this.onFound(found);
    return this.#waiting.size ? this.retry() : Promise.resolve();
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** @param {OutboxState["status"]} status @param {string} [message] */
  #report(status, message = "") {
    this.state = this.#stateNow(status, message);
    this.onState(this.state);
  }

  /** @param {OutboxState["status"]} status @param {string} [message] @returns {OutboxState} */
  #stateNow(status, message = "") {
    const unkept = [...this.#waiting.values()].filter(({ kept }) => !kept).length;
    return { status, waiting: this.#waiting.size, unkept, message };
  }
}

/** Every readable entry whose key begins so, oldest first.
 * @param {Keeper} storage @param {string} prefix
 * @returns {{key: string, edit: Edit, video: number, name: string}[]} */
export function stored(storage, prefix) {
  const keys = Array.from({ length: storage.length }, (_, n) => storage.key(n) ?? "");
  return keys
    .filter((key) => key.startsWith(prefix))
    .sort()
    .map((key) => ({ key, ...parsed(storage.getItem(key)) }))
    .filter((entry) => entry.edit?.id && Array.isArray(entry.edit.changes));
}

/** @param {string | null} text */
function parsed(text) {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return null; // written by something else: never sent, never removed
  }
}

/** Whether one builds on the other; edits of different things merge in any order.
 * @param {Edit} first @param {Edit} second */
function touchSame(first, second) {
  const targets = new Set(first.changes.map(target));
  return second.changes.some((change) => targets.has(target(change)));
}
