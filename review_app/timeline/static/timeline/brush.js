// A canvas that follows its element, and what every drawing on the time axis needs to know.
import { readTheme } from "../colours.js";
import { frameAt } from "../time/clock.js";
import { GUTTER, RULER_PX } from "./rows.js";

/** `width` and `height`: pixels of the time axis and of the rows below the ruler; `from`, `to`:
 * frames in view. The origin is the left end of the time axis, at the top of the ruler.
 * @typedef {{context: CanvasRenderingContext2D, theme: import("../colours.js").Theme,
 *   view: import("../time/view.js").View, times: Float64Array, width: number, height: number,
 *   from: number, to: number, x: (seconds: number) => number}} Brush */

const THEME_MS = 500; // reading colours from the page makes it work out its styles
export const FONT_PX = 11;

export class Layer {
  #read = -Infinity;
  /** @type {import("../colours.js").Theme | null} */ #theme = null;

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  }

  /** Empty, and as large as told. @param {import("../time/view.js").View} view
   * @param {Float64Array} times @param {number} width @param {number} height @returns {Brush} */
  brush(view, times, width, height) {
    const { canvas, context } = this;
    const pixels = window.devicePixelRatio || 1;
    const across = Math.round((GUTTER + width) * pixels);
    const down = Math.round((RULER_PX + height) * pixels);
    if (canvas.width !== across || canvas.height !== down) {
      canvas.width = across;
      canvas.height = down;
      canvas.style.width = `${GUTTER + width}px`; // a scroll bar may stand beside it
      canvas.style.height = `${RULER_PX + height}px`;
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, across, down);
    context.setTransform(pixels, 0, 0, pixels, GUTTER * pixels, 0);
    const theme = this.#themeNow();
    context.font = `${FONT_PX}px ${theme.font}`;
    context.textBaseline = "middle";
    const scale = width / view.span;
    return {
      ...{ context, theme, view, times, width, height },
      from: frameAt(times, view.start),
      to: frameAt(times, view.start + view.span) + 1,
      x: (seconds) => (seconds - view.start) * scale,
    };
  }

  #themeNow() {
    const now = performance.now();
    if (!this.#theme || now - this.#read > THEME_MS) {
      this.#theme = readTheme(this.canvas);
      this.#read = now;
    }
    return this.#theme;
  }
}
