// How one person wants the page, kept by the server: the newest value of each name is sent a
// moment after it was set. Losing one costs nothing but choosing again.

const QUIET_MS = 400;

export class Preferences {
  /** @type {Map<string, ReturnType<typeof setTimeout>>} */ #timers = new Map();

  /** @param {{api: import("./api.js").Api, known: Record<string, any>}} parts */
  constructor({ api, known }) {
    this.api = api;
    this.known = { ...known };
  }

  /** @param {string} name @returns {any} undefined where it was never set */
  get(name) {
    return this.known[name];
  }

  /** @param {string} name @param {unknown} value JSON */
  set(name, value) {
    this.known[name] = value;
    clearTimeout(this.#timers.get(name));
    const send = () => this.api.put(`preferences/${name}`, { value }).catch(() => {});
    this.#timers.set(name, setTimeout(send, QUIET_MS));
  }
}
