// The server, as the desk sees it: JSON and bytes under /api with the page's signed token.

/** The server answered, and this is its sentence. */
export class ApiError extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const TIMEOUT_MS = 15000;

export class Api {
  /** @param {{base: URL, token: string}} place `base` ends in api/ */
  constructor({ base, token }) {
    this.base = base;
    this.token = token;
    /** Called when the token has run out. */
    this.onSignedOut = () => {};
  }

  /** An address for an element's src, which cannot carry a header.
   * @param {string} path @param {Record<string, string | number | null>} [query] */
  url(path, query = {}) {
    const url = new URL(path, this.base);
    for (const [name, value] of Object.entries(query)) {
      if (value !== null) url.searchParams.set(name, String(value));
    }
    url.searchParams.set("token", this.token);
    return url.href;
  }

  /** @param {string} path @param {Record<string, string | number | null>} [query] */
  async json(path, query) {
    return (await this.#fetch(this.url(path, query))).json();
  }

  /** @param {string} path @returns {Promise<Float64Array>} */
  float64(path) {
    return this.numbers(path, Float64Array);
  }

  /** A file of plain numbers. @template {Float32Array | Float64Array} Numbers
   * @param {string} path @param {{new (length: number): Numbers, BYTES_PER_ELEMENT: number}} Kind
   * @param {Record<string, string | number | null>} [query] @returns {Promise<Numbers>} */
  async numbers(path, Kind, query) {
    const bytes = new DataView(await (await this.#fetch(this.url(path, query))).arrayBuffer());
    const size = Kind.BYTES_PER_ELEMENT;
    const found = new Kind(bytes.byteLength / size);
    for (let n = 0; n < found.length; n += 1) {
      // The file is little-endian whatever the machine is.
      found[n] = size === 8 ? bytes.getFloat64(8 * n, true) : bytes.getFloat32(4 * n, true);
    }
    return found;
  }

  /** @param {string} path @param {unknown} body */
  post(path, body) {
    return this.#send("POST", path, body);
  }

  /** @param {string} path @param {unknown} body @param {{keepalive?: boolean}} [how] keepalive:
   * also when the page is closed meanwhile */
  put(path, body, how = {}) {
    return this.#send("PUT", path, body, how);
  }

  /** @param {string} path */
  delete(path) {
    return this.#send("DELETE", path, {});
  }

  /** @param {string} method @param {string} path @param {unknown} body @param {RequestInit} [how] */
  async #send(method, path, body, how = {}) {
    const headers = { "Content-Type": "application/json" };
    const init = { ...how, method, headers, body: JSON.stringify(body) };
    return (await this.#fetch(this.url(path), init)).json();
  }

  /** @param {string} url @param {RequestInit} [init] */
  async #fetch(url, init) {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (response.ok) return response;
    if (response.status === 401) this.onSignedOut();
    const sentence = await response
      .json()
      .then((/** @type {{message?: string}} */ answer) => answer.message)
      .catch(() => undefined);
    throw new ApiError(
      response.status,
      sentence ?? `The server answered with an error (${response.status}). Try again in a moment.`,
    );
  }
}
