// The upper edge of the timeline: dragged, it gives the rows more room or less; a double click
// gives them what they need again. Arrow keys do the same.
import { h } from "../dom.js";

const STEP_PX = 24;

export class Splitter {
  /** @type {{y: number, height: number} | null} */ #grabbed = null;

  /** @param {{timeline: import("./timeline.js").Timeline,
   *   onHeight: (height: number | null, done: boolean) => void}} parts */
  constructor({ timeline, onHeight }) {
    this.timeline = timeline;
    this.onHeight = onHeight;
    this.element = h("div", {
      class: "splitter",
      role: "separator",
      tabindex: "0",
      "aria-orientation": "horizontal",
      "aria-label": "Height of the timeline",
      "aria-valuenow": "0",
      "aria-valuemin": "0",
      "aria-valuemax": "4000",
      title: "Drag for more rows or a larger picture",
      onpointerdown: (/** @type {PointerEvent} */ event) => this.#press(event),
      onpointermove: (/** @type {PointerEvent} */ event) => this.#move(event, false),
      onpointerup: (/** @type {PointerEvent} */ event) => this.#move(event, true),
      ondblclick: (/** @type {Event} */ event) => {
        event.stopPropagation();
        onHeight(null, true);
      },
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.#key(event),
    });
  }

  /** @param {number} height of the timeline now */
  show(height) {
    this.element.setAttribute("aria-valuenow", String(height));
  }

  /** @param {PointerEvent} event */
  #press(event) {
    event.stopPropagation();
    event.preventDefault();
    this.element.setPointerCapture(event.pointerId);
    this.#grabbed = { y: event.clientY, height: this.timeline.element.clientHeight };
  }

  /** @param {PointerEvent} event @param {boolean} done */
  #move(event, done) {
    if (!this.#grabbed) return;
    event.stopPropagation();
    const { y, height } = this.#grabbed;
    if (done) this.#grabbed = null;
    if (y !== event.clientY || !done) this.onHeight(height + y - event.clientY, done);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const by = { ArrowUp: STEP_PX, ArrowDown: -STEP_PX }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    this.onHeight(this.timeline.element.clientHeight + by, true);
  }
}
