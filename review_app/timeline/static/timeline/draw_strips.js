// Strips of what the model thinks: the most likely class at each moment, and how far each edge may
// be off. And the strip of pictures.
import { firstNotBelow } from "./marks.js";

/** @typedef {import("./brush.js").Brush} Brush */
/** @typedef {{top: number, height: number}} Box */
/** Small pictures in a grid, one every `every_s` seconds. @typedef {{image: CanvasImageSource,
 *   width: number, height: number, columns: number, count: number, every_s: number}} Pictures */
/** Edges of proposals by time: `at` and how far each may be off, both in seconds.
 * @typedef {{at: Float64Array, spread: Float64Array}} Edges */

const LEAST_SCORE = 0.05;
export const MOST_SPREAD_S = 1; // as high as the strip

/** @param {Brush} brush @param {Box} row @param {Pictures} pictures */
export function drawPictures({ context, view, width }, row, { image, ...strip }) {
  const across = (row.height * strip.width) / strip.height;
  // Anchored to time zero, so that panning moves pictures instead of flickering through others.
  const offset = (view.start / view.span) * width;
  const step = view.span / width;
  for (let n = Math.floor(offset / across); n * across - offset < width; n += 1) {
    const x = n * across - offset;
    const at = Math.round((view.start + (x + across / 2) * step) / strip.every_s);
    const shown = Math.max(0, Math.min(strip.count - 1, at));
    const sx = (shown % strip.columns) * strip.width;
    const sy = Math.floor(shown / strip.columns) * strip.height;
    const { width: w, height: h } = strip;
    context.drawImage(image, sx, sy, w, h, x, row.top, across - 1, row.height);
  }
}

/** The model's most likely class at each moment: its colour, as high as its probability.
 * @param {Brush} brush @param {Box} row
 * @param {import("../labels/confidence.js").Confidence} confidence
 * @param {(className: string) => string} colourOf */
export function drawConfidence({ context, view, width }, row, confidence, colourOf) {
  const step = view.span / width;
  const bottom = row.top + row.height;
  /** @type {Map<string, number[]>} place and height by turns */
  const bars = new Map();
  for (let x = 0; x < width; x += 1) {
    const from = view.start + x * step;
    const strongest = confidence.strongest(from, from + step);
    if (!strongest || strongest.score < LEAST_SCORE) continue;
    let ofClass = bars.get(strongest.className);
    if (!ofClass) bars.set(strongest.className, (ofClass = []));
    ofClass.push(x, strongest.score * row.height);
  }
  for (const [name, ofClass] of bars) {
    context.fillStyle = colourOf(name);
    for (let n = 0; n < ofClass.length; n += 2) {
      context.fillRect(ofClass[n], bottom - ofClass[n + 1], 1, ofClass[n + 1]);
    }
  }
}

/** A hill over each edge, as wide and as high as it may be off.
 * @param {Brush} brush @param {Box} row @param {Edges} edges */
export function drawSpread({ context, theme, view, width, x }, row, edges) {
  const bottom = row.top + row.height;
  const reach = MOST_SPREAD_S; // hills outside the view may reach into it
  const { at, spread } = edges;
  const first = firstNotBelow(at, view.start - reach);
  const scale = width / view.span;
  const heights = new Float32Array(Math.ceil(width) + 1);
  for (let n = first; n < at.length && at[n] < view.start + view.span + reach; n += 1) {
    const half = Math.max(1, spread[n] * scale);
    const middle = x(at[n]);
    const peak = Math.min(1, spread[n] / MOST_SPREAD_S);
    const last = Math.min(heights.length - 1, Math.floor(middle + half));
    for (let px = Math.max(0, Math.ceil(middle - half)); px <= last; px += 1) {
      const height = peak * (1 - Math.abs(px - middle) / (half + 1));
      if (height > heights[px]) heights[px] = height;
    }
  }
  context.fillStyle = theme.faint;
  heights.forEach((height, px) => {
    if (height > 0) context.fillRect(px, bottom - height * row.height, 1, height * row.height);
  });
}

/** @param {Iterable<import("./scene.js").Proposal>} proposals @param {Float64Array} times
 * @returns {Edges} */
export function edgesOf(proposals, times) {
  /** @type {[number, number][]} */
  const both = [];
  for (const one of proposals) {
    both.push([times[one.start_frame], one.start_spread_s]);
    both.push([times[one.end_frame], one.end_spread_s]);
  }
  both.sort((a, b) => a[0] - b[0]);
  return {
    at: Float64Array.from(both, ([at]) => at),
    spread: Float64Array.from(both, ([, spread]) => spread),
  };
}
