// Class keys while the picture moves: held they mark a segment live, tapped they mean what they
// mean otherwise.
import { Hold, momentAt } from "./hold.js";
import { reactionIn } from "./reaction.js";

/** @typedef {import("../timeline/items.js").Item} Item */

const LOST_KEY = "The key was let go outside this page. Check where the label ends.";
const TOO_SHORT = "Nothing is marked: no frame lay between pressing the key and letting go.";

export class Live {
  /** @type {Map<string, {hold: Hold, id: string}>} by the key's place on the keyboard */
  #held = new Map();
  #shown = { frame: 0, at: 0 };

  /** @param {{desk: import("../desk.js").Desk, tap: (classId: number) => void}} parts */
  constructor({ desk, tap }) {
    this.desk = desk;
    this.tap = tap;
    window.addEventListener("blur", this.#leave);
    document.addEventListener("visibilitychange", this.#leave);
  }

  stop() {
    window.removeEventListener("blur", this.#leave);
    document.removeEventListener("visibilitychange", this.#leave);
  }

  /** Seconds of the recording in a second. */
  get #rate() {
    const { player } = this.desk;
    if (player.playing) return player.speed;
    return player.reversing ? -player.speed : 0;
  }

  /** @param {number} at ms */
  #moment(at) {
    return momentAt(this.desk.times, this.#shown, this.#rate, at);
  }

  /** A class key goes down. @param {KeyboardEvent} event @param {number} classId */
  press({ code, repeat, timeStamp }, classId) {
    if (repeat || this.#held.has(code)) return;
    if (!this.#rate || !this.desk.canEdit) return this.tap(classId);
    const reactionS = reactionIn(this.desk.preferences.get("reaction")).ms / 1000;
    const hold = new Hold({ classId, began: this.#moment(timeStamp), reactionS });
    this.#held.set(code, { hold, id: this.desk.annotation.newId() });
  }

  /** Any key comes up. @param {KeyboardEvent} event */
  release({ code, timeStamp }) {
    const held = this.#held.get(code);
    if (!held) return;
    this.#held.delete(code);
    this.#draw();
    if (held.hold.isTap(timeStamp)) return this.tap(held.hold.classId);
    this.#finish(held, this.#moment(timeStamp));
  }

  /** Nobody will hear the key come up: what is marked ends with the frame shown. */
  #leave = () => {
    if (document.hasFocus() && document.visibilityState === "visible") return;
    const now = performance.now();
    const all = [...this.#held.values()];
    this.cancel();
    for (const held of all.filter(({ hold }) => !hold.isTap(now))) {
      const moment = { ...this.#moment(now), rate: 0 };
      if (this.#finish(held, moment)) this.desk.status.say(LOST_KEY);
    }
  };

  /** @param {{hold: Hold, id: string}} held @param {import("./hold.js").Moment} moment
   * @returns {boolean} whether there is a label now */
  #finish(held, moment) {
    const { actions, status } = this.desk;
    const item = this.#item(held, held.hold.span(this.desk.times, moment, false));
    if (!item) status.say(TOO_SHORT);
    if (!item) return false;
    this.desk.work.did("hold");
    actions.labels.commitDraft(item, "create");
    return this.desk.selectedId === item.id;
  }

  /** @param {{hold: Hold, id: string}} held @param {import("./hold.js").Span | null} span
   * @returns {Item | null} */
  #item({ hold: { classId }, id }, span) {
    const kind = this.desk.classes.get(classId);
    if (!kind || !span) return null;
    const place = { tierId: kind.tier_id, classId, start_frame: span[0], end_frame: span[1] };
    return { kind: "segment", id, ...place, lane: 0, lanes: 1 };
  }

  /** The picture shows another frame. @param {number} frame @param {boolean} confirmed */
  onFrame(frame, confirmed) {
    if (this.#rate && !confirmed) return;
    this.#shown = { frame, at: performance.now() };
    if (!this.#held.size) return;
    const moment = this.#moment(this.#shown.at);
    for (const { hold } of this.#held.values()) hold.advance(moment);
    this.#draw();
  }

  #draw() {
    const moment = this.#moment(this.#shown.at);
    const drafts = [...this.#held.values()].flatMap((held) => {
      if (held.hold.isTap(performance.now())) return [];
      return this.#item(held, held.hold.span(this.desk.times, moment, true)) ?? [];
    });
    this.desk.timeline.move({ drafts });
  }

  /** Forgets what is being marked. @returns {boolean} whether there was anything */
  cancel() {
    if (!this.#held.size) return false;
    this.#held.clear();
    this.#draw();
    return true;
  }
}
