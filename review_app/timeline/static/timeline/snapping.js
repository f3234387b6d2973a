// Where a dragged edge wants to stick. Pure: seconds in, seconds out.

/** @param {number} seconds @param {number[]} candidates seconds @param {number} reach seconds
 * @returns {number | null} the candidate within reach that is closest */
export function snap(seconds, candidates, reach) {
  let best = null;
  let distance = reach;
  for (const candidate of candidates) {
    const gap = Math.abs(candidate - seconds);
    if (gap <= distance) [best, distance] = [candidate, gap];
  }
  return best;
}

/** A moved body may stick with either edge. @param {number} start @param {number} end
 * @param {number[]} candidates @param {number} reach
 * @returns {{shift: number, at: number} | null} */
export function snapBody(start, end, candidates, reach) {
  const atStart = snap(start, candidates, reach);
  const atEnd = snap(end, candidates, reach);
  const first = atStart === null ? null : { shift: atStart - start, at: atStart };
  const last = atEnd === null ? null : { shift: atEnd - end, at: atEnd };
  if (!first || !last) return first ?? last;
  return Math.abs(first.shift) <= Math.abs(last.shift) ? first : last;
}
