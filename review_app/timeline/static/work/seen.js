// Which frames a person has really looked at. Pure: what the picture did goes in, spans come out.
import { addSpan, lengthOf, removeSpan } from "../time/spans.js";

/** @typedef {import("../time/spans.js").Span} Span */
/** What the picture does when it shows a frame. `moving`: it plays, forwards or backwards;
 * `watched`: the page is visible and has the focus.
 * @typedef {{frame: number, moving: boolean, speed: number, watched: boolean}} Shown */

/** Faster than this nobody sees what they would label. */
export const FASTEST = 2;
/** A screen presents fewer frames than some recordings have: of two that were presented one after
 * the other, what lies between was played as well, if it is as short as this. */
const BETWEEN_S = 0.4;
/** Gaps too short to be looked at on their own are not asked for. */
const LEAST_GAP_S = 0.2;

export class Seen {
  /** @type {Span[]} frames; another array whenever it grows */ spans = [];
  /** @type {Span[]} what the server has not confirmed */ unsent = [];
  /** @type {Shown | null} */ #last = null;

  /** @param {{times: Float64Array, known: Span[], unsent?: Span[]}} parts known: to the server */
  constructor({ times, known, unsent = [] }) {
    this.times = times;
    this.unsent = unsent;
    this.spans = [...known, ...unsent].reduce(addSpan, /** @type {Span[]} */ ([]));
  }

  /** The browser has presented a frame; at rest also one that was stepped or scrubbed to.
   * @param {Shown} shown @returns {boolean} whether that is something new */
  show(shown) {
    const last = this.#last;
    this.#last = shown;
    if (!counts(shown)) return false;
    const together = last?.moving && counts(last) && shown.moving;
    const from = together && this.#near(last.frame, shown.frame) ? last.frame : shown.frame;
    return this.#add([Math.min(from, shown.frame), Math.max(from, shown.frame) + 1]);
  }

  /** @param {number} a @param {number} b frames */
  #near(a, b) {
    return Math.abs(this.times[a] - this.times[b]) <= BETWEEN_S;
  }

  /** @param {Span} span */
  #add(span) {
    if (!missing(this.spans, span).length) return false;
    this.spans = addSpan(this.spans, span);
    this.unsent = addSpan(this.unsent, span);
    return true;
  }

  /** What the server has now. @param {Span[]} known */
  confirm(known) {
    this.unsent = known.reduce(removeSpan, this.unsent);
    const spans = known.reduce(addSpan, this.spans);
    if (lengthOf(spans) > lengthOf(this.spans)) this.spans = spans;
  }

  /** Of the recording's frames, 0 to 1. */
  get share() {
    return lengthOf(this.spans) / (this.times.length - 1);
  }

  /** What of a span nobody has looked at, but for moments too short to be asked for.
   * @param {Span} span @returns {Span[]} */
  gaps(span) {
    const seconds = (/** @type {Span} */ [from, to]) => this.times[to] - this.times[from];
    const all = seconds(span);
    return missing(this.spans, span).filter((gap) => seconds(gap) >= Math.min(LEAST_GAP_S, all));
  }
}

/** @param {Shown} shown */
const counts = ({ moving, speed, watched }) => watched && (!moving || speed <= FASTEST);

/** @param {Span[]} spans @param {Span} asked @returns {Span[]} */
const missing = (spans, asked) => spans.reduce(removeSpan, [asked]);
