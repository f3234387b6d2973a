// A curve in its row: at each pixel from the lowest to the highest value of its moments.
import { POOR_COLOUR } from "./draw_axis.js";
import { pixelsOf } from "./marks.js";

/** @typedef {import("./brush.js").Brush} Brush */

const MARGIN_PX = 3;

/** @param {Brush} brush @param {{top: number, height: number}} row
 * @param {import("./curve.js").Curve} curve @param {[number, number][]} poor spans in seconds
 * where the pose behind it is not to be trusted */
export function drawCurve({ context, theme, view, width, x }, row, curve, poor) {
  const [bottom, top] = curve.range;
  const room = row.height - 2 * MARGIN_PX;
  const y = (/** @type {number} */ value) =>
    row.top + MARGIN_PX + room * (1 - (value - bottom) / (top - bottom));
  const ticks = (curve.hertz * view.span) / width; // to a pixel
  context.strokeStyle = theme.primary;
  context.lineWidth = 1.25;
  context.beginPath();
  if (ticks > 1) drawBand(context, curve, view.start * curve.hertz, ticks, width, y);
  else drawLine(context, curve, view, x, y);
  context.stroke();
  context.fillStyle = theme.background;
  context.globalAlpha = 0.65;
  const veils = pixelsOf(poor, view.start, view.start + view.span, x);
  for (const [left, right] of veils) {
    context.fillRect(left, row.top, right - left, row.height);
  }
  context.globalAlpha = 0.8;
  context.fillStyle = POOR_COLOUR;
  for (const [left, right] of veils) {
    context.fillRect(left, row.top + row.height - 1, right - left, 1);
  }
  context.globalAlpha = 1;
}

/** @param {CanvasRenderingContext2D} context @param {import("./curve.js").Curve} curve
 * @param {number} first tick at the left end @param {number} ticks to a pixel
 * @param {number} width @param {(value: number) => number} y */
function drawBand(context, curve, first, ticks, width, y) {
  let before = null;
  for (let px = 0; px < width; px += 1) {
    const from = Math.floor(first + px * ticks);
    const { low, high } = curve.between(
      from,
      Math.max(from + 1, Math.floor(first + (px + 1) * ticks)),
    );
    if (low > high) {
      before = null;
      continue;
    }
    if (before === null) context.moveTo(px + 0.5, y(high));
    else context.lineTo(px + 0.5, y(high));
    context.lineTo(px + 0.5, y(low) + 0.5);
    before = low;
  }
}

/** @param {CanvasRenderingContext2D} context @param {import("./curve.js").Curve} curve
 * @param {import("../time/view.js").View} view @param {(seconds: number) => number} x
 * @param {(value: number) => number} y */
function drawLine(context, { values, hertz }, view, x, y) {
  const first = Math.max(0, Math.floor(view.start * hertz) - 1);
  const last = Math.min(values.length - 1, Math.ceil((view.start + view.span) * hertz) + 1);
  let drawing = false;
  for (let tick = first; tick <= last; tick += 1) {
    const known = !Number.isNaN(values[tick]);
    if (known && drawing) context.lineTo(x(tick / hertz), y(values[tick]));
    else if (known) context.moveTo(x(tick / hertz), y(values[tick]));
    drawing = known;
  }
}
