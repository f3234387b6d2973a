// What must not be overlooked: edits that were refused, and edits that wait for another recording.
import { button, h } from "../dom.js";
import { unsentSentences } from "../sync/unsent.js";

export class Notices {
  #refused = 0;

  /** @param {{onChange: () => void}} parts */
  constructor({ onChange }) {
    this.onChange = onChange;
    this.refusals = h("div", {});
    this.elsewhere = h("div", {});
    this.element = h("div", { class: "notices", role: "status" }, this.refusals, this.elsewhere);
  }

  /** How many refused edits nobody has taken note of yet. */
  get refused() {
    return this.#refused;
  }

  /** @param {string[]} messages one for each edit, the first first */
  refuse(messages) {
    this.#refused += messages.length;
    const [were, is] = this.#refused === 1 ? ["1 edit was", "it"] : [`${this.#refused} edits were`, "them"];
    const sentence = `${were} not applied: ${messages[0]} The labels are shown without ${is}.`;
    const seen = button({ label: "Take note", class: "wide", onPress: () => this.#dismiss() }, "OK");
    this.refusals.replaceChildren(h("p", { class: "notice refused" }, h("span", {}, sentence), seen));
    this.onChange();
  }

  #dismiss() {
    this.#refused = 0;
    this.refusals.replaceChildren();
    this.onChange();
  }

  /** @param {import("../sync/unsent.js").Unsent[]} waiting */
  showUnsent(waiting) {
    this.elsewhere.replaceChildren(...unsentSentences(waiting));
  }
}
