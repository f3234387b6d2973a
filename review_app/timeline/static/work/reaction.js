// How long a person takes from what they see to the key that says so. Pure.

/** Until it has been measured. */
export const USUAL_MS = 250;
export const PRESSES = 10;
/** Faster than this nobody sees and presses: it was pressed beforehand. */
export const LEAST_MS = 100;
/** Slower than this the person was elsewhere. */
export const MOST_MS = 1500;
const FAR = 3; // deviations, of which two thirds of the presses lie within one
const PER_DEVIATION = 1.4826; // of a normal distribution, from the median distance

/** The median of the presses, without those that lie far from the others.
 * @param {number[]} pressesMs from LEAST_MS to MOST_MS, at least one
 * @returns {{ms: number, kept: number, dropped: number}} */
export function reactionOf(pressesMs) {
  const middle = median(pressesMs);
  const distance = median(pressesMs.map((ms) => Math.abs(ms - middle)));
  const far = FAR * PER_DEVIATION * Math.max(distance, 1);
  const kept = pressesMs.filter((ms) => Math.abs(ms - middle) <= far);
  return { ms: Math.round(median(kept)), kept: kept.length, dropped: pressesMs.length - kept.length };
}

/** @param {number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** The preference, whatever is stored there. @param {unknown} preference {ms} as it is kept
 * @returns {{ms: number, measured: boolean}} */
export function reactionIn(preference) {
  const ms = /** @type {{ms?: unknown} | undefined} */ (preference)?.ms;
  const known = typeof ms === "number" && ms >= 0 && ms <= MOST_MS;
  return known ? { ms, measured: true } : { ms: USUAL_MS, measured: false };
}

/** What a press means that came `ms` after the picture changed.
 * @param {number | null} ms null: it has not changed yet
 * @returns {"early" | "counts" | "late"} */
export function judge(ms) {
  if (ms === null || ms < LEAST_MS) return "early";
  return ms <= MOST_MS ? "counts" : "late";
}
