// Measures how fast a person presses a key when the picture changes, shows the number and lets it
// be changed by hand.
import { button, h } from "../dom.js";
import { MOST_MS, PRESSES, judge, reactionIn, reactionOf } from "./reaction.js";

const WAIT_MS = /** @type {const} */ ([1000, 2800]); // nobody can tell when it comes
const SENTENCES = {
  early: "Too early. Wait until the square is there.",
  late: "That was late. Once more.",
  counts: "",
};

export class ReactionDialog {
  /** @type {number[]} */ #presses = [];
  /** @type {number | null} when the picture changed */ #changedAt = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;
  #measuring = false;

  /** @param {{read: () => unknown, save: (preference: {ms: number}) => void}} parts */
  constructor({ read, save }) {
    this.read = read;
    this.words = h("p", { role: "status" });
    this.sign = h("i", { class: "sign" });
    this.picture = h("div", { class: "flash", onpointerdown: this.#press }, this.sign);
    this.box = /** @type {HTMLInputElement} */ (
      h("input", {
        type: "number",
        min: 0,
        max: MOST_MS,
        step: 1,
        required: true,
        "aria-label": "Reaction time in milliseconds",
      })
    );
    const start = button({ label: "Measure it", class: "wide", onPress: () => this.#start() }, "Measure it");
    const cancel = button({ label: "Cancel", hint: "Esc", class: "wide", onPress: () => this.element.close() }, "Cancel");
    const keep = h("button", { type: "submit", class: "button wide primary" }, "Use this");
    const form = h(
      "form",
      { method: "dialog" },
      h("label", {}, "Reaction time ", this.box, " ms"),
      h("div", { class: "answers" }, start, h("span", { class: "spring" }), cancel, keep),
    );
    form.addEventListener("submit", () => save({ ms: Number(this.box.value) }));
    this.element = /** @type {HTMLDialogElement} */ (
      h(
        "dialog",
        { class: "ask", role: "dialog", "aria-label": "Your reaction time" },
        h("h2", {}, "Your reaction time"),
        h(
          "p",
          {},
          "What you mark by holding a class key while the video plays begins and ends this much " +
            "before the key went down and came up.",
        ),
        this.picture,
        this.words,
        form,
      )
    );
    this.element.addEventListener("close", () => this.#stop());
    this.element.addEventListener("keydown", this.#press, { capture: true });
  }

  open() {
    const { ms, measured } = reactionIn(this.read());
    this.box.value = String(ms);
    this.words.textContent = measured
      ? "Measure it again, or change the number."
      : `Not measured yet; until then ${ms} ms are assumed, as is usual.`;
    this.element.showModal();
  }

  #start() {
    this.#presses = [];
    this.#measuring = true;
    this.picture.classList.add("on");
    this.#wait(`Press Space each time the square appears, ${PRESSES} times.`);
  }

  #stop() {
    this.#measuring = false;
    clearTimeout(this.#timer);
    this.picture.classList.remove("on", "now");
  }

  /** @param {string} words */
  #wait(words) {
    this.words.textContent = words;
    this.#changedAt = null;
    this.picture.classList.remove("now");
    const [least, most] = WAIT_MS;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#change(), least + Math.random() * (most - least));
  }

  /** The next frame of the screen has the square. */
  #change() {
    this.picture.classList.add("now");
    requestAnimationFrame(() =>
      requestAnimationFrame((now) => {
        if (this.#measuring) this.#changedAt = now;
      }),
    );
  }

  /** @param {Event} event */
  #press = (event) => {
    if (!this.#measuring) return;
    const { key, repeat } = /** @type {KeyboardEvent} */ (event);
    if (key === "Escape" || key === "Tab") return;
    event.preventDefault();
    event.stopPropagation();
    if (repeat) return;
    const ms = this.#changedAt === null ? null : event.timeStamp - this.#changedAt;
    const verdict = judge(ms);
    if (verdict === "counts") this.#presses.push(Number(ms));
    if (this.#presses.length === PRESSES) return this.#show();
    this.#wait(SENTENCES[verdict] || `${this.#presses.length} of ${PRESSES}`);
  };

  #show() {
    const { ms, kept, dropped } = reactionOf(this.#presses);
    this.#stop();
    this.box.value = String(ms);
    const without = dropped ? `; ${dropped} far from the others ${dropped === 1 ? "is" : "are"} left out` : "";
    this.words.textContent = `${ms} ms: the middle of ${kept} presses${without}.`;
    this.box.focus();
  }
}
