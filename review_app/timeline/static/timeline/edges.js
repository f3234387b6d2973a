// How far off the edges of a proposal may be: a whisker on each, one standard deviation to either
// side. Two edges of three lie within theirs.
import { xOf } from "../time/view.js";

/** @typedef {{left: number, right: number}} Whisker pixels of the time axis */

const LEAST_PX = 1.5; // to either side; a shorter one is the edge itself
const CAP_PX = 2.5;
const ABOVE_BOTTOM_PX = 4.5; // below the words

/** Those of [start, end] seconds that are long enough to be seen.
 * @param {[number, number]} edges @param {[number, number]} spreads seconds
 * @param {import("../time/view.js").View} view @param {number} width @returns {Whisker[]} */
export function whiskers(edges, spreads, view, width) {
  return edges.flatMap((edge, n) => {
    const left = xOf(view, width, edge - spreads[n]);
    const right = xOf(view, width, edge + spreads[n]);
    return right - left < 2 * LEAST_PX ? [] : [{ left, right }];
  });
}

/** @param {CanvasRenderingContext2D} context @param {Whisker[]} lines
 * @param {{top: number, height: number}} box of the proposal @param {string} colour */
export function drawWhiskers(context, lines, { top, height }, colour) {
  const y = Math.round(top + height - ABOVE_BOTTOM_PX) - 0.5;
  context.strokeStyle = colour;
  context.globalAlpha = 0.8;
  context.lineWidth = 1;
  context.beginPath();
  for (const { left, right } of lines) {
    context.moveTo(left, y);
    context.lineTo(right, y);
    for (const x of [left, right]) {
      context.moveTo(x, y - CAP_PX);
      context.lineTo(x, y + CAP_PX);
    }
  }
  context.stroke();
  context.globalAlpha = 1;
}
