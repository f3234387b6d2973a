// The model's side of a recording: what it proposes, which of that is offered to this person, and
// how probable each class is through time.
import { Confidence } from "./confidence.js";
import { offered } from "./offered.js";

/** @typedef {import("../timeline/scene.js").Proposal} Proposal */
/** @typedef {{id: number, model_id: number, model_name: string, person: number | null,
 *   proposals: Proposal[]}} Run */

const LEAST_SCORE = "rehab-review/least-score";

export class Proposed {
  /** @type {Run | null} */ run = null;
  /** @type {Confidence | null} */ confidence = null;
  /** @type {Set<string | number>} turned down while another reading is open */ doubted = new Set();
  /** @type {Proposal[]} */ offered = [];

  /** @param {{api: import("../sync/api.js").Api, videoId: number, sureScore: number,
   *   onChange: () => void}} parts `sureScore`: lower ones are shown only to who asks for them */
  constructor({ api, videoId, sureScore, onChange }) {
    this.api = api;
    this.videoId = videoId;
    this.onChange = onChange;
    this.leastScore = Number(window.localStorage.getItem(LEAST_SCORE) ?? sureScore);
  }

  /** @param {Run | null} run */
  take(run) {
    if (run?.id !== this.run?.id) this.confidence = null;
    this.run = run;
    this.#offer();
    if (run) void this.#loadConfidence(run.id);
  }

  /** Another reading of the moment may be offered now.
   * @param {{id: string | number}} item a proposal */
  doubt(item) {
    this.doubted.add(item.id);
    this.#offer();
  }

  /** @param {number} score proposals below it are not shown */
  setLeastScore(score) {
    this.leastScore = score;
    window.localStorage.setItem(LEAST_SCORE, String(score));
    this.#offer();
  }

  #offer() {
    this.offered = offered(this.run?.proposals ?? [], this.leastScore, this.doubted);
    this.onChange();
  }

  /** @param {number} runId */
  async #loadConfidence(runId) {
    try {
      const answer = await this.api.json(`videos/${this.videoId}/confidence`, { run: runId });
      if (this.run?.id !== runId || !answer.times.length) return;
      this.confidence = new Confidence(answer);
      this.onChange();
    } catch {
      // Without the strip the desk is complete: it is absent, not empty.
    }
  }
}
