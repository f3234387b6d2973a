// The model's class probabilities through time, ready to be asked for any stretch of it.

/** @typedef {{times: number[], classes: string[], scores: number[][]}} Answer scores[step][class] */

export class Confidence {
  /** Strongest score and its class at each step, then in blocks of 2, 4, 8, ... steps, so that a
   * stretch of any length costs a handful of lookups.
   * @type {{scores: Float32Array, classes: Uint16Array}[]} */
  #levels;

  /** @param {Answer} answer */
  constructor({ times, classes, scores }) {
    this.times = times;
    this.classes = classes;
    const best = scores.map((row) =>
      row.reduce((top, score, n) => (score > row[top] ? n : top), 0),
    );
    this.#levels = [
      {
        scores: Float32Array.from(scores, (row, n) => row[best[n]] ?? 0),
        classes: Uint16Array.from(best),
      },
    ];
    while (this.#levels[this.#levels.length - 1].scores.length > 1) {
      this.#levels.push(halve(this.#levels[this.#levels.length - 1]));
    }
    this.step = times.length > 1 ? (times[times.length - 1] - times[0]) / (times.length - 1) : 1;
  }

  /** @param {number} from @param {number} to seconds
   * @returns {{score: number, className: string} | null} */
  strongest(from, to) {
    const first = Math.round((from - this.times[0]) / this.step);
    const last = Math.max(first, Math.round((to - this.times[0]) / this.step) - 1);
    let low = Math.max(0, first);
    const high = Math.min(this.times.length - 1, last);
    let best = null;
    while (low <= high) {
      let level = 0; // the largest block that starts here and ends within
      while (low % (2 << level) === 0 && low + (2 << level) - 1 <= high) level += 1;
      const { scores, classes } = this.#levels[level];
      const at = low >> level;
      if (!best || scores[at] > best.score) best = { score: scores[at], class: classes[at] };
      low += 1 << level;
    }
    return best && { score: best.score, className: this.classes[best.class] };
  }
}

/** @param {{scores: Float32Array, classes: Uint16Array}} finer */
function halve(finer) {
  const length = Math.ceil(finer.scores.length / 2);
  const scores = new Float32Array(length);
  const classes = new Uint16Array(length);
  for (let n = 0; n < length; n += 1) {
    const second = Math.min(2 * n + 1, finer.scores.length - 1);
    const at = finer.scores[second] > finer.scores[2 * n] ? second : 2 * n;
    scores[n] = finer.scores[at];
    classes[n] = finer.classes[at];
  }
  return { scores, classes };
}
