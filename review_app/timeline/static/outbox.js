// Edits on their way to the server. Each is kept in the browser, under a key of its own so that
// two tabs never overwrite each other, until the server says what became of it. A lost network,
// a restarted server, a reload or a closed tab only makes them later.

/** @typedef {import("./operations.js").Edit} Edit */
/** @typedef {{id: string, status: "applied" | "duplicate" | "refused", revision: number,
 *   message: string}} Result */
/** @typedef {{results: Result[], revision: number,
 *   state?: import("./annotation.js").Stored}} Answer */
/** saved: nothing waits. saving: on its way. offline: the server did not answer and will be asked
 * again. blocked: the server answered, but takes no edits from this page.
 * @typedef {{status: "saved" | "saving" | "offline" | "blocked", waiting: number,
 *   message: string}} OutboxState */
/** @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">} Keeper */

const PREFIX = "rehab-review/outbox/";
const BATCH = 50;
const FIRST_DELAY_MS = 400;
const LONGEST_DELAY_MS = 8000;

export class Outbox {
  /** @type {{key: string, edit: Edit}[]} */ #unkept = [];
  #counter = 0;
  #sending = false;
  #stopped = false;
  #delay = FIRST_DELAY_MS;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;
  /** @type {OutboxState} */ state = { status: "saved", waiting: 0, message: "" };

  /**
   * @param {{storage: Keeper, scope: string, send: (edits: Edit[]) => Promise<Answer>,
   *   onAnswer?: (answer: Answer) => void, onState?: (state: OutboxState) => void}} parts
   *   `scope` names the annotation; `send` rejects with a `status` when the server answered and
   *   without one when it did not.
   */
  constructor({ storage, scope, send, onAnswer = () => {}, onState = () => {} }) {
    this.storage = storage;
    this.prefix = `${PREFIX}${scope}/`;
    this.send = send;
    this.onAnswer = onAnswer;
    this.onState = onState;
  }

  /** Edits not yet acknowledged, oldest first. @returns {Edit[]} */
  pending() {
    return this.#entries().map(({ edit }) => edit);
  }

  /** @param {Edit} edit */
  add(edit) {
    this.#counter += 1;
    const order = `${String(Date.now()).padStart(15, "0")}-${String(this.#counter).padStart(6, "0")}`;
    const key = `${this.prefix}${order}-${edit.id}`;
    try {
      this.storage.setItem(key, JSON.stringify(edit));
    } catch {
      this.#unkept.push({ key, edit }); // the browser's storage is full or switched off
    }
    this.#report(this.state.status === "saved" ? "saving" : this.state.status);
    if (!this.#timer) void this.flush();
  }

  /** Sends what waits; resolves when nothing does or the server did not take it. */
  async flush() {
    if (this.#sending || this.#stopped) return;
    this.#sending = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    try {
      for (let entries = this.#entries(); entries.length; entries = this.#entries()) {
        if (this.#delay === FIRST_DELAY_MS) this.#report("saving");
        const batch = entries.slice(0, BATCH);
        const answer = await this.send(batch.map(({ edit }) => edit));
        const settled = new Set(answer.results.map(({ id }) => id));
        if (!batch.some(({ edit }) => settled.has(edit.id))) {
          throw new Error("The server did not say what became of the edits.");
        }
        for (const { key, edit } of batch) if (settled.has(edit.id)) this.#drop(key);
        this.#delay = FIRST_DELAY_MS;
        this.onAnswer(answer);
      }
      this.#report("saved");
    } catch (error) {
      const { status, message } = /** @type {{status?: number, message: string}} */ (error);
      const answered = status !== undefined && status < 500;
      this.#report(answered ? "blocked" : "offline", answered ? message : "");
      if (!this.#stopped) this.#timer = setTimeout(() => this.flush(), this.#delay);
      this.#delay = Math.min(LONGEST_DELAY_MS, this.#delay * 2);
    } finally {
      this.#sending = false;
    }
  }

  /** Try again now: the network is back, or the page has a new token. */
  retry() {
    this.#delay = FIRST_DELAY_MS;
    return this.flush();
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** @returns {{key: string, edit: Edit}[]} */
  #entries() {
    const keys = Array.from({ length: this.storage.length }, (_, n) => this.storage.key(n));
    const kept = keys
      .filter((key) => key?.startsWith(this.prefix))
      .map((key) => ({ key: String(key), text: this.storage.getItem(String(key)) }))
      .filter(({ text }) => text !== null)
      .map(({ key, text }) => ({ key, edit: JSON.parse(String(text)) }));
    return [...kept, ...this.#unkept].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** @param {string} key */
  #drop(key) {
    this.storage.removeItem(key);
    this.#unkept = this.#unkept.filter((entry) => entry.key !== key);
  }

  /** @param {OutboxState["status"]} status @param {string} [message] */
  #report(status, message = "") {
    this.state = { status, waiting: this.#entries().length, message };
    this.onState(this.state);
  }
}
