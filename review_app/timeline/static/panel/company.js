// Which layer is worked on, one's own or the result that is agreed on, and who else is here.
import { h } from "../dom.js";

const START = "start";

export class Company {
  #shown = "";

  /** @param {{recording: import("../sync/recording.js").Recording, canEdit: boolean,
   *   onProblem: (sentence: string) => void}} parts */
  constructor({ recording, canEdit, onProblem }) {
    this.recording = recording;
    this.canEdit = canEdit;
    this.onProblem = onProblem;
    this.choice = /** @type {HTMLSelectElement} */ (
      h("select", {
        class: "speed",
        "aria-label": "Layer worked on",
        title: "Your own labels, or the result that everybody agrees on",
        onchange: () => void this.#choose(),
      })
    );
    this.people = h("span", { class: "people", role: "status" });
    this.element = h("div", { class: "company" }, this.choice, this.people);
  }

  show() {
    const { people, layers } = this.recording;
    const choices = this.#choices();
    const shown = JSON.stringify([choices, layers.workedOnId, people]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const options = choices.map(([value, words]) => h("option", { value }, words));
    this.choice.replaceChildren(...options);
    this.choice.value = String(layers.workedOnId);
    this.choice.hidden = options.length < 2;
    this.people.textContent = people.length ? `Also here: ${people.join(", ")}` : "";
    this.people.title = this.people.textContent;
  }

  /** @returns {[string, string][]} value and words */
  #choices() {
    if (!this.canEdit) return [];
    const { all } = this.recording.layers;
    /** @type {[string, string][]} */
    const choices = all
      .filter(({ may_edit }) => may_edit)
      .map(({ id, own }) => [String(id), own ? "My labels" : "Agreed result"]);
    const result = all.some(({ kind }) => kind === "result");
    return result ? choices : [...choices, [START, "Start the agreed result"]];
  }

  async #choose() {
    const { value } = this.choice;
    this.choice.blur();
    this.#shown = ""; // whatever comes of it is shown again
    try {
      if (value === START) await this.recording.workOnResult();
      else this.recording.workOn(Number(value));
    } catch (error) {
      this.onProblem(/** @type {Error} */ (error).message);
      this.show();
    }
  }
}
