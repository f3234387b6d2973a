// What keys do to all chosen labels at once; each is one edit.
import { frameCount } from "../time/clock.js";
import * as many from "./many.js";
import { limitShift, strictTiers } from "./overlap.js";

/** @typedef {import("./state.js").Operation} Operation */

export class Several {
  /** @param {{desk: import("../desk.js").Desk,
   *   perform: (operation: Operation | null) => boolean}} parts */
  constructor({ desk, perform }) {
    this.desk = desk;
    this.perform = perform;
  }

  /** Chosen labels of the layer worked on. */
  get ids() {
    const { segments } = this.#state;
    return [...this.desk.selectedIds].map(String).filter((id) => segments.has(id));
  }

  /** Whether keys are about more than one label. */
  get chosen() {
    return this.ids.length > 1;
  }

  get #state() {
    return this.desk.annotation.state;
  }

  get #count() {
    return frameCount(this.desk.times);
  }

  remove() {
    this.perform(many.removeAll(this.#state, this.ids));
  }

  /** @param {number} classId @param {number} tierId */
  relabel(classId, tierId) {
    this.perform(many.relabelAll(this.#state, this.ids, classId, tierId));
  }

  /** @param {number} frames below 0: earlier */
  shift(frames) {
    const by = limitShift(this.#state, this.ids, frames, strictTiers(this.desk.tiers));
    this.perform(many.shift(this.#state, this.ids, by, this.#count));
  }

  /** @param {"start" | "end"} edge @param {number} frames */
  nudge(edge, frames) {
    this.perform(many.nudgeAll(this.#state, this.ids, edge, frames, this.#count));
  }

  /** To the playhead: they start with the frame shown, or end after it.
   * @param {"start" | "end"} edge */
  trim(edge) {
    const boundary = this.desk.frame + (edge === "end" ? 1 : 0);
    this.perform(many.trim(this.#state, this.ids, edge, boundary));
  }

  /** Neighbours of one class become one; a single one goes together with the next. */
  merge() {
    const { ids } = this;
    const next = ids.length === 1 ? many.mergeable(this.#state, ids[0]) : null;
    const together = next ? [...ids, next.id] : ids;
    const merged = many.merge(this.#state, together);
    if (!merged) return this.#say("Choose neighbours of one class in one tier to merge them.");
    const [first] = many.segmentsOf(this.#state, together);
    if (this.perform(merged)) this.desk.select(first.id);
  }

  /** The same again right after the last of them. */
  duplicate() {
    const last = Math.max(...many.segmentsOf(this.#state, this.ids).map((one) => one.end_frame));
    this.#copy((newId) => many.duplicate(this.#state, this.ids, last, this.#count, newId));
  }

  /** Onto the tier of the class in use, as labels of that class. */
  copyToTier() {
    const kind = this.desk.classes.get(this.desk.activeClassId);
    const here = many
      .segmentsOf(this.#state, this.ids)
      .some((one) => one.tier_id === kind?.tier_id);
    if (!kind || here) {
      return this.#say("Press the key of a class of another tier first, then choose what to copy.");
    }
    this.#copy((newId) => many.copyToTier(this.#state, this.ids, kind, newId));
  }

  /** @param {(newId: () => string) => Operation | null} make */
  #copy(make) {
    if (!this.ids.length) return this.#say("Select a label first.");
    /** @type {string[]} */
    const made = [];
    const operation = make(() => {
      made.push(this.desk.annotation.newId());
      return made[made.length - 1];
    });
    if (this.perform(operation)) this.desk.selectMany(made);
  }

  /** @param {string} sentence */
  #say(sentence) {
    this.desk.status.say(sentence);
  }
}
