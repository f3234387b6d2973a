// What the tip beside the pointer says: of a label, a proposal, a moment of the ruler or a strip.
import { formatTime, frameAt } from "../time/clock.js";
import { firstEndingAfter } from "./marks.js";

/** @typedef {import("./items.js").Item} Item */
/** @typedef {import("./scene.js").Scene} Scene */
/** @typedef {[number, number]} Span */

/** @param {Scene} scene @param {Float64Array} times @param {Item} item @returns {string[]} lines */
export function itemTip(scene, times, item) {
  const look = scene.look(item);
  const [start, end] = [times[item.start_frame], times[item.end_frame]];
  const lines = [
    look.title,
    `${formatTime(start)} – ${formatTime(end)} (${(end - start).toFixed(2)} s)`,
    `frames ${item.start_frame} – ${item.end_frame - 1}`,
  ];
  const layer = scene.layers.find(({ id }) => id === item.layerId);
  if (layer && layer !== scene.layers[0]) lines.push(layer.author ?? "Result");
  const proposal = item.kind === "proposal" ? scene.proposals.get(Number(item.id)) : null;
  if (proposal) {
    const [before, after] = [proposal.start_spread_s, proposal.end_spread_s];
    lines.push(
      `score ${proposal.score.toFixed(2)}, ` +
        `edges ± ${before.toFixed(2)} s and ± ${after.toFixed(2)} s`,
    );
  } else if (look.unsure) lines.push("marked as unsure");
  return lines;
}

/** @param {{finished: Span[], seen: Span[], poor: Span[]}} spans of frames, the last of seconds
 * @param {Float64Array} times @param {number} seconds @returns {string[]} lines */
export function rulerTip({ finished, seen, poor }, times, seconds) {
  const frame = frameAt(times, seconds);
  const lines = [`${formatTime(seconds)}, frame ${frame}`];
  if (inside(finished, frame)) lines.push("Finished: what is unlabelled here is background.");
  else if (inside(seen, frame)) lines.push("Looked at, not finished yet.");
  else lines.push("Not looked at yet.");
  if (inside(poor, seconds)) lines.push("The skeleton is poor here.");
  return lines;
}

/** @param {Span[]} spans sorted and apart @param {number} at */
function inside(spans, at) {
  const n = firstEndingAfter(spans, at);
  return n < spans.length && spans[n][0] <= at;
}
