// Left of the ruler: a button that opens the list of curves, to choose which are drawn.
import { button, h, icon } from "../dom.js";

/** @typedef {import("./curve.js").CurveName} CurveName */

export class RowMenu {
  /** @type {CurveName[]} */ #names = [];
  /** @type {string[]} */ #chosen = [];

  /** @param {{onChoose: (name: string) => void}} parts */
  constructor({ onChoose }) {
    this.onChoose = onChoose;
    this.press = button(
      { label: "Curves of the movement", class: "small curves", onPress: () => this.#toggle() },
      icon("rows"),
      "Curves",
    );
    this.press.setAttribute("aria-haspopup", "dialog");
    this.press.setAttribute("aria-expanded", "false");
    this.list = h("div", {
      class: "choices",
      role: "dialog",
      "aria-label": "Curves of the movement",
      hidden: true,
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        this.close();
        this.press.focus();
      },
      onfocusout: (/** @type {FocusEvent} */ event) => {
        const next = event.relatedTarget;
        if (next instanceof Node && !this.list.contains(next) && next !== this.press) this.close();
      },
    });
    this.element = h("div", { class: "menu" }, this.press, this.list);
  }

  /** @param {CurveName[]} names @param {string[]} chosen */
  show(names, chosen) {
    if (names === this.#names && chosen === this.#chosen) return;
    this.#names = names;
    this.#chosen = chosen;
    if (!this.list.hidden) this.#fill();
  }

  close() {
    this.list.hidden = true;
    this.press.setAttribute("aria-expanded", "false");
  }

  #toggle() {
    if (!this.list.hidden) return this.close();
    this.#fill();
    this.list.hidden = false;
    this.press.setAttribute("aria-expanded", "true");
    this.list.querySelector("button")?.focus();
  }

  #fill() {
    const focused = this.list.getRootNode();
    const active = focused instanceof ShadowRoot ? focused.activeElement : document.activeElement;
    const at = [...this.list.children].indexOf(/** @type {Element} */ (active));
    const rows = this.#names.map(({ name, title, unit }) => {
      const on = this.#chosen.includes(name);
      const press = button(
        { label: `${title}, ${unit}`, class: "choice-row", onPress: () => this.onChoose(name) },
        h("span", { class: "tick" }, on ? "✓" : ""),
        h("span", {}, title),
        h("span", { class: "unit" }, unit),
      );
      press.setAttribute("aria-pressed", String(on));
      return press;
    });
    const empty = "Curves are drawn from the skeleton. Let a model propose first.";
    this.list.replaceChildren(...(rows.length ? rows : [h("p", {}, empty)]));
    if (at >= 0) /** @type {HTMLElement | undefined} */ (this.list.children[at])?.focus();
  }
}
