// Marking live: a class key goes down where a repetition begins and comes up where it ends, while
// the picture moves. Pure: seconds of the recording and milliseconds of the clock.
import { frameCount, nearestEdge } from "../time/clock.js";

/** Where the picture is at `at` ms. `seconds` of the recording, exact between frames while it
 * moves; `rate` is how many of them pass in a second: below 0 backwards, 0 at rest.
 * @typedef {{at: number, frame: number, seconds: number, rate: number}} Moment */
/** @typedef {import("../time/spans.js").Span} Span */

/** A press that is shorter is a tap, and means what it means when nothing plays. */
export const TAP_MS = 220;
/** How far the picture may be from where playing would have brought it. */
const JUMP_S = 0.5;

/** Where the picture is when something is pressed between two frames: the frame shown, and what
 * has passed since it came. @param {Float64Array} times @param {{frame: number, at: number}} shown
 * @param {number} rate @param {number} at ms @returns {Moment} */
export function momentAt(times, shown, rate, at) {
  const since = Math.max(-JUMP_S, Math.min(JUMP_S, ((at - shown.at) / 1000) * rate));
  const seconds = Math.max(0, Math.min(times[times.length - 1], times[shown.frame] + since));
  return { at, frame: shown.frame, seconds, rate };
}

/** One key that is held. Auto-repeat tells it nothing. A pause leaves it held, and the frame that
 * is shown when it comes up is then the last of the segment. Backwards, it begins at its end. When
 * the picture jumps elsewhere, what is marked ends where it jumped from. */
export class Hold {
  /** @type {Moment} */ #last;
  #over = false;

  /** @param {{classId: number, began: Moment, reactionS: number}} parts reactionS: seconds from
   * what is seen to the key that says so */
  constructor({ classId, began, reactionS }) {
    this.classId = classId;
    this.began = began;
    this.reactionS = reactionS;
    this.#last = began;
  }

  /** The picture has moved. @param {Moment} moment */
  advance(moment) {
    const { rate } = moment;
    const { at, frame, seconds, rate: before } = this.#last;
    const due = seconds + (rate * (moment.at - at)) / 1000;
    const back = (moment.frame - frame) * rate < 0;
    const jumped = back || Math.abs(moment.seconds - due) > JUMP_S;
    if (rate !== 0 && rate === before && jumped) this.#over = true;
    if (!this.#over) this.#last = moment;
  }

  /** @param {number} at ms when the key came up */
  isTap(at) {
    return at - this.began.at < TAP_MS;
  }

  /** What is marked up to `moment`. @param {Float64Array} times @param {Moment} moment
   * @param {boolean} held still: then its moving end is where the picture is, uncorrected
   * @returns {Span | null} frames; null where none is left */
  span(times, moment, held) {
    const end = this.#over ? { ...this.#last, rate: 0 } : moment;
    const from = seenAt(this.began, this.reactionS);
    const start = edgeAt(times, from);
    const stop =
      end.rate === 0 // the whole frame shown belongs to it
        ? end.frame + (end.seconds >= from ? 1 : 0)
        : edgeAt(times, held ? end.seconds : seenAt(end, this.reactionS));
    return start === stop ? null : [Math.min(start, stop), Math.max(start, stop)];
  }
}

/** What a person reacted to lies a reaction time back: earlier in the recording when it plays, later
 * when it plays backwards, twice as far at twice the speed. At rest nothing is corrected.
 * @param {Moment} moment @param {number} reactionS */
const seenAt = ({ seconds, rate }, reactionS) => seconds - reactionS * rate;

/** @param {Float64Array} times @param {number} seconds */
const edgeAt = (times, seconds) =>
  Math.min(frameCount(times), nearestEdge(times, Math.max(0, seconds)));
