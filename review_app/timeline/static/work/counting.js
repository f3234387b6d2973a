// Counts what labelling costs while the desk is open, and keeps the totals with the server. Nothing
// of it leaves the machine that the server runs on.
import { Made, Sitting, effortWords } from "./effort.js";
import { Kept, keysWith } from "./kept.js";

const SEND_MS = 10_000;
const INPUTS = ["keydown", "pointerdown", "pointermove", "wheel"];

export class Counting {
  /** @type {Sitting} */ sitting;
  #sent = "";

  /** @param {{desk: import("../desk.js").Desk, mode: () => import("./effort.js").Mode}} parts */
  constructor({ desk, mode }) {
    this.desk = desk;
    this.mode = mode;
    const { recording } = desk;
    this.prefix = `rehab-review/sitting/${recording.scope}/${recording.user.id}/`;
    this.sitting = this.#begin();
    for (const name of INPUTS) document.addEventListener(name, this.#input, { capture: true });
    document.addEventListener("visibilitychange", this.#visible);
    desk.element.addEventListener("pointerdown", this.#pointer, { capture: true });
    this.timer = setInterval(() => void this.send(), SEND_MS);
    void this.#sendOld();
  }

  stop() {
    for (const name of INPUTS) document.removeEventListener(name, this.#input, { capture: true });
    document.removeEventListener("visibilitychange", this.#visible);
    this.desk.element.removeEventListener("pointerdown", this.#pointer, { capture: true });
    clearInterval(this.timer);
  }

  #begin() {
    const { annotation, recording } = this.desk;
    const { segments } = annotation.state;
    const made = new Made({ before: segments.keys(), edits: annotation.outbox.pending() });
    const id = recording.newId();
    const layerId = recording.layers.workedOnId;
    return new Sitting({ id, layerId, mode: this.mode(), beganAt: new Date(), made });
  }

  #input = () => this.sitting.time.input(performance.now());

  #visible = () => {
    this.sitting.time.show(document.visibilityState === "visible", performance.now());
  };

  /** Buttons say themselves what they do. @param {Event} event */
  #pointer = (event) => {
    const [pressed] = event.composedPath();
    if (!(pressed instanceof Element && pressed.closest("button"))) this.did("mouse");
  };

  /** @param {string} command */
  did(command) {
    this.sitting.did(command, performance.now());
  }

  /** Labels may have come or gone, or what is seen of the proposals. */
  refresh() {
    const { annotation, recording } = this.desk;
    const { layerId, mode, made } = this.sitting;
    const same = layerId === recording.layers.workedOnId;
    if (same) made.take(annotation.outbox.pending());
    if (same && mode === this.mode()) return;
    void this.send();
    this.sitting = this.#begin();
  }

  /** The running totals, when there is anything new. @param {{keepalive?: boolean}} [how] */
  async send(how = {}) {
    const { sitting, desk } = this;
    const totals = sitting.totals(performance.now());
    const text = sitting.id + JSON.stringify(totals);
    if (!desk.canEdit || !sitting.done || text === this.#sent) return;
    const kept = new Kept({ storage: desk.recording.storage, key: this.prefix + sitting.id });
    kept.keep(totals);
    const answer = await kept.send((value) => desk.api.put(`sittings/${sitting.id}`, value, how));
    if (answer) this.#sent = text;
  }

  /** What pages closed before could not deliver. */
  async #sendOld() {
    const { api, recording } = this.desk;
    for (const key of keysWith(recording.storage, this.prefix)) {
      const id = key.slice(this.prefix.length);
      const kept = new Kept({ storage: recording.storage, key });
      await kept.send((value) => api.put(`sittings/${id}`, value));
    }
  }

  get words() {
    const { sitting } = this;
    const seconds = sitting.time.secondsAt(performance.now());
    return effortWords({ seconds, actions: sitting.done, segments: sitting.made.count });
  }
}
