// What the patient's skeleton tells, fetched when it is wanted: the list of curves, those chosen,
// where the movement rests and where the pose is poor.
import { Curve } from "./curve.js";

/** @typedef {import("./curve.js").CurveName} CurveName */

const NO_RESTS = new Float64Array(0);

export class Movement {
  /** @type {CurveName[]} what can be chosen */ names = [];
  /** @type {Float64Array} seconds, rising */ rests = NO_RESTS;
  /** @type {[number, number][]} seconds */ poor = [];
  /** Grows with everything that arrives. */ version = 0;
  /** @type {Map<string, Curve | "coming">} */ #curves = new Map();
  /** @type {number | null} */ #run = null;
  #hertz = 15;

  /** @param {{api: import("../sync/api.js").Api, videoId: number, onArrival: () => void}} parts */
  constructor({ api, videoId, onArrival }) {
    this.api = api;
    this.path = `videos/${videoId}`;
    this.onArrival = onArrival;
  }

  /** @param {number | null} run whose skeleton; null: there is none yet */
  async setRun(run) {
    if (run === this.#run) return;
    this.#run = run;
    this.names = [];
    this.rests = NO_RESTS;
    this.poor = [];
    this.#curves.clear();
    this.#arrived();
    if (run === null) return;
    const query = { run };
    await Promise.allSettled([
      this.api.json(`${this.path}/curves`, query).then(({ curves, times_at }) => {
        if (run === this.#run) [this.names, this.#hertz] = [curves, times_at];
      }),
      this.api.numbers(`${this.path}/rests`, Float64Array, query).then((rests) => {
        if (run === this.#run) this.rests = rests;
      }),
      this.api.json(`${this.path}/pose_quality`, query).then(({ spans }) => {
        if (run === this.#run) this.poor = spans;
      }),
    ]); // whatever does not come is not drawn: the desk is complete without it
    this.#arrived();
  }

  /** Those of the chosen that have come; the others are asked for.
   * @param {string[]} chosen names @returns {Curve[]} in the order chosen */
  curves(chosen) {
    return chosen.flatMap((name) => {
      const about = this.names.find((one) => one.name === name);
      const curve = this.#curves.get(name);
      if (about && !curve) void this.#fetch(about);
      return curve instanceof Curve ? [curve] : [];
    });
  }

  /** @param {CurveName} about */
  async #fetch(about) {
    const run = this.#run;
    this.#curves.set(about.name, "coming");
    try {
      const path = `${this.path}/curves/${encodeURIComponent(about.name)}`;
      const values = await this.api.numbers(path, Float32Array, { run });
      if (run !== this.#run) return;
      this.#curves.set(about.name, new Curve({ about, values, hertz: this.#hertz }));
      this.#arrived();
    } catch {
      if (run === this.#run) setTimeout(() => this.#curves.delete(about.name), 5000);
    }
  }

  #arrived() {
    this.version += 1;
    this.onArrival();
  }
}
