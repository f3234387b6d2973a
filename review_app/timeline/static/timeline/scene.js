// What there is to see: layers of labels and models' proposals as items in order of time, and what
// each looks like. One object for as long as the desk is open; it is told what there is and works
// out only what that changes.
import { byTime, indexItems, itemsBetween, spanOf } from "./items.js";
import { LayerIndex } from "./layer_index.js";
import { SAME_MOMENT } from "../labels/offered.js";
import { covers, tiou } from "../time/spans.js";
import { shortenings } from "../titles.js";

export { spanOf };

/** @typedef {import("./items.js").Item} Item */
/** @typedef {import("./items.js").Index} Index */
/** @typedef {import("../panel/panel.js").ActionClass} ActionClass */
/** @typedef {import("../time/spans.js").Span} Span */
/** @typedef {{id: number, class_name: string, class_id: number | null, start_frame: number,
 *   end_frame: number, score: number, start_spread_s: number, end_spread_s: number}} Proposal */
/** What an item looks like; titles from the longest to the shortest.
 * @typedef {{classId: number | null, title: string, titles: string[], colour: string,
 *   score: number | null, unsure: boolean, spreads: [number, number] | null,
 *   state: "label" | "open" | "accepted" | "passed"}} Look
 * unsure: a proposal below the score that is usually shown, or a label its author is unsure of;
 * spreads: of a proposal's edges, in seconds */
/** `author`: null for the result.
 * @typedef {{id: number, kind: "own" | "result", author: string | null, own: boolean,
 *   may_edit: boolean, finished: Span[], seen: Span[],
 *   segments: Map<string, import("../labels/operations.js").Segment>}} Layer */
/** A model's proposals; those of the model whose work is reviewed come first.
 * @typedef {{modelId: number, name: string, proposals: Proposal[]}} Offer */

const NO_CLASS_COLOUR = "#8a8f98";

export class Scene {
  /** Grows with every change of labels, proposals and layers. */
  version = 0;
  /** @type {Layer[]} the one that is edited first */ layers = [];
  /** @type {Map<number, LayerIndex>} */ #indexes = new Map();
  /** @type {{offer: Offer, index: Index}[]} */ models = [];
  /** @type {Map<number, Proposal>} */ proposals = new Map();
  /** @type {Map<number, Item>} */ #proposed = new Map();
  /** @type {Map<number | null, number>} proposals that became labels: how many of each */
  #accepted = new Map();
  /** @type {Map<string | number, Look>} of proposals */ #looks = new Map();
  /** @type {Map<string, Look>} of labels, by class */ #labelLooks = new Map();
  /** @type {Item[] | null} */ #items = null;
  /** @type {Item[] | null} */ #open = null;
  /** @type {Span[]} */ finished = [];

  /** @param {{classes: Map<number, ActionClass>, tiers: {id: number, name: string,
   *   overlaps?: boolean}[], sureScore: number}} parts */
  constructor({ classes, tiers, sureScore }) {
    this.tiers = tiers;
    this.sureScore = sureScore;
    this.setClasses(classes);
  }

  /** @param {Map<number, ActionClass>} classes */
  setClasses(classes) {
    this.classes = classes;
    this.allTitles = [...classes.values()].map(({ title }) => title);
    this.colours = new Map([...classes.values()].map(({ name, colour }) => [name, colour]));
    this.#looks.clear();
    this.#labelLooks.clear();
    this.#changed();
  }

  /** What there is now. Whatever is the same object as before costs nothing.
   * @param {{layers: Layer[], offers: Offer[]}} now the first layer is the one that is edited */
  update({ layers, offers }) {
    const other = layers[0]?.id !== this.layers[0]?.id;
    const finished = layers[0]?.finished ?? [];
    const restaged = other || finished !== this.finished || this.#renamed(layers);
    this.layers = layers;
    this.finished = finished;
    let changed = restaged;
    for (const { id, segments } of layers) {
      const index = this.#indexes.get(id) ?? new LayerIndex(id);
      this.#indexes.set(id, index);
      const touched = index.take(segments);
      if (!touched.length) continue;
      changed = true;
      if (id === layers[0].id && !other) this.#reconsider(touched);
    }
    const offered = this.#takeOffers(offers);
    if (other) this.#countAccepted();
    if (restaged || offered) this.#looks.clear();
    if (changed || offered) this.#changed();
  }

  #changed() {
    this.version += 1;
    this.#items = null;
    this.#open = null;
  }

  /** @param {Layer[]} layers */
  #renamed(layers) {
    const same = (/** @type {Layer} */ one, /** @type {number} */ n) =>
      one.id === this.layers[n]?.id && one.author === this.layers[n].author;
    return layers.length !== this.layers.length || !layers.every(same);
  }

  /** @param {Offer[]} offers @returns {boolean} whether there are others */
  #takeOffers(offers) {
    const same =
      offers.length === this.models.length &&
      offers.every(({ proposals }, n) => proposals === this.models[n].offer.proposals);
    if (same) return false;
    this.models = offers.map((offer) => ({
      offer,
      index: indexItems(offer.proposals.map(itemOf)),
    }));
    this.proposals = new Map(offers.flatMap(({ proposals }) => proposals.map((p) => [p.id, p])));
    const items = this.models.flatMap(({ index }) => index.items);
    this.#proposed = new Map(items.map((item) => [Number(item.id), item]));
    return true;
  }

  #countAccepted() {
    this.#accepted.clear();
    const segments = this.layers.length ? this.indexOf(this.layers[0].id).segments() : [];
    for (const { proposal_id } of segments) this.#count(proposal_id, 1);
  }

  /** @param {number | null} proposalId @param {number} by */
  #count(proposalId, by) {
    if (proposalId === null) return;
    this.#accepted.set(proposalId, (this.#accepted.get(proposalId) ?? 0) + by);
  }

  /** The proposals near what changed may look otherwise now.
   * @param {import("../labels/operations.js").Segment[]} touched before and after */
  #reconsider(touched) {
    const index = this.indexOf(this.layers[0].id);
    for (const segment of touched) {
      this.#count(segment.proposal_id, index.segment(segment.id) === segment ? 1 : -1);
      this.#looks.delete(Number(segment.proposal_id));
      for (const model of this.models) {
        const near = itemsBetween(model.index, segment.start_frame, segment.end_frame);
        for (const { id } of near) this.#looks.delete(id);
      }
    }
  }

  /** @param {number} layerId */
  indexOf(layerId) {
    return this.#indexes.get(layerId) ?? new LayerIndex(layerId);
  }

  /** The labels that are edited and the proposals under review, in order of time. */
  get items() {
    this.#items ??= [
      ...this.tiers.flatMap(({ id }) => this.#edited(id).items),
      ...(this.models[0]?.index.items ?? []),
    ].sort(byTime);
    return this.#items;
  }

  /** @param {number} tierId of the layer that is edited @returns {Index} */
  #edited(tierId) {
    return this.indexOf(this.layers[0]?.id ?? 0).tier(tierId);
  }

  /** Everything in view here that a dragged edge may stick to. @returns {Index[]} */
  indexes() {
    return [
      ...this.tiers.map(({ id }) => this.#edited(id)),
      ...this.models.map((one) => one.index),
    ];
  }

  /** Whatever layer or model it is of. @param {string | number | null} id @returns {Item | null} */
  find(id) {
    if (id === null) return null;
    if (typeof id === "number") return this.#proposed.get(id) ?? null;
    for (const { id: layerId } of this.layers) {
      const found = this.indexOf(layerId).find(id);
      if (found) return found;
    }
    return null;
  }

  /** @param {Item} item @returns {Look} */
  look(item) {
    if (item.kind === "segment") return this.#labelLook(item);
    const known = this.#looks.get(item.id);
    if (known && known.classId === item.classId) return known;
    const proposal = this.proposals.get(Number(item.id));
    const look = {
      ...this.#plainLook(item.classId, proposal?.class_name),
      score: proposal?.score ?? null,
      unsure: proposal !== undefined && proposal.score < this.sureScore,
      spreads: proposal && /** @type {[number, number]} */ (spreadsOf(proposal)),
      state: this.#stateOf(item),
    };
    this.#looks.set(item.id, /** @type {Look} */ (look));
    return /** @type {Look} */ (look);
  }

  /** Labels of a class look alike. @param {Item} item @returns {Look} */
  #labelLook({ classId, unsure = false }) {
    const key = `${classId} ${unsure}`;
    let look = this.#labelLooks.get(key);
    if (!look) {
      look = { ...this.#plainLook(classId), score: null, unsure, spreads: null, state: "label" };
      this.#labelLooks.set(key, look);
    }
    return look;
  }

  /** @param {number | null} classId @param {string} [name] of a class that the project has not */
  #plainLook(classId, name = "Unknown class") {
    const kind = this.classes?.get(Number(classId));
    const title = kind?.title ?? name.replaceAll("_", " ");
    const titles = shortenings(title, this.allTitles ?? []);
    return { classId, title, titles, colour: kind?.colour ?? NO_CLASS_COLOUR };
  }

  /** @param {Item} item a proposal @returns {Look["state"]} */
  #stateOf(item) {
    if (this.#accepted.get(Number(item.id))) return "accepted";
    const span = spanOf(item);
    if (covers(this.finished, span)) return "passed";
    const labelled = this.tiers.some(({ id }) =>
      itemsBetween(this.#edited(id), ...span).some(
        (label) => tiou(spanOf(label), span) >= SAME_MOMENT,
      ),
    );
    return labelled ? "passed" : "open";
  }

  /** Proposals under review that nobody has accepted or turned down. */
  open() {
    const offered = this.models[0]?.index.items ?? [];
    this.#open ??= offered.filter((item) => this.look(item).state === "open");
    return this.#open;
  }

  /** @param {string} name of a class */
  colourOf(name) {
    return this.colours?.get(name) ?? NO_CLASS_COLOUR;
  }
}

/** @param {Proposal} proposal */
const spreadsOf = ({ start_spread_s, end_spread_s }) => [start_spread_s, end_spread_s];

/** @param {Proposal} proposal @returns {Item} */
function itemOf({ id, start_frame, end_frame, class_id }) {
  const place = { start_frame, end_frame, tierId: null, classId: class_id };
  return { kind: "proposal", id, ...place, lane: 0, lanes: 1 };
}
