// Which of a model's proposals are worth a person's look. A model is generous: it names several
// classes for one moment and keeps faint guesses. Pure.
import { tiou } from "../time/spans.js";

/** @typedef {import("../timeline/scene.js").Proposal} Proposal */

/** tIoU from which two proposals, or a label and a proposal, are about the same moment. */
export const SAME_MOMENT = 0.5;

/** The best reading of every moment; another one is offered once all better ones are doubted.
 * @param {Proposal[]} proposals @param {number} leastScore @param {Set<string | number>} doubted
 * @returns {Proposal[]} */
export function offered(proposals, leastScore, doubted) {
  const byScore = proposals
    .filter(({ score }) => score >= leastScore)
    .sort((a, b) => b.score - a.score || a.id - b.id);
  /** @type {Map<number, Proposal[]>} what is kept and not doubted, by the stretches it touches */
  const kept = new Map();
  const stretch = Math.max(1, ...byScore.map((one) => one.end_frame - one.start_frame));
  return byScore.filter((one) => {
    const first = Math.floor(one.start_frame / stretch);
    const last = Math.floor((one.end_frame - 1) / stretch);
    const near = [...(kept.get(first) ?? []), ...(kept.get(last) ?? [])];
    const span = /** @type {[number, number]} */ ([one.start_frame, one.end_frame]);
    if (near.some((other) => tiou([other.start_frame, other.end_frame], span) >= SAME_MOMENT)) {
      return false;
    }
    if (doubted.has(one.id)) return true;
    for (const at of new Set([first, last])) kept.set(at, [...(kept.get(at) ?? []), one]);
    return true;
  });
}
