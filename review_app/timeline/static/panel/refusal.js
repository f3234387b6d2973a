// A refused edit as the notice shows it: what is there now, what was wanted, and the way to have it.
import { formatTime } from "../time/clock.js";
import { sides } from "../labels/refused.js";

/** @typedef {import("../labels/annotation.js").Refusal} Refusal */

/** @param {import("../desk.js").Desk} desk @param {Refusal} refusal
 * @param {import("../labels/annotation.js").Annotation} annotation
 * @returns {import("./notices.js").Refused} */
export function refusedNotice({ classes, times }, refusal, annotation) {
  const { edits, messages, conflict } = refusal;
  const at = (/** @type {number} */ frame) => formatTime(times[frame] ?? 0, 2);
  const words = (/** @type {import("../labels/state.js").Content} */ one) => {
    const title = classes.get(one.class_id)?.title ?? "a label";
    const unsure = one.unsure ? ", unsure" : "";
    return `${title}, ${at(one.start_frame)} to ${at(one.end_frame)}${unsure}`;
  };
  return {
    count: messages.length,
    message: messages[0],
    ...sides(annotation.replica.base, edits, words),
    useMine: conflict ? () => void annotation.makeAgain(refusal) : null,
  };
}
