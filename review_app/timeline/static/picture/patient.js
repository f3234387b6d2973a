// Choosing the patient by a click in the picture, when several people are in it.
import { button, h } from "../dom.js";

/** @typedef {import("./overlay.js").Person} Person */

export class PatientChoice {
  choosing = false;
  /** @type {Person[] | null} */ shown = null;
  #asked = -1;
  /** @type {Person | null} */ #candidate = null;

  /** @param {{desk: import("../desk.js").Desk}} parts */
  constructor({ desk }) {
    this.desk = desk;
    this.element = h("div", { class: "choice", role: "group", "aria-label": "Choose the patient" });
  }

  /** The person the proposals are about. */
  get current() {
    return this.#candidate?.id ?? this.desk.run?.person ?? null;
  }

  toggle() {
    this.choosing = !this.choosing;
    this.#candidate = null;
    this.#asked = -1;
    this.shown = null;
    if (this.choosing) this.#explain("Click on the patient in the picture.");
    else this.element.replaceChildren();
    this.desk.drawOverlay();
    this.desk.showSkeleton(this.desk.skeleton);
  }

  /** Asks who is in the frame shown, once for each frame. */
  follow() {
    const { frame, times, api, video, run } = this.desk;
    if (!this.choosing || this.#asked === frame) return;
    this.#asked = frame;
    api
      .json(`videos/${video.id}/people`, { at: times[frame], run: run?.id ?? null })
      .then(({ people }) => {
        if (!this.choosing || this.#asked !== frame) return;
        this.shown = people;
        this.desk.drawOverlay();
      })
      .catch((error) => this.desk.status.say(String(error.message)));
  }

  /** @param {MouseEvent} event @returns {boolean} whether the click was for this */
  click(event) {
    if (!this.choosing) return false;
    const person = this.desk.overlay.personAt(event.offsetX, event.offsetY);
    if (!person) return true;
    if (person.id === this.desk.run?.person) {
      this.desk.status.say("The proposals are about this person already.");
      return true;
    }
    this.#candidate = person;
    this.#explain(
      "Make new proposals for this person? Your labels stay as they are.",
      button(
        { label: "Use this person", class: "wide primary", onPress: () => this.#use(person) },
        "Use this person",
      ),
    );
    this.desk.drawOverlay();
    return true;
  }

  /** @param {string} sentence @param {...HTMLElement} more */
  #explain(sentence, ...more) {
    const cancel = button(
      { label: "Cancel", hint: "Esc", class: "wide", onPress: () => this.toggle() },
      "Cancel",
    );
    this.element.replaceChildren(h("span", {}, sentence), ...more, cancel);
  }

  /** @param {Person} person */
  async #use(person) {
    const { api, video, status, notify } = this.desk;
    try {
      await api.post(`videos/${video.id}/person`, { person_id: person.id });
      this.toggle();
      status.say("New proposals are being made for this person; they appear here when ready.");
      notify("job_started");
    } catch (error) {
      status.say(/** @type {Error} */ (error).message);
    }
  }
}
