// The whole recording in one strip, with the part in view left bright. Painted only when labels
// change, tier by tier; while the view moves only two shades are moved over it.
import { h } from "../dom.js";
import { GUTTER, MINIMAP_PX } from "./rows.js";

/** @typedef {import("./items.js").Index} Index */
/** @typedef {import("./scene.js").Scene} Scene */
/** Strokes of one colour: left and width by turns. @typedef {Map<string, number[]>} Strokes */

const LEAST_OPENING_PX = 6;
const INSET_PX = 2;

export class Minimap {
  /** @type {WeakMap<Index, {width: number, strokes: Strokes}>} */ #known = new WeakMap();
  #painted = "";

  constructor() {
    this.canvas = /** @type {HTMLCanvasElement} */ (h("canvas", {}));
    this.before = h("div", { class: "shade" });
    this.after = h("div", { class: "shade after" });
    this.edges = [h("div", { class: "edge" }), h("div", { class: "edge" })];
    this.here = h("div", { class: "here" });
    const over = [this.before, this.after, ...this.edges, this.here];
    this.frame = h("div", { class: "whole" }, this.canvas, ...over);
    this.element = h("div", { class: "minimap" }, this.frame);
  }

  /** @param {import("../time/view.js").View} view @param {number} duration
   * @param {number} width pixels */
  showView(view, duration, width) {
    const opening = Math.max(LEAST_OPENING_PX / width, view.span / duration);
    const room = 1 - opening;
    const rest = duration - view.span;
    const left = rest > 0 ? room * (view.start / rest) : 0;
    this.before.style.transform = `scaleX(${left})`;
    this.after.style.transform = `scaleX(${1 - left - opening})`;
    [left, left + opening].forEach((share, n) => {
      this.edges[n].style.transform = `translateX(${share * 100}%)`;
    });
  }

  /** @param {number} share of the recording */
  showPlayhead(share) {
    this.here.style.transform = `translateX(${share * 100}%)`;
  }

  /** @param {Scene} scene @param {Float64Array} times @param {number} width
   * @param {boolean} proposals whether they are shown */
  paint(scene, times, width, proposals) {
    const pixels = window.devicePixelRatio || 1;
    const key = `${scene.version} ${width} ${pixels} ${proposals}`;
    if (key === this.#painted) return;
    this.#painted = key;
    this.element.style.width = `${GUTTER + width}px`;
    this.canvas.width = Math.round(width * pixels);
    this.canvas.height = Math.round(MINIMAP_PX * pixels);
    const context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    context.setTransform(pixels, 0, 0, pixels, 0, 0);
    const height = MINIMAP_PX - 2 * INSET_PX;
    const offered = proposals ? scene.models[0]?.index : undefined;
    if (offered) {
      context.globalAlpha = 0.35;
      this.#stroke(context, this.#strokes(offered, scene, times, width), INSET_PX, height);
    }
    context.globalAlpha = 1;
    const layer = scene.layers[0];
    const tiers = layer ? scene.tiers.map(({ id }) => scene.indexOf(layer.id).tier(id)) : [];
    const filled = tiers.filter(({ items }) => items.length);
    filled.forEach((index, n) => {
      const each = height / filled.length;
      const strokes = this.#strokes(index, scene, times, width);
      this.#stroke(context, strokes, INSET_PX + n * each, each - (filled.length > 1 ? 0.5 : 0));
    });
  }

  /** @param {Index} index an edit makes a new one of its tier alone @param {Scene} scene
   * @param {Float64Array} times @param {number} width @returns {Strokes} */
  #strokes(index, scene, times, width) {
    const known = this.#known.get(index);
    if (known?.width === width) return known.strokes;
    const scale = width / times[times.length - 1];
    /** @type {Strokes} */
    const strokes = new Map();
    for (const item of index.items) {
      const { colour } = scene.look(item);
      let spans = strokes.get(colour);
      if (!spans) strokes.set(colour, (spans = []));
      const left = Math.floor(times[item.start_frame] * scale);
      const right = Math.max(left + 1, Math.round(times[item.end_frame] * scale));
      if (spans.length && left <= spans[spans.length - 1]) {
        spans[spans.length - 1] = Math.max(right, spans[spans.length - 1]);
      } else spans.push(left, right);
    }
    this.#known.set(index, { width, strokes });
    return strokes;
  }

  /** @param {CanvasRenderingContext2D} context @param {Strokes} strokes @param {number} top
   * @param {number} height */
  #stroke(context, strokes, top, height) {
    for (const [colour, spans] of strokes) {
      context.fillStyle = colour;
      for (let n = 0; n < spans.length; n += 2) {
        context.fillRect(spans[n], top, spans[n + 1] - spans[n], height);
      }
    }
  }
}
