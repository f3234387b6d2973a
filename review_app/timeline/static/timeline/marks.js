// Sorted spans as the pixels they take up. Pure: however many there are, what comes out is never
// more than the pixels of the view, and what lies outside it costs a search.

/** Pixels [left, right). @typedef {[number, number]} Pixels */

/** @param {ArrayLike<[number, number]>} spans sorted and apart @param {number} from
 * @returns {number} the first that ends after `from` */
export function firstEndingAfter(spans, from) {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (spans[middle][1] <= from) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** @param {ArrayLike<[number, number]>} spans sorted and apart, in frames or seconds
 * @param {number} from @param {number} to of what is in view, in the same unit
 * @param {(moment: number) => number} x @returns {Pixels[]} apart by a pixel at least */
export function pixelsOf(spans, from, to, x) {
  /** @type {Pixels[]} */
  const found = [];
  for (let n = firstEndingAfter(spans, from); n < spans.length && spans[n][0] < to; n += 1) {
    const left = x(Math.max(from, spans[n][0]));
    const right = x(Math.min(to, spans[n][1]));
    const last = found[found.length - 1];
    if (last && left < last[1] + 1) last[1] = Math.max(last[1], right);
    else found.push([left, Math.max(right, left + 1)]);
  }
  return found;
}

/** @param {Float64Array | number[]} sorted @param {number} from
 * @returns {number} the place of the first that is not below `from` */
export function firstNotBelow(sorted, from) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Values of a sorted array in [from, to]. @param {Float64Array | number[]} sorted
 * @param {number} from @param {number} to @returns {number[]} */
export function momentsBetween(sorted, from, to) {
  const found = [];
  for (let n = firstNotBelow(sorted, from); n < sorted.length && sorted[n] <= to; n += 1) {
    found.push(sorted[n]);
  }
  return found;
}
