// What there is to see: labels and proposals as items in order of time, and what each looks like.
import { indexItems, itemsBetween } from "./rows.js";
import { SAME_MOMENT } from "../labels/offered.js";
import { covers, tiou } from "../time/spans.js";
import { shortenings } from "../titles.js";

/** @typedef {import("./rows.js").Item} Item */
/** @typedef {import("./timeline.js").Look} Look */
/** @typedef {import("../panel/panel.js").ActionClass} ActionClass */
/** @typedef {{id: number, class_name: string, class_id: number | null, start_frame: number,
 *   end_frame: number, score: number, start_spread_s: number, end_spread_s: number}} Proposal */

const NO_CLASS_COLOUR = "#8a8f98";

/** @param {Item} item @returns {import("../time/spans.js").Span} */
export const spanOf = ({ start_frame, end_frame }) => [start_frame, end_frame];

export class Scene {
  /** @param {{classes: Map<number, ActionClass>, tiers: {id: number, name: string}[],
   *   state: import("../labels/operations.js").State, proposals: Proposal[], sureScore: number}} parts */
  constructor({ classes, tiers, state, proposals, sureScore }) {
    this.sureScore = sureScore;
    this.classes = classes;
    this.finished = state.finished;
    this.proposals = new Map(proposals.map((one) => [one.id, one]));
    const segments = [...state.segments.values()];
    this.accepted = new Set(segments.map((one) => one.proposal_id));
    const labels = segments.map((one) => itemOf("segment", one, one.tier_id));
    this.labelIndex = new Map(
      tiers.map(({ id }) => [id, indexItems(labels.filter(({ tierId }) => tierId === id))]),
    );
    this.proposalIndex = indexItems(proposals.map((one) => itemOf("proposal", one, null)));
    const all = [...this.labelIndex.values(), this.proposalIndex].flatMap(({ items }) => items);
    /** @type {Item[]} */
    this.items = all.sort((a, b) => a.start_frame - b.start_frame || a.end_frame - b.end_frame);
    this.allTitles = [...classes.values()].map(({ title }) => title);
    /** @type {Map<string | number, Look>} */
    this.looks = new Map();
  }

  /** @param {string | number | null} id @returns {Item | null} */
  find(id) {
    return id === null ? null : (this.items.find((item) => item.id === id) ?? null);
  }

  /** @param {Item} item @returns {Look} */
  look(item) {
    const known = this.looks.get(item.id);
    if (known && known.classId === item.classId) return known;
    const look = this.#lookOf(item);
    this.looks.set(item.id, look);
    return look;
  }

  /** @param {Item} item @returns {Look} */
  #lookOf(item) {
    const kind = this.classes.get(Number(item.classId));
    const proposal = item.kind === "proposal" ? this.proposals.get(Number(item.id)) : undefined;
    const title = kind?.title ?? (proposal?.class_name ?? "Unknown class").replaceAll("_", " ");
    return {
      classId: item.classId,
      title,
      titles: shortenings(title, this.allTitles),
      colour: kind?.colour ?? NO_CLASS_COLOUR,
      score: proposal?.score ?? null,
      unsure: proposal !== undefined && proposal.score < this.sureScore,
      spreads: proposal ? [proposal.start_spread_s, proposal.end_spread_s] : null,
      state: item.kind === "segment" ? "label" : this.#stateOf(item),
    };
  }

  /** @param {Item} item a proposal */
  #stateOf(item) {
    if (this.accepted.has(Number(item.id))) return "accepted";
    const span = spanOf(item);
    if (covers(this.finished, span)) return "passed";
    const labels = [...this.labelIndex.values()].flatMap((index) => itemsBetween(index, ...span));
    return labels.some((label) => tiou(spanOf(label), span) >= SAME_MOMENT) ? "passed" : "open";
  }

  /** Proposals nobody has accepted or turned down. */
  open() {
    return this.items.filter((item) => item.kind === "proposal" && this.#stateOf(item) === "open");
  }

  /** @param {string} name */
  colourOf(name) {
    const kind = [...this.classes.values()].find((one) => one.name === name);
    return kind?.colour ?? NO_CLASS_COLOUR;
  }
}

/** @param {Item["kind"]} kind @param {{id: string | number, start_frame: number,
 *   end_frame: number, class_id: number | null}} one @param {number | null} tierId */
function itemOf(kind, { id, start_frame, end_frame, class_id }, tierId) {
  return { kind, id, start_frame, end_frame, tierId, classId: class_id };
}
