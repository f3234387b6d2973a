// Left of the ruler: a button that opens the list of rows that may be added, such as the curves of
// the movement and what other models propose.
import { button, h, icon } from "../dom.js";

/** @typedef {{id: string, title: string, unit: string}} Choice */
/** `list`: where in the layout the chosen ids are kept; `note`: what to know of them.
 * @typedef {{list: "curves" | "models", title: string, note: string, choices: Choice[],
 *   chosen: string[]}} Section */

export class RowMenu {
  /** @type {Section[]} */ #sections = [];
  /** @type {string | undefined} the choice made last */ #chosen;

  /** @param {{onChoose: (list: Section["list"], id: string) => void}} parts */
  constructor({ onChoose }) {
    this.onChoose = onChoose;
    this.press = button(
      { label: "Add rows", class: "small add-rows", onPress: () => this.#toggle() },
      icon("rows"),
      "Rows",
    );
    this.press.setAttribute("aria-haspopup", "dialog");
    this.press.setAttribute("aria-expanded", "false");
    this.list = h("div", {
      class: "choices",
      role: "dialog",
      tabindex: "-1",
      "aria-label": "Rows of the timeline",
      hidden: true,
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        this.close();
        this.press.focus();
      },
      onfocusout: (/** @type {FocusEvent} */ event) => {
        const next = event.relatedTarget;
        // A press anywhere gives the desk itself the keyboard; what a press closes is told below.
        if (!(next instanceof Element) || next.classList.contains("desk")) return;
        if (!this.element.contains(next)) this.close();
      },
    });
    this.element = h("div", { class: "menu" }, this.press, this.list);
  }

  /** @param {Section[]} sections */
  show(sections) {
    this.#sections = sections;
    if (!this.list.hidden) this.#fill(this.#chosen);
  }

  close() {
    window.removeEventListener("pointerdown", this.#pressedElsewhere, { capture: true });
    this.list.hidden = true;
    this.press.setAttribute("aria-expanded", "false");
  }

  #pressedElsewhere = (/** @type {Event} */ event) => {
    if (!event.composedPath().includes(this.element)) this.close();
  };

  #toggle() {
    if (!this.list.hidden) return this.close();
    this.list.hidden = false;
    this.#fill();
    window.addEventListener("pointerdown", this.#pressedElsewhere, { capture: true });
    this.press.setAttribute("aria-expanded", "true");
  }

  /** @param {string} [focused] the choice that has the keyboard */
  #fill(focused) {
    const shown = this.#sections.filter(({ choices }) => choices.length);
    const parts = shown.flatMap(({ list, title, note, choices, chosen }) => [
      h("h3", {}, title),
      note ? h("p", {}, note) : "",
      ...choices.map((choice) => this.#row(list, choice, chosen.includes(choice.id))),
    ]);
    const empty = h("p", {}, "Curves are drawn from the skeleton. Let a model propose first.");
    this.list.replaceChildren(...(parts.length ? parts : [empty]));
    const rows = [...this.list.querySelectorAll("button")];
    (rows.find((row) => row.dataset.choice === focused) ?? rows[0] ?? this.list).focus();
  }

  /** @param {Section["list"]} list @param {Choice} choice @param {boolean} on */
  #row(list, { id, title, unit }, on) {
    const press = button(
      {
        label: unit ? `${title}, ${unit}` : title,
        class: "choice-row",
        onPress: () => {
          this.#chosen = `${list} ${id}`;
          this.onChoose(list, id);
        },
      },
      h("span", { class: "tick" }, on ? "✓" : ""),
      h("span", { class: "of" }, title),
      h("span", { class: "unit" }, unit),
    );
    press.setAttribute("aria-pressed", String(on));
    press.dataset.choice = `${list} ${id}`;
    return press;
  }
}
