// Beside the picture: everything proposed and labelled in order of time, and the classes.
// Only the rows in view exist as elements, however long the list is.
import { formatTime } from "../time/clock.js";
import { button, h } from "../dom.js";
import { bestTitle } from "../titles.js";

/** @typedef {import("../timeline/rows.js").Item} Item */
/** @typedef {import("../timeline/scene.js").Look} Look */
/** @typedef {{id: number, tier_id: number, name: string, title: string, colour: string,
 *   key: string | null}} ActionClass */
/** @typedef {"all" | "open" | "labels"} Filter */

const ROW_PX = 27;
const OTHER_COLUMNS_PX = 172;
const LETTER_PX = 6.4;
const LEAST_SCORES = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]; // and the one in use
const FILTERS = /** @type {[Filter, string][]} */ ([
  ["all", "All"],
  ["open", "To review"],
  ["labels", "Labels"],
]);

/** @param {number} score 0.35 -> ".35" */
const shortScore = (score) => String(score).replace(/^0\./, ".");

export class Panel {
  /** @type {Item[] | null} as last shown */ #items = null;
  /** @type {{item: Item, look: Look}[]} */ #all = [];
  /** @type {{item: Item, look: Look}[]} */ #rows = [];
  /** @type {Filter} */ filter = "all";
  /** @type {string | number | null} */ #selectedId = null;
  /** @type {Map<number, HTMLElement>} */ #classButtons = new Map();

  /** @param {{times: Float64Array, classes: ActionClass[], header: HTMLElement, leastScore: number,
   *   usualLeastScore: number, onLeastScore: (score: number) => void,
   *   onPick: (item: Item) => void, onClass: (id: number) => void}} parts */
  constructor(parts) {
    const { times, classes, header, leastScore, usualLeastScore, onLeastScore, onPick, onClass } =
      parts;
    this.times = times;
    this.onPick = onPick;
    this.spacer = h("div", { class: "spacer" });
    this.list = h(
      "div",
      {
        class: "list",
        role: "listbox",
        "aria-label": "Segments and proposals",
        onscroll: () => this.#fill(),
      },
      this.spacer,
    );
    this.filters = FILTERS.map(([filter, title]) =>
      button({ label: title, class: "tab", onPress: () => this.#choose(filter) }, title),
    );
    const choices = [...new Set([...LEAST_SCORES, usualLeastScore, leastScore])].sort();
    const scores = /** @type {HTMLSelectElement} */ (
      h(
        "select",
        {
          class: "speed",
          "aria-label": "Least score of proposals shown",
          title: "Proposals with a lower score are not shown",
          onchange: () => {
            onLeastScore(Number(scores.value));
            scores.blur();
          },
        },
        ...choices.map((score) => h("option", { value: score }, `≥ ${shortScore(score)}`)),
      )
    );
    scores.value = String(leastScore);
    this.empty = h("p", { class: "empty" });
    const legend = classes.map((one) => {
      const press = button(
        { label: one.title, hint: one.key ?? "", class: "class", onPress: () => onClass(one.id) },
        h("kbd", {}, one.key ?? ""),
        h("i", { class: "swatch", style: `background:${one.colour}` }),
        h("span", {}, one.title),
      );
      this.#classButtons.set(one.id, press);
      return press;
    });
    this.element = h(
      "aside",
      { class: "panel", "aria-label": "Segments and classes" },
      header,
      h(
        "div",
        { class: "tabs", role: "group", "aria-label": "Show" },
        ...this.filters,
        h("span", { class: "spring" }),
        scores,
      ),
      h("div", { class: "listing" }, this.list, this.empty),
      h("div", { class: "classes", role: "group", "aria-label": "Classes" }, ...legend),
    );
    this.observer = new ResizeObserver(() => this.#fill());
    this.observer.observe(this.list);
  }

  /** @param {{items: Item[], look: (item: Item) => Look, selectedId: string | number | null,
   *   activeClassId: number, chosenClassId: number | null, emptyText: string}} scene */
  show({ items, look, selectedId, activeClassId, chosenClassId, emptyText }) {
    // The scene hands over the same items as before where nothing but the choice has changed.
    const anew = items !== this.#items || emptyText !== this.emptyText;
    this.#items = items;
    this.emptyText = emptyText;
    if (anew) {
      // An accepted proposal is in the list as the label it became.
      this.#all = items
        .map((item) => ({ item, look: look(item) }))
        .filter((row) => row.look.state !== "accepted");
    }
    for (const [id, element] of this.#classButtons) {
      element.classList.toggle("active", id === activeClassId);
      element.classList.toggle("chosen", id === chosenClassId);
    }
    const moved = selectedId !== this.#selectedId;
    this.#selectedId = selectedId;
    if (anew) this.#sift();
    else this.#fill();
    if (moved) this.#scrollToSelected();
  }

  /** @param {Filter} filter */
  #choose(filter) {
    this.filter = filter;
    this.#sift();
    this.#scrollToSelected();
  }

  #sift() {
    const counts = { all: 0, open: 0, labels: 0 };
    counts.all = this.#all.length;
    counts.open = this.#all.filter(({ look }) => look.state === "open").length;
    counts.labels = this.#all.filter(({ look }) => look.state === "label").length;
    FILTERS.forEach(([filter, title], n) => {
      this.filters[n].textContent = `${title} ${counts[filter]}`;
      this.filters[n].setAttribute("aria-pressed", String(filter === this.filter));
    });
    const state = { all: null, open: "open", labels: "label" }[this.filter];
    this.#rows = state ? this.#all.filter(({ look }) => look.state === state) : this.#all;
    this.empty.textContent = this.#rows.length ? "" : this.#emptySentence();
    this.spacer.style.height = `${this.#rows.length * ROW_PX}px`;
    this.#fill();
  }

  #emptySentence() {
    if (this.filter === "open" && this.#all.length) return "Nothing is left to review.";
    if (this.filter === "labels") return "No labels yet. Press A to add one at the playhead.";
    return this.emptyText ?? "";
  }

  #scrollToSelected() {
    const at = this.#rows.findIndex(({ item }) => item.id === this.#selectedId);
    if (at < 0) return;
    const { scrollTop, clientHeight } = this.list;
    const inside = at * ROW_PX >= scrollTop && (at + 1) * ROW_PX <= scrollTop + clientHeight;
    if (!inside) this.list.scrollTop = (at + 0.5) * ROW_PX - clientHeight / 2;
  }

  #fill() {
    const first = Math.max(0, Math.floor(this.list.scrollTop / ROW_PX) - 2);
    const last = Math.ceil((this.list.scrollTop + this.list.clientHeight) / ROW_PX) + 2;
    const rows = this.#rows.slice(first, last).map((row, n) => this.#row(row, first + n));
    this.spacer.replaceChildren(...rows);
  }

  /** @param {{item: Item, look: Look}} row @param {number} at */
  #row({ item, look }, at) {
    const start = this.times[item.start_frame];
    const seconds = this.times[item.end_frame] - start;
    const selected = item.id === this.#selectedId;
    const room = this.list.clientWidth - OTHER_COLUMNS_PX;
    return h(
      "div",
      {
        class: `row ${look.state}${look.unsure ? " unsure" : ""}`,
        role: "option",
        "aria-selected": String(selected),
        style: `top:${at * ROW_PX}px; --colour:${look.colour}`,
        title: look.title,
        onmousedown: (/** @type {Event} */ event) => event.preventDefault(),
        onclick: () => this.onPick(item),
      },
      h("i", { class: "mark" }),
      h(
        "span",
        { class: "title" },
        bestTitle(look.titles, (title) => title.length * LETTER_PX <= room),
      ),
      h("span", { class: "number" }, formatTime(start, 1)),
      h("span", { class: "number length" }, `${seconds.toFixed(1)} s`),
      h(
        "span",
        { class: "number score" },
        look.state === "label" ? "" : (look.score ?? 0).toFixed(2),
      ),
    );
  }
}
