// The ruler: times, and under them what was seen, what is finished and where the pose is poor.
import { formatTime } from "../time/clock.js";
import { rulerMarks } from "../time/view.js";
import { pixelsOf } from "./marks.js";
import { RULER_PX } from "./rows.js";

/** @typedef {import("./brush.js").Brush} Brush */
/** @typedef {[number, number]} Span */

const BAND_PX = 5;
const POOR_PX = 2;
export const POOR_COLOUR = "#e69f00"; // Okabe and Ito's orange, told from the rest by everyone

/** @param {Brush} brush @param {{seen: Span[], finished: Span[], poor: Span[]}} spans of frames,
 * the last of seconds */
export function drawRuler(brush, { seen, finished, poor }) {
  const { context, theme, view, width, times, from, to, x } = brush;
  const top = RULER_PX - BAND_PX;
  const frameX = (/** @type {number} */ frame) => x(times[frame]);
  context.fillStyle = theme.line;
  context.fillRect(0, top, width, BAND_PX);
  context.fillStyle = theme.finished;
  context.globalAlpha = 0.38;
  for (const [left, right] of pixelsOf(seen, from, to, frameX)) {
    context.fillRect(left, top, right - left, BAND_PX);
  }
  context.globalAlpha = 1;
  for (const [left, right] of pixelsOf(finished, from, to, frameX)) {
    context.fillRect(left, top, right - left, BAND_PX);
  }
  context.fillStyle = POOR_COLOUR;
  for (const [left, right] of pixelsOf(poor, view.start, view.start + view.span, x)) {
    context.fillRect(left, RULER_PX - POOR_PX, right - left, POOR_PX);
  }
  const { major, minor, decimals } = rulerMarks(view, width);
  context.fillStyle = theme.faint;
  context.globalAlpha = 0.5;
  for (const at of minor) context.fillRect(x(at), top - 4, 1, 4);
  context.globalAlpha = 1;
  for (const at of major) {
    context.fillRect(x(at), top - 7, 1, 7);
    context.fillText(formatTime(at, decimals), x(at) + 4, 8);
  }
}
