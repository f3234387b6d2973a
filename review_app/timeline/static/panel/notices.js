// What must not be overlooked: edits that were refused, with the choice what to do about them, and
// edits that wait for another recording.
import { button, h } from "../dom.js";
import { unsentSentences } from "../sync/unsent.js";

/** `theirs` and `mine` say what is there now and what was wanted; `useMine` does it all the same.
 * @typedef {{count: number, message: string, theirs: string, mine: string,
 *   useMine: (() => void) | null}} Refused null: it would be refused again */

export class Notices {
  /** @type {Refused[]} nobody has taken note of */ #refused = [];

  /** @param {{onChange: () => void}} parts */
  constructor({ onChange }) {
    this.onChange = onChange;
    this.refusals = h("div", {});
    this.elsewhere = h("div", {});
    this.element = h("div", { class: "notices", role: "status" }, this.refusals, this.elsewhere);
  }

  /** How many refused edits nobody has taken note of yet. */
  get refused() {
    return this.#refused.reduce((sum, { count }) => sum + count, 0);
  }

  /** @param {Refused} refused */
  refuse(refused) {
    this.#refused.push(refused);
    const [{ message, theirs, mine }] = this.#refused;
    const [were, is] =
      this.refused === 1 ? ["1 edit was", "it"] : [`${this.refused} edits were`, "them"];
    const words = [`${were} not applied: ${message}`];
    const again = this.#refused.filter(({ useMine }) => useMine);
    if (again.length && theirs !== mine) words.push(`Now there: ${theirs}. Yours: ${mine}.`);
    else words.push(`The labels are shown without ${is}.`);
    const press = (/** @type {string} */ label, /** @type {() => void} */ onPress) =>
      button({ label, class: "wide", onPress }, label);
    const use = () => {
      this.#dismiss();
      for (const { useMine } of again) useMine?.();
    };
    const keep = press(again.length ? "Keep theirs" : "OK", () => this.#dismiss());
    const choices = again.length ? [keep, press("Use mine", use)] : [keep];
    const sentence = h("span", {}, words.join(" "));
    this.refusals.replaceChildren(h("p", { class: "notice refused" }, sentence, ...choices));
    this.onChange();
  }

  #dismiss() {
    this.#refused = [];
    this.refusals.replaceChildren();
    this.onChange();
  }

  /** @param {import("../sync/unsent.js").Unsent[]} waiting */
  showUnsent(waiting) {
    this.elsewhere.replaceChildren(...unsentSentences(waiting));
  }
}
