// What labelling a recording costs: seconds in which somebody worked, what they did, and how many
// labels came of it. Pure: milliseconds of the clock go in.

/** @typedef {import("../labels/state.js").Edit} Edit */
/** Whether this person sees what a model proposes. @typedef {"shown" | "hidden" | "none"} Mode */
/** What the server keeps of a sitting: totals since it began.
 * @typedef {{annotation_id: number, proposals: Mode, began_at: string, active_s: number,
 *   actions: Record<string, number>, segments: number}} Totals */

/** After this long without a key or the mouse a person is taken to be elsewhere. */
export const IDLE_MS = 15_000;

/** Time in which somebody worked: from each key and movement on for IDLE_MS, while the page is to
 * be seen. What several of them cover counts once. */
export class ActiveTime {
  #ms = 0;
  /** @type {number | null} the end of what is counted */ #counted = null;
  /** @type {number | null} */ #lastInput = null;
  #visible = true;

  /** @param {number} now */
  input(now) {
    this.#count(now);
    if (!this.#visible) return;
    this.#lastInput = now;
    this.#counted = now;
  }

  /** @param {boolean} visible @param {number} now */
  show(visible, now) {
    this.#count(now);
    this.#visible = visible;
    this.#lastInput = null; // only the next key or movement says that somebody is back
  }

  /** @param {number} now */
  secondsAt(now) {
    this.#count(now);
    return this.#ms / 1000;
  }

  /** @param {number} now */
  #count(now) {
    if (this.#lastInput === null || this.#counted === null) return;
    const until = Math.min(now, this.#lastInput + IDLE_MS);
    this.#ms += Math.max(0, until - this.#counted);
    this.#counted = Math.max(this.#counted, until);
  }
}

/** Labels that were made in this sitting and are still there. */
export class Made {
  /** @type {Set<string>} */ #ids = new Set();
  /** @type {Set<string>} edits that were counted */ #edits = new Set();

  /** @param {{before: Iterable<string>, edits: Edit[]}} parts labels that were there, and edits of
   * others that are on their way */
  constructor({ before, edits }) {
    this.before = new Set(before);
    for (const { id } of edits) this.#edits.add(id);
  }

  /** @param {Edit[]} edits on their way, of which most were told before */
  take(edits) {
    for (const { id, changes } of edits) {
      if (this.#edits.has(id)) continue;
      this.#edits.add(id);
      for (const change of changes) {
        if (change.op === "put" && !this.before.has(change.segment.id)) {
          this.#ids.add(change.segment.id);
        } else if (change.op === "remove") this.#ids.delete(change.segment_id);
      }
    }
  }

  get count() {
    return this.#ids.size;
  }
}

/** One opened desk, with proposals or without. */
export class Sitting {
  /** @type {Record<string, number>} how often each command was used */ actions = {};
  time = new ActiveTime();

  /** @param {{id: string, layerId: number, mode: Mode, beganAt: Date, made: Made}} parts */
  constructor({ id, layerId, mode, beganAt, made }) {
    this.id = id;
    this.layerId = layerId;
    this.mode = mode;
    this.beganAt = beganAt;
    this.made = made;
  }

  /** @param {string} command @param {number} now ms */
  did(command, now) {
    this.time.input(now);
    this.actions[command] = (this.actions[command] ?? 0) + 1;
  }

  /** How many actions of all kinds. */
  get done() {
    return Object.values(this.actions).reduce((sum, count) => sum + count, 0);
  }

  /** @param {number} now ms @returns {Totals} */
  totals(now) {
    return {
      annotation_id: this.layerId,
      proposals: this.mode,
      began_at: this.beganAt.toISOString(),
      active_s: Math.round(this.time.secondsAt(now) * 10) / 10,
      actions: { ...this.actions },
      segments: this.made.count,
    };
  }
}

/** For the person whose work it is. @param {{seconds: number, actions: number,
 *   segments: number}} effort
 * @returns {{short: string, long: string}} "21 s, 4.7 actions each" where there is a label */
export function effortWords({ seconds, actions, segments }) {
  const whole = Math.floor(seconds);
  const time = `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")} min`;
  const all = `${time} of work, ${actions === 1 ? "1 action" : `${actions} actions`}`;
  if (!segments) return { short: time, long: `${all}, no new label.` };
  const each = seconds / segments;
  return {
    short: `${each.toFixed(each < 10 ? 1 : 0)} s, ${(actions / segments).toFixed(1)} actions each`,
    long: `${all}, ${segments === 1 ? "1 new label" : `${segments} new labels`}.`,
  };
}
