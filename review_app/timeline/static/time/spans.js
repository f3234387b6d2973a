// Sets of frames as sorted, separate half-open spans [start, end). Pure.

/** @typedef {[number, number]} Span */

/** @param {Span[]} spans @param {Span} added @returns {Span[]} */
export function addSpan(spans, added) {
  const apart = spans.filter(([start, end]) => end < added[0] || start > added[1]);
  const touching = spans.filter(([start, end]) => end >= added[0] && start <= added[1]);
  const merged = /** @type {Span} */ ([
    Math.min(added[0], ...touching.map(([start]) => start)),
    Math.max(added[1], ...touching.map(([, end]) => end)),
  ]);
  return [...apart, merged].sort((a, b) => a[0] - b[0]);
}

/** @param {Span[]} spans @param {Span} removed @returns {Span[]} */
export function removeSpan(spans, removed) {
  return spans.flatMap(([start, end]) => {
    /** @type {Span[]} */
    const kept = [
      [start, Math.min(end, removed[0])],
      [Math.max(start, removed[1]), end],
    ];
    return kept.filter(([a, b]) => a < b);
  });
}

/** @param {Span[]} spans @param {Span} asked */
export const covers = (spans, asked) =>
  spans.some(([start, end]) => start <= asked[0] && end >= asked[1]);

/** @param {Span[]} spans */
export const lengthOf = (spans) => spans.reduce((sum, [start, end]) => sum + end - start, 0);

/** What the spans leave out of [0, count). @param {Span[]} spans @param {number} count */
export const gaps = (spans, count) =>
  spans.reduce(removeSpan, /** @type {Span[]} */ ([[0, count]]));

/** Temporal intersection over union. @param {Span} a @param {Span} b */
export function tiou(a, b) {
  const shared = Math.min(a[1], b[1]) - Math.max(a[0], b[0]);
  return shared <= 0 ? 0 : shared / (Math.max(a[1], b[1]) - Math.min(a[0], b[0]));
}
