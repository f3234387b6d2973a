// Tells what was looked at from what the player shows, keeps it in the browser, and has the server
// add it to the person's own layer.
import { Kept, keysWith } from "./kept.js";
import { Seen } from "./seen.js";
import { addSpan, lengthOf } from "../time/spans.js";

/** @typedef {import("../time/spans.js").Span} Span */

const SEND_MS = 5000;
const SHOW_MS = 3000; // all of the desk is worked out anew for it
const SOME_S = 0.5;

export class Looking {
  /** @type {{span: string, left: number} | null} the last time the rest was asked for */
  #asked = null;
  #changed = false;

  /** @param {{desk: import("../desk.js").Desk, onChange: () => void}} parts */
  constructor({ desk, onChange }) {
    this.desk = desk;
    this.onChange = onChange;
    const { recording, times } = desk;
    const layer = recording.layers.all.find(({ own }) => own);
    this.layerId = layer?.id ?? null; // who may only look has no layer
    const prefix = `rehab-review/seen/${recording.scope}/${this.layerId}/`;
    const { storage, newId } = recording;
    this.kept = new Kept({ storage, key: prefix + newId() });
    const unsent = this.#adopt(prefix);
    this.seen = new Seen({ times, known: layer?.seen ?? [], unsent });
    this.timers = [
      setInterval(() => void this.send(), SEND_MS),
      setInterval(() => this.#show(), SHOW_MS),
    ];
  }

  /** What pages closed before could not deliver. @param {string} prefix @returns {Span[]} */
  #adopt(prefix) {
    const { storage } = this.desk.recording;
    /** @type {Span[]} */
    let spans = [];
    const left = keysWith(storage, prefix).map((key) => new Kept({ storage, key }));
    for (const one of left) if (isSpans(one.read())) spans = one.read().reduce(addSpan, spans);
    if (spans.length) this.kept.keep(spans);
    for (const one of left) one.forget();
    return spans;
  }

  stop() {
    for (const timer of this.timers) clearInterval(timer);
  }

  /** @param {number} frame @param {boolean} confirmed */
  onFrame(frame, confirmed) {
    if (!confirmed) return;
    const { playing, reversing, speed } = this.desk.player;
    const watched = document.visibilityState === "visible" && document.hasFocus();
    const moving = playing || reversing;
    if (this.seen.show({ frame, moving, speed, watched })) this.#changed = true;
  }

  #show() {
    if (!this.#changed) return;
    this.#changed = false;
    this.onChange();
  }

  /** @param {{keepalive?: boolean}} [how] keepalive: the page is about to close */
  async send(how = {}) {
    const { seen, kept, layerId } = this;
    if (layerId === null || !seen.unsent.length) return;
    kept.keep(seen.unsent);
    const path = `annotations/${layerId}/seen`;
    const answer = await kept.send((spans) => this.desk.api.put(path, { spans }, how));
    if (!isSpans(answer?.seen)) return;
    seen.confirm(answer.seen);
    if (seen.unsent.length) kept.keep(seen.unsent);
    else kept.forget();
  }

  /** Before a span is marked as finished: jumps to what nobody has looked at yet.
   * @param {Span} span @returns {boolean} whether it may be marked: all of it was seen, or this
   * is the second time that it is asked for */
  mayFinish(span) {
    const gaps = this.seen.gaps(span);
    if (!gaps.length) return true;
    const { desk } = this;
    const left = gaps.reduce((sum, [from, to]) => sum + desk.times[to] - desk.times[from], 0);
    const asked = this.#asked;
    this.#asked = { span: span.join(), left };
    if (asked?.span === span.join() && asked.left - left < SOME_S) {
      this.#asked = null;
      return true;
    }
    desk.goTo(gaps[0][0]);
    const share = Math.round((100 * lengthOf(gaps)) / lengthOf([span]));
    const much = share ? `${share} % of it` : "A moment of it";
    desk.status.say(`${much} was not looked at yet, from here on. F again: finished all the same.`);
    return false;
  }

  get percent() {
    const { share } = this.seen;
    return share >= 1 ? 100 : Math.min(99, Math.round(share * 100));
  }
}

/** @param {unknown} value */
const isSpans = (value) =>
  Array.isArray(value) &&
  value.every((span) => Array.isArray(span) && span.length === 2 && span.every(Number.isInteger));
