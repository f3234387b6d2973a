// The bar under the picture: where we are, and the buttons to be elsewhere.
import { formatTime, frameCount, parseMoment } from "../time/clock.js";
import { button, h, icon, setIcon } from "../dom.js";
import { LONGEST_STEP, SPEEDS, USUAL, stepFrom } from "./playing.js";

/** @typedef {{frame: number, confirmed: boolean, playing: boolean, speed: number,
 *   looping: boolean, skeleton: boolean, choosing: boolean}} TransportState */

/** @typedef {import("./playing.js").Playing} Playing */

/** 0.125 -> "1/8". @param {number} speed */
const nameOf = (speed) => (speed < 1 ? `1/${1 / speed}` : String(speed));

export class Transport {
  /** What names each step button. @type {((settings: Playing) => void)[]} */ #steps = [];

  /** @param {{times: Float64Array, run: (command: string) => void, seek: (frame: number) => void,
   *   setSpeed: (speed: number) => void, choosePatient: () => void}} parts */
  constructor({ times, run, seek, setSpeed, choosePatient }) {
    this.times = times;
    this.playIcon = icon("play");
    this.frameBox = /** @type {HTMLInputElement} */ (
      h("input", {
        class: "frame-box",
        "aria-label": "Frame shown; type a frame or a time to go there",
        title: "Type a frame (1840) or a time (1:02.5) and press Enter (G)",
        inputmode: "numeric",
        spellcheck: "false",
        autocomplete: "off",
        onkeydown: (/** @type {KeyboardEvent} */ event) => this.#typed(event, seek),
        onblur: () => this.#write(),
        onfocus: () => this.frameBox.select(),
      })
    );
    this.time = h("output", { class: "time", "aria-label": "Time" });
    this.speedBox = /** @type {HTMLSelectElement} */ (
      h(
        "select",
        {
          class: "speed",
          "aria-label": "Speed",
          title: "Speed (< >)",
          onchange: () => {
            setSpeed(Number(this.speedBox.value));
            this.speedBox.blur();
          },
        },
        ...SPEEDS.map((speed) => h("option", { value: speed }, `${nameOf(speed)}×`)),
      )
    );
    /** @param {string} label @param {string} hint @param {string} command @param {any} picture */
    const press = (label, hint, command, picture, extra = "") =>
      button({ label, hint, class: extra, onPress: () => run(command) }, picture);
    this.loop = press("Loop the selected segment", "Y", "loop", icon("loop"));
    this.skeleton = press("Skeleton", "V", "skeleton", icon("skeleton"));
    this.patient = button(
      { label: "Choose the patient in the picture", class: "wide", onPress: choosePatient },
      icon("person"),
      h("span", {}, "Patient"),
    );
    this.patient.hidden = true;
    /** @param {"few" | "many"} size @param {string} where @param {string} key
     * @param {string} command @param {any} picture */
    const step = (size, where, key, command, picture) => {
      const made = press("", key, command, icon(picture));
      this.#steps.push((settings) => {
        const frames = settings[size];
        const label = `${frames === 1 ? "One frame" : `${frames} frames`} ${where}`;
        made.setAttribute("aria-label", label);
        made.title = `${label} (${key})`;
      });
      return made;
    };
    this.settings = h("details", { class: "playing", hidden: true });
    this.element = h(
      "div",
      { class: "transport", role: "toolbar", "aria-label": "Playback" },
      step("many", "back", "Shift+←", "back10", "back10"),
      step("few", "back", "←", "back1", "back"),
      press("Play or pause", "Space", "toggle", this.playIcon, "play"),
      step("few", "on", "→", "on1", "on"),
      step("many", "on", "Shift+→", "on10", "on10"),
      h(
        "span",
        { class: "readout" },
        this.frameBox,
        h("span", { class: "of" }, `/ ${frameCount(times) - 1}`),
      ),
      this.time,
      h("span", { class: "spring" }),
      this.speedBox,
      this.settings,
      this.loop,
      this.skeleton,
      this.patient,
    );
    this.#name(USUAL);
  }

  /** @param {Playing} settings */
  #name(settings) {
    for (const name of this.#steps) name(settings);
  }

  /** Lets the person choose the steps and whether playing stops at a segment's end.
   * @param {Playing} settings @param {(settings: Playing) => void} onChange */
  offerSettings(settings, onChange) {
    let now = settings;
    /** @param {Partial<Playing>} change */
    const change = (change) => {
      now = { ...now, ...change };
      this.#name(now);
      onChange(now);
    };
    /** @param {"few" | "many"} size @param {string} label */
    const frames = (size, label) => {
      const box = /** @type {HTMLInputElement} */ (
        h("input", { type: "number", min: 1, max: LONGEST_STEP, value: now[size] })
      );
      box.addEventListener("change", () => {
        const typed = stepFrom(box.value);
        if (typed !== null) change({ [size]: typed });
        box.value = String(now[size]);
      });
      return h("label", {}, label, box, "frames");
    };
    const stops = /** @type {HTMLInputElement} */ (h("input", { type: "checkbox" }));
    stops.checked = now.stopsAtEnd;
    stops.addEventListener("change", () => change({ stopsAtEnd: stops.checked }));
    this.settings.replaceChildren(
      h("summary", { class: "button", title: "Steps and playing" }, "Steps"),
      h(
        "div",
        { class: "choices" },
        frames("few", "Short step"),
        frames("many", "Long step"),
        h("label", {}, stops, "Stop at the end of the segment"),
      ),
    );
    this.settings.hidden = false;
    this.#name(now);
  }

  /** @param {TransportState} state */
  show(state) {
    this.state = state;
    this.#write();
    const end = this.times[frameCount(this.times)];
    this.time.textContent = `${formatTime(this.times[state.frame])} / ${formatTime(end, 0)}`;
    this.time.classList.toggle("pending", !state.confirmed);
    setIcon(this.playIcon, state.playing ? "pause" : "play");
    this.speedBox.value = String(state.speed);
    this.loop.setAttribute("aria-pressed", String(state.looping));
    this.skeleton.setAttribute("aria-pressed", String(state.skeleton));
    this.patient.setAttribute("aria-pressed", String(state.choosing));
  }

  /** @param {boolean} possible whether it is known who is in the picture */
  offerPatient(possible) {
    this.patient.hidden = !possible;
  }

  #write() {
    if (!this.state || this.frameBox.matches(":focus")) return;
    this.frameBox.value = String(this.state.frame);
    this.frameBox.classList.toggle("pending", !this.state.confirmed);
  }

  /** @param {KeyboardEvent} event @param {(frame: number) => void} seek */
  #typed(event, seek) {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    const frame = parseMoment(this.frameBox.value, this.times);
    this.frameBox.blur();
    if (event.key === "Enter" && frame !== null) seek(frame);
    event.stopPropagation();
  }
}
