// The bar under the picture: where we are, and the buttons to be elsewhere.
import { formatTime, frameCount, parseMoment } from "../time/clock.js";
import { button, h, icon, setIcon } from "../dom.js";
import { SPEEDS } from "./player.js";

/** @typedef {{frame: number, confirmed: boolean, playing: boolean, speed: number,
 *   looping: boolean, skeleton: boolean, choosing: boolean}} TransportState */

export class Transport {
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
        ...SPEEDS.map((speed) => h("option", { value: speed }, `${speed}×`)),
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
    this.element = h(
      "div",
      { class: "transport", role: "toolbar", "aria-label": "Playback" },
      press("10 frames back", "Shift+←", "back10", icon("back10")),
      press("One frame back", "←", "back1", icon("back")),
      press("Play or pause", "Space", "toggle", this.playIcon, "play"),
      press("One frame on", "→", "on1", icon("on")),
      press("10 frames on", "Shift+→", "on10", icon("on10")),
      h(
        "span",
        { class: "readout" },
        this.frameBox,
        h("span", { class: "of" }, `/ ${frameCount(times) - 1}`),
      ),
      this.time,
      h("span", { class: "spring" }),
      this.speedBox,
      this.loop,
      this.skeleton,
      this.patient,
    );
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
