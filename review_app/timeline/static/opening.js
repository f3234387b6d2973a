// From ids and a token to a desk: what has to be known before anything can be shown.
import { Api } from "./api.js";
import { Desk } from "./desk.js";
import { button, h } from "./dom.js";
import { Outbox } from "./outbox.js";

/** @typedef {import("./desk.js").Answer} Answer */

export class Opening {
  /** @type {Desk | null} */ desk = null;
  #closed = false;

  /** @param {{element: HTMLElement, base: URL, data: import("./desk.js").Data,
   *   notify: (what: "signed_out" | "job_started") => void}} parts */
  constructor({ element, base, data, notify }) {
    this.element = element;
    this.data = data;
    this.notify = notify;
    this.api = new Api({ base, token: data.token });
    this.api.onSignedOut = () => notify("signed_out");
    void this.#open();
  }

  async #open() {
    this.element.replaceChildren(h("p", { class: "waiting" }, "Opening the recording…"));
    delete this.element.dataset.ready;
    try {
      const video = `videos/${this.data.video_id}`;
      const query = { model: this.data.model_id };
      /** @type {[Answer, Float64Array]} */
      let [answer, times] = await Promise.all([
        this.api.json(`${video}/timeline`, query),
        this.api.float64(`${video}/times`),
      ]);
      const outbox = this.#outboxFor(answer);
      if (outbox.pending().length) {
        await outbox.flush(); // what an earlier page could not deliver
        answer = await this.api.json(`${video}/timeline`, query);
      }
      if (this.#closed) return outbox.stop();
      const { element, api, data, notify } = this;
      this.desk = new Desk({ element, api, data, answer, times, outbox, notify });
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
  #outboxFor({ annotation, video }) {
    return new Outbox({
      storage: window.localStorage,
      scope: `${video.sha256.slice(0, 16)}/${annotation.id}`,
      send: (edits) => this.api.post(`annotations/${annotation.id}/edits`, { edits }),
    });
  }

  /** @param {import("./desk.js").Data} data */
  update(data) {
    this.data = data;
    this.api.token = data.token;
    this.desk?.update(data);
  }

  close() {
    this.#closed = true;
    this.desk?.destroy();
  }
}
