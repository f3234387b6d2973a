// What moves while a person drags: drafts, the line they stick to, the chosen range and the box
// around what is being chosen. On a canvas of its own, so that a drag repaints nothing else.
import { drawItem } from "./draw_items.js";

/** @typedef {import("./brush.js").Brush} Brush */
/** @typedef {import("./items.js").Item} Item */
/** Pixels of the time axis and of the rows, in any order.
 * @typedef {{left: number, right: number, top: number, bottom: number}} Box */
/** `range` is in frames, `snapAt` in seconds, `cursor` in pixels.
 * @typedef {{drafts: Item[], snapAt: number | null, range: [number, number] | null,
 *   box: Box | null, cursor: number | null}} Moving */

/** @param {Brush} brush @param {Moving} moving
 * @param {(item: Item) => {top: number, height: number} | null} rowOf
 * @param {(item: Item) => import("./scene.js").Look} look @param {number} bottom of the rows */
export function drawMoving(brush, { drafts, snapAt, range, box, cursor }, rowOf, look, bottom) {
  const { context, theme, times, width, x } = brush;
  if (range) {
    const left = Math.max(0, x(times[range[0]]));
    const across = Math.min(width, x(times[range[1]])) - left;
    context.fillStyle = theme.primary;
    context.globalAlpha = 0.14;
    if (across > 0) context.fillRect(left, 0, across, bottom);
    context.globalAlpha = 1;
  }
  for (const item of drafts) {
    const row = rowOf(item);
    if (!row) continue;
    const left = x(times[item.start_frame]);
    drawItem(brush, row, item, left, x(times[item.end_frame]), look(item), true);
  }
  if (cursor !== null) {
    context.fillStyle = theme.faint;
    context.globalAlpha = 0.5;
    context.fillRect(Math.round(cursor), 0, 1, bottom);
    context.globalAlpha = 1;
  }
  if (box) drawBox(brush, box);
  if (snapAt !== null) drawLine(brush, x(snapAt), bottom);
}

/** @param {Brush} brush @param {Box} box */
function drawBox({ context, theme }, box) {
  const [left, top] = [Math.min(box.left, box.right), Math.min(box.top, box.bottom)];
  const [across, down] = [Math.abs(box.right - box.left), Math.abs(box.bottom - box.top)];
  context.fillStyle = theme.primary;
  context.globalAlpha = 0.12;
  context.fillRect(left, top, across, down);
  context.globalAlpha = 1;
  context.strokeStyle = theme.primary;
  context.lineWidth = 1;
  context.strokeRect(left + 0.5, top + 0.5, across, down);
}

/** @param {Brush} brush @param {number} at @param {number} bottom */
function drawLine({ context, theme }, at, bottom) {
  const x = Math.round(at) + 0.5;
  context.strokeStyle = theme.primary;
  context.lineWidth = 1.5;
  context.setLineDash([3, 3]);
  context.beginPath();
  context.moveTo(x, 0);
  context.lineTo(x, bottom);
  context.stroke();
  context.setLineDash([]);
}
