// The server's side of an upload, as the browser sees it.

/** The server answered, and this is its sentence. */
export class Refused extends Error {
  /** @param {number} status @param {{message?: string, offset?: number}} answer */
  constructor(status, answer) {
    super(answer.message ?? "The server could not take this file. Try it again.");
    this.status = status;
    this.offset = answer.offset;
  }
}

/** No answer came: the network or the server is away for the moment. */
export class Unreachable extends Error {}

const STALLED_MS = 30_000;

/** One request; `onSent` hears how many bytes of the body have left.
 * @param {{url: URL, method: string, token: string, body?: Blob | string | null,
 *   signal: AbortSignal, onSent?: (bytes: number) => void}} what
 * @returns {Promise<any>} */
export function ask({ url, method, token, body = null, signal, onSent }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch cannot say how much of a body has left
    const stop = () => request.abort();
    let watch = 0; // a network that went away silently would otherwise hold the chunk for minutes
    const alive = () => {
      window.clearTimeout(watch);
      if (onSent) watch = window.setTimeout(stop, STALLED_MS);
    };
    signal.addEventListener("abort", stop, { once: true });
    request.open(method, url);
    request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (event) => {
      alive();
      onSent?.(event.loaded);
    };
    request.onloadend = () => {
      window.clearTimeout(watch);
      signal.removeEventListener("abort", stop);
      if (signal.aborted) return reject(signal.reason);
      const answer = parsed(request.responseText);
      if (request.status === 0 || answer === null || request.status >= 502 && request.status <= 504) {
        return reject(new Unreachable());
      }
      if (request.status >= 400) return reject(new Refused(request.status, answer));
      return resolve(answer);
    };
    if (signal.aborted) return reject(signal.reason);
    alive();
    return request.send(body);
  });
}

/** @param {string} text @returns {any} null where the answer is not ours */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
