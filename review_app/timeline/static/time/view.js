// The part of the recording on screen, and its arithmetic. Pure: seconds and pixels only.

/** @typedef {{start: number, span: number}} View seconds at the left edge, seconds across */

const SHORTEST_SPAN_S = 0.2;
const TOO_SMALL = 0.02; // of the view

/** @param {View} view @param {number} duration @returns {View} */
export function clampView(view, duration) {
  const span = Math.max(Math.min(SHORTEST_SPAN_S, duration), Math.min(view.span, duration));
  return { start: Math.max(0, Math.min(view.start, duration - span)), span };
}

/** @param {number} duration @returns {View} */
export const wholeView = (duration) => ({ start: 0, span: duration });

/** @param {View} view @param {number} width @param {number} seconds */
export const xOf = (view, width, seconds) => ((seconds - view.start) / view.span) * width;

/** @param {View} view @param {number} width @param {number} x */
export const secondsAt = (view, width, x) => view.start + (x / width) * view.span;

/** Zooms by `factor` (below 1 shows less) so that `anchor` seconds stays under the cursor.
 * @param {View} view @param {number} factor @param {number} anchor @param {number} duration */
export function zoomAt(view, factor, anchor, duration) {
  const span = clampView({ start: 0, span: view.span * factor }, duration).span;
  const share = (anchor - view.start) / view.span;
  return clampView({ start: anchor - share * span, span }, duration);
}

/** @param {View} view @param {number} seconds @param {number} duration */
export const panBy = (view, seconds, duration) =>
  clampView({ start: view.start + seconds, span: view.span }, duration);

/** The least movement that brings [from, to] into view; zooms only when it does not fit, or when
 * it would be too small to be worked on.
 * @param {View} view @param {number} from @param {number} to @param {number} duration */
export function reveal(view, from, to, duration) {
  const length = to - from;
  if (length > 0 && length < view.span * TOO_SMALL) {
    return clampView({ start: from - 3.5 * length, span: 8 * length }, duration);
  }
  const margin = Math.min(view.span * 0.12, (to - from) / 2 + view.span * 0.05);
  if (to - from + 2 * margin > view.span) return frameRange(from, to, duration);
  if (from - margin < view.start) {
    return clampView({ start: from - margin, span: view.span }, duration);
  }
  if (to + margin > view.start + view.span) {
    return clampView({ start: to + margin - view.span, span: view.span }, duration);
  }
  return view;
}

/** [from, to] across the middle two thirds. @param {number} from @param {number} to
 * @param {number} duration */
export function frameRange(from, to, duration) {
  const span = (to - from) * 1.5;
  return clampView({ start: from - (to - from) * 0.25, span }, duration);
}

/** During playback: turn the page when the playhead leaves it.
 * @param {View} view @param {number} seconds @param {number} duration */
export function follow(view, seconds, duration) {
  if (seconds >= view.start && seconds <= view.start + view.span) return view;
  return clampView({ start: seconds - view.span * 0.08, span: view.span }, duration);
}

const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800];

/** Ruler marks: labelled ones at least `apart` pixels from each other, five parts between.
 * @param {View} view @param {number} width @param {number} [apart]
 * @returns {{step: number, decimals: number, major: number[], minor: number[]}} */
export function rulerMarks(view, width, apart = 84) {
  const wanted = (view.span / Math.max(1, width)) * apart;
  const step = STEPS.find((candidate) => candidate >= wanted) ?? 3600;
  const parts = step === 15 || step === 30 || step === 60 ? 3 : 5;
  const end = view.start + view.span;
  /** @type {number[]} */
  const major = [];
  /** @type {number[]} */
  const minor = [];
  for (let k = Math.floor(view.start / step) * parts; (k * step) / parts <= end; k += 1) {
    (k % parts ? minor : major).push((k * step) / parts);
  }
  return { step, decimals: step < 0.1 ? 2 : step < 1 ? 1 : 0, major, minor };
}
