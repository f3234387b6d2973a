// Keys that lead to what needs a look: uncertain proposals, and places where others say otherwise.
import { disagreements, lookedAt, nextAfter, uncertain } from "./next.js";

/** @typedef {import("../timeline/items.js").Item} Item */
/** @typedef {import("./next.js").Disagreement} Disagreement */

const HIDDEN = "The proposals are hidden. Show them at the left of their row first.";

export class Going {
  /** @type {string | null} the disagreement just visited */ #visited = null;

  /** @param {import("../desk.js").Desk} desk */
  constructor(desk) {
    this.desk = desk;
  }

  nextUncertain() {
    const { scene, frame, selectedId, status } = this.desk;
    if (this.desk.work.mode === "hidden") return status.say(HIDDEN);
    const open = scene.open().map((item) => ({ ...item, ...this.#doubt(item) }));
    const next = nextAfter(uncertain(open), frame, selectedId);
    const item = next && scene.find(next.id);
    if (item) this.desk.pick(item);
    else status.say("No proposal is left to review.");
  }

  /** @param {Item} item a proposal */
  #doubt(item) {
    const { score, spreads } = this.desk.scene.look(item);
    return { score: score ?? 0, spread: Math.max(0, ...(spreads ?? [])) };
  }

  nextDisagreement() {
    const { scene, frame, status } = this.desk;
    const all = this.#disagreements().map((one) => ({ ...one, id: `${one.id} ${one.who}`, of: one }));
    const next = nextAfter(all, frame, this.#visited);
    const item = next && scene.find(next.of.id);
    if (!next || !item) return status.say("Nobody disagrees with these labels.");
    this.#visited = next.id;
    this.desk.pick(item);
    status.say(`${all.indexOf(next) + 1} of ${all.length}: ${this.#words(next.of)}`);
  }

  /** @returns {Disagreement[]} */
  #disagreements() {
    const { scene, classes, run, work } = this.desk;
    const [worked, ...others] = scene.layers;
    const marks = scene.open().flatMap(({ id, start_frame, end_frame, classId }) => {
      const tier_id = classes.get(Number(classId))?.tier_id;
      return tier_id === undefined
        ? []
        : [{ id, start_frame, end_frame, class_id: Number(classId), tier_id }];
    });
    return disagreements(
      [...worked.segments.values()],
      others.map(({ author, finished, seen, segments }) => {
        const theirs = [...segments.values()];
        const looked = lookedAt({ finished, seen, marks: theirs });
        return { who: author ?? "The result", marks: theirs, looked };
      }),
      run && work.mode === "shown" ? { who: run.model_name, marks } : null,
    );
  }

  /** @param {Disagreement} one */
  #words({ who, what, id }) {
    const item = this.desk.scene.find(id);
    const title = item ? this.desk.scene.look(item).title : "";
    if (what === "only mine") return `${who} has no label here.`;
    if (what === "only theirs") return `only ${who} has a label here, “${title}”.`;
    return what === "class"
      ? `${who} has another class here.`
      : `${who} has the edges elsewhere.`;
  }
}
