// When the server is asked what is new: once a second while the page is seen, and at once when
// another page of this browser has saved something, the person comes back or the network does.

const EVERY_MS = 1000;
const LONGEST_MS = 8000; // between two attempts while the server does not answer

export class News {
  #asking = false;
  #again = false;
  #closed = false;
  #delay = EVERY_MS;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;

  /** @param {{scope: string, ask: () => Promise<void>, onWake: () => void}} parts `scope` names the
   * recording; `ask` rejects when the server does not answer; `onWake`: there may be more to do
   * than to ask */
  constructor({ scope, ask, onWake }) {
    this.ask = ask;
    this.onWake = onWake;
    this.channel = new BroadcastChannel(`rehab-review/${scope}`);
    this.channel.addEventListener("message", this.#wake);
    window.addEventListener("online", this.#wake);
    window.addEventListener("focus", this.#wake);
    document.addEventListener("visibilitychange", this.#seen);
    this.#timer = setTimeout(this.#poll, EVERY_MS);
  }

  /** Other pages on the same recording should look. */
  tell() {
    if (!this.#closed) this.channel.postMessage("saved");
  }

  #seen = () => {
    if (document.visibilityState === "visible") this.#wake();
  };

  #wake = () => {
    this.onWake();
    this.#delay = EVERY_MS;
    void this.#poll();
  };

  #poll = async () => {
    clearTimeout(this.#timer);
    if (this.#asking) {
      this.#again = true;
      return;
    }
    this.#asking = true;
    try {
      do {
        this.#again = false;
        await this.ask();
      } while (this.#again && !this.#closed);
      this.#delay = EVERY_MS;
    } catch {
      this.#delay = Math.min(LONGEST_MS, this.#delay * 2);
    }
    this.#asking = false;
    const seen = document.visibilityState === "visible";
    if (seen && !this.#closed) this.#timer = setTimeout(this.#poll, this.#delay);
  };

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.channel.close();
    window.removeEventListener("online", this.#wake);
    window.removeEventListener("focus", this.#wake);
    document.removeEventListener("visibilitychange", this.#seen);
  }
}
