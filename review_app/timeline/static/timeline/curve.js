// A curve of the movement, such as the angle of a knee, ready to be drawn at any zoom. Pure.

/** What the server lists. @typedef {{name: string, title: string, unit: string}} CurveName */

const NOTHING = { low: Infinity, high: -Infinity };

export class Curve {
  /** Lowest and highest value of 1, 2, 4, ... neighbouring ticks.
   * @type {{low: Float32Array, high: Float32Array}[]} */
  #levels;

  /** @param {{about: CurveName, values: Float32Array, hertz: number}} parts values: one a tick,
   * NaN where it is unknown */
  constructor({ about, values, hertz }) {
    this.about = about;
    this.values = values;
    this.hertz = hertz;
    const known = (/** @type {number} */ instead) =>
      values.map((value) => (Number.isNaN(value) ? instead : value));
    this.#levels = [{ low: known(Infinity), high: known(-Infinity) }];
    while (this.#levels[this.#levels.length - 1].low.length > 1) {
      const finer = this.#levels[this.#levels.length - 1];
      this.#levels.push({ low: halve(finer.low, Math.min), high: halve(finer.high, Math.max) });
    }
    const { low, high } = this.between(0, values.length);
    /** The values that the row spans, bottom and top. */
    this.range = low < high ? [low, high] : low === high ? [low - 1, low + 1] : [0, 1];
  }

  /** The lowest and highest value among ticks [first, last). @param {number} first
   * @param {number} last @returns {{low: number, high: number}} low > high: all unknown */
  between(first, last) {
    let { low, high } = NOTHING;
    let tick = Math.max(0, first);
    const end = Math.min(this.values.length, last);
    while (tick < end) {
      let level = 0; // the largest block that starts here and ends within
      while (tick % (2 << level) === 0 && tick + (2 << level) <= end) level += 1;
      const at = tick >> level;
      low = Math.min(low, this.#levels[level].low[at]);
      high = Math.max(high, this.#levels[level].high[at]);
      tick += 1 << level;
    }
    return { low, high };
  }

  /** @param {number} seconds @returns {number | null} the value at the nearest tick */
  at(seconds) {
    const value = this.values[Math.round(seconds * this.hertz)];
    return value === undefined || Number.isNaN(value) ? null : value;
  }

  /** "42°", "0.31 m/s", "unknown": for people. @param {number} seconds */
  words(seconds) {
    const value = this.at(seconds);
    const { unit } = this.about;
    if (value === null) return "unknown";
    const [low, high] = this.range;
    const digits = high - low >= 20 ? 0 : high - low >= 2 ? 1 : 2;
    return `${value.toFixed(digits)}${unit === "°" ? "" : " "}${unit}`;
  }
}

/** @param {Float32Array} finer @param {(a: number, b: number) => number} pick */
const halve = (finer, pick) =>
  Float32Array.from({ length: Math.ceil(finer.length / 2) }, (_, n) =>
    pick(finer[2 * n], finer[Math.min(2 * n + 1, finer.length - 1)]),
  );
