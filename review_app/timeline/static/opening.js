// From ids and a token to a desk: what has to be known before anything can be shown.
import { Api } from "./sync/api.js";
import { Desk } from "./desk.js";
import { button, h } from "./dom.js";
import { News } from "./sync/news.js";
import { Outbox } from "./sync/outbox.js";

/** @typedef {import("./desk.js").Answer} Answer */

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
      const outbox = this.#outboxFor(answer);
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
    const scope = `${video.sha256.slice(0, 16)}/${annotation.id}`;
    const outbox = new Outbox({
      storage: window.localStorage,
      about: { scope, video: video.id, name: video.name },
      revision: annotation.revision,
      send: (edits, since) => this.api.post(`annotations/${annotation.id}/edits`, { edits, since }),
    });
    this.news?.close();
    if (this.data.can_edit) this.news = new News({ scope, onNews: () => outbox.ask() });
    outbox.onDelivered = () => this.news?.tell();
    return outbox;
  }

  /** Only what the browser does not keep would be lost with the page. @param {Event} event */
  #warn = (event) => {
    if (this.desk?.annotation.outbox.state.unkept) event.preventDefault();
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
