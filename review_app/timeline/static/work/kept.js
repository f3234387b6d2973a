// Something the server shall have, kept in the browser until it has answered: under one key, the
// newest counts. Used for what may be sent again without harm.

/** @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">} Keeper */

const GIVE_UP = [400, 403, 404, 409, 413, 422]; // it will not be taken later either

export class Kept {
  /** @type {string | null} */ #text = null;
  #sending = false;

  /** @param {{storage: Keeper, key: string}} parts */
  constructor({ storage, key }) {
    this.storage = storage;
    this.key = key;
  }

  /** @returns {any} what is kept there; null: nothing */
  read() {
    try {
      return JSON.parse(this.#text ?? this.storage.getItem(this.key) ?? "null");
    } catch {
      return null; // written by something else, or the storage is switched off
    }
  }

  /** @param {unknown} value JSON */
  keep(value) {
    this.#text = JSON.stringify(value);
    try {
      this.storage.setItem(this.key, this.#text);
    } catch {
      // It is full or switched off: then only this page has it.
    }
  }

  forget() {
    this.#text = null;
    try {
      this.storage.removeItem(this.key);
    } catch {
      // It is switched off.
    }
  }

  /** Sends what is kept, and forgets it when the server has it or never will.
   * @template Answer @param {(value: any) => Promise<Answer>} send rejects with a `status` when the
   * server answered
   * @returns {Promise<Answer | null>} null: nothing was sent, or it was not taken */
  async send(send) {
    const value = this.read();
    if (value === null || this.#sending) return null;
    const text = JSON.stringify(value);
    this.#sending = true;
    try {
      const answer = await send(value);
      if (JSON.stringify(this.read()) === text) this.forget();
      return answer;
    } catch (error) {
      const { status } = /** @type {{status?: number}} */ (error);
      if (status !== undefined && GIVE_UP.includes(status)) this.forget();
      return null;
    } finally {
      this.#sending = false;
    }
  }
}

/** Keys of this browser's storage that begin so. @param {Keeper} storage @param {string} prefix */
export function keysWith(storage, prefix) {
  try {
    const keys = Array.from({ length: storage.length }, (_, n) => storage.key(n) ?? "");
    return keys.filter((key) => key.startsWith(prefix)).sort();
  } catch {
    return [];
  }
}
