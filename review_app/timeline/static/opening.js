// From ids and a token to a desk: what has to be known before anything can be shown.
import { Api } from "./sync/api.js";
import { Desk } from "./desk.js";
import { button, h } from "./dom.js";
import { News } from "./sync/news.js";
import { newId } from "./ids.js";
import { Recording } from "./sync/recording.js";

/** What /timeline answers. @typedef {{video: {id: number, sha256: string, name: string,
 *   width: number, height: number}, classes: import("./panel/panel.js").ActionClass[],
 *   tiers: {id: number, name: string, overlaps: boolean}[],
 *   layers: import("./labels/layers.js").StoredLayer[], user: import("./sync/recording.js").User,
 *   locks: import("./sync/recording.js").Lock[], preferences: Record<string, any>,
 *   run: import("./labels/proposed.js").Run | null, people: {id: number}[],
 *   runs: import("./timeline/other_models.js").RunName[]}} Answer */

export class Opening {
  /** @type {Desk | null} */ desk = null;
  /** @type {News | null} */ news = null;
  #closed = false;

  /** @param {{element: HTMLElement, base: URL, data: import("./desk.js").Data,
   *   notify: (what: "signed_out" | "job_started") => void}} parts */
  constructor({ element, base, data, notify }) {
    this.element = element;
    this.data = data;
    this.notify = notify;
    this.api = new Api({ base, token: data.token });
    this.api.onSignedOut = () => notify("signed_out");
    window.addEventListener("beforeunload", this.#warn);
    void this.#open();
  }

  async #open() {
    this.element.replaceChildren(h("p", { class: "waiting" }, "Opening the recording…"));
    delete this.element.dataset.ready;
    try {
      const video = `videos/${this.data.video_id}`;
      /** @type {[Answer, Float64Array]} */
      const [answer, times] = await Promise.all([
        this.api.json(`${video}/timeline`, { model: this.data.model_id }),
        this.api.float64(`${video}/times`),
      ]);
      if (this.#closed) return;
      const recording = this.#recordingOf(answer);
      const { element, api, data, notify } = this;
      this.desk = new Desk({ element, api, data, answer, times, recording, notify });
      element.dataset.ready = "true";
    } catch (error) {
      if (this.#closed) return;
      const press = { label: "Try again", class: "wide", onPress: () => this.#open() };
      const sentence = h("span", {}, /** @type {Error} */ (error).message);
      const again = button(press, "Try again");
      this.element.replaceChildren(h("p", { class: "waiting" }, sentence, again));
    }
  }

  /** @param {Answer} answer */
  #recordingOf({ video, user, layers, locks }) {
    const { api } = this;
    const storage = window.localStorage;
    const recording = new Recording({ api, storage, newId, video, user, layers, locks });
    this.news?.close();
    this.news = new News({
      scope: recording.scope,
      ask: () => recording.ask(),
      onWake: () => recording.wake(),
    });
    recording.onDelivered = () => this.news?.tell();
    return recording;
  }

  /** Only what the browser does not keep would be lost with the page. @param {Event} event */
  #warn = (event) => {
    if (this.desk?.recording.saving.unkept) event.preventDefault();
  };

  /** @param {import("./desk.js").Data} data */
  update(data) {
    this.data = data;
    this.api.token = data.token;
    this.desk?.update(data);
  }

  close() {
    this.#closed = true;
    window.removeEventListener("beforeunload", this.#warn);
    this.news?.close();
    this.desk?.destroy();
  }
}
