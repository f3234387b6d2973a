// Where to go next: proposals the model is least sure of, and places where people and models do not
// agree; and what accepting everything above a score would do. Pure.
import { addSpan, covers, tiou } from "../time/spans.js";

/** @typedef {import("../time/spans.js").Span} Span */
/** @typedef {{start_frame: number, end_frame: number}} Placed */
/** @typedef {{id: string | number, start_frame: number, end_frame: number, tier_id: number,
 *   class_id: number}} Mark a label or a proposal, in its class's tier */
/** `what` the two say: different classes, edges far apart, or only one of them marks something.
 * `id` is the item to look at.
 * @typedef {Placed & {id: string | number, who: string,
 *   what: "class" | "edges" | "only mine" | "only theirs"}} Disagreement */
/** Somebody else's labels. `looked`: where they have worked, so that what they did not mark there
 * means something. @typedef {{who: string, marks: Mark[], looked: Span[]}} Other */

/** Two marks of less than this shared time are not about the same edges. */
export const SAME_TIOU = 0.5;
const UNCERTAIN_SHARE = 0.25;

/** @param {Placed & {id: string | number}} a @param {Placed & {id: string | number}} b */
const byTime = (a, b) => a.start_frame - b.start_frame || a.end_frame - b.end_frame;

/** The uncertain among open proposals, in order of time: the quarter with the lowest scores and the
 * quarter with the widest spread of an edge, at least one of each; of equal ones those that are worse
 * by the other measure. What is uncertain is measured
 * against what is still open, so going on and on leads through all of it, the worst quarter first.
 * @template {Placed & {id: string | number, score: number, spread: number}} Open
 * @param {Open[]} open spread: seconds, the wider of both edges @returns {Open[]} */
export function uncertain(open) {
  const count = Math.ceil(open.length * UNCERTAIN_SHARE);
  const byScore = (/** @type {Open} */ a, /** @type {Open} */ b) => a.score - b.score;
  const bySpread = (/** @type {Open} */ a, /** @type {Open} */ b) => b.spread - a.spread;
  const doubtful = [...open].sort((a, b) => byScore(a, b) || bySpread(a, b)).slice(0, count);
  const vague = [...open].sort((a, b) => bySpread(a, b) || byScore(a, b)).slice(0, count);
  return [...new Set([...doubtful, ...vague])].sort(byTime);
}

/** The first that starts at or after the frame shown and is not the one just visited; from the
 * start again where there is none. @template {Placed & {id: string | number}} Place
 * @param {Place[]} places in order of time @param {number} frame
 * @param {string | number | null} visited @returns {Place | null} null: there is none at all */
export function nextAfter(places, frame, visited) {
  const at = places.findIndex(({ id, start_frame }) => id === visited && start_frame === frame);
  if (at >= 0) return places[(at + 1) % places.length];
  return places.find(({ start_frame }) => start_frame >= frame) ?? places[0] ?? null;
}

/** Where the labels of one layer differ from the others' layers and from open proposals, in order
 * of time. Marks of a tier are paired, most shared time first. A pair disagrees when the classes
 * differ or tIoU is below SAME_TIOU. A label without a counterpart disagrees where the other has
 * looked; somebody else's label without one, always; an open proposal without one is only not
 * reviewed yet, which is something else.
 * @param {Mark[]} mine @param {Other[]} others @param {{who: string, marks: Mark[]} | null} offered
 * open proposals @returns {Disagreement[]} */
export function disagreements(mine, others, offered) {
  /** @type {Disagreement[]} */
  const found = [];
  const say = (/** @type {Mark} */ at, /** @type {string} */ who, /** @type {any} */ what) =>
    found.push({ id: at.id, start_frame: at.start_frame, end_frame: at.end_frame, who, what });
  for (const { who, marks, looked } of others) {
    const { pairs, left, right } = pair(mine, marks);
    for (const { a, b } of pairs) differ(a, b, (what) => say(a, who, what));
    for (const a of left) if (covers(looked, spanOf(a))) say(a, who, "only mine");
    for (const b of right) say(b, who, "only theirs");
  }
  if (offered) {
    const { pairs } = pair(mine, offered.marks);
    for (const { a, b } of pairs) differ(a, b, (what) => say(b, offered.who, what));
  }
  return found.sort(byTime);
}

/** @param {Mark} a @param {Mark} b @param {(what: "class" | "edges") => void} say */
function differ(a, b, say) {
  if (a.class_id !== b.class_id) say("class");
  else if (tiou(spanOf(a), spanOf(b)) < SAME_TIOU) say("edges");
}

/** @param {Placed} placed @returns {Span} */
const spanOf = ({ start_frame, end_frame }) => [start_frame, end_frame];

/** Each mark with at most one of the other side, in the same tier and sharing time.
 * @param {Mark[]} one @param {Mark[]} other */
function pair(one, other) {
  /** @type {{a: Mark, b: Mark, shared: number}[]} */
  const touching = [];
  const sorted = [...other].sort(byTime);
  let first = 0;
  for (const a of [...one].sort(byTime)) {
    while (first < sorted.length && sorted[first].end_frame <= a.start_frame) first += 1;
    for (let n = first; n < sorted.length && sorted[n].start_frame < a.end_frame; n += 1) {
      const shared = sorted[n].tier_id === a.tier_id ? tiou(spanOf(a), spanOf(sorted[n])) : 0;
      if (shared > 0) touching.push({ a, b: sorted[n], shared });
    }
  }
  const taken = new Set();
  const pairs = touching
    .sort((x, y) => y.shared - x.shared)
    .filter(({ a, b }) => !taken.has(a) && !taken.has(b) && taken.add(a) && taken.add(b));
  const alone = (/** @type {Mark[]} */ marks) => marks.filter((mark) => !taken.has(mark));
  return { pairs, left: alone(one), right: alone(other) };
}

/** Where somebody has worked: what they finished or looked at, and from their first label to their
 * last. @param {{finished: Span[], seen: Span[], marks: Placed[]}} layer @returns {Span[]} */
export function lookedAt({ finished, seen, marks }) {
  const spans = [...finished, ...seen].reduce(addSpan, /** @type {Span[]} */ ([]));
  if (!marks.length) return spans;
  const first = Math.min(...marks.map(({ start_frame }) => start_frame));
  return addSpan(spans, [first, Math.max(...marks.map(({ end_frame }) => end_frame))]);
}

/** Open proposals at least as sure as `least`, the surest first. Of two readings of one moment only
 * the surer; none of a class that the project does not have.
 * @template {Placed & {score: number, class_id: number | null}} Open
 * @param {Open[]} open @param {number} least @param {number} sameMoment tIoU @returns {Open[]} */
export function sure(open, least, sameMoment) {
  /** @type {Open[]} */
  const chosen = [];
  const surest = open.filter(({ score }) => score >= least).sort((a, b) => b.score - a.score);
  for (const one of surest) {
    const other = chosen.some((each) => tiou(spanOf(each), spanOf(one)) >= sameMoment);
    if (one.class_id !== null && !other) chosen.push(one);
  }
  return chosen;
}
