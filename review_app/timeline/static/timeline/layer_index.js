// One layer's segments, tier by tier, kept up to date in place: an edit costs a look at each
// segment's identity and the order of its own tier, nothing else. Pure.
import { indexItems } from "./items.js";

/** @typedef {import("./items.js").Item} Item */
/** @typedef {import("./items.js").Index} Index */
/** @typedef {import("../labels/operations.js").Segment} Segment */
/** @typedef {import("../time/spans.js").Span} Span */

const NOTHING = indexItems([]);

export class LayerIndex {
  /** @type {Map<number, Index>} by tier */ #tiers = new Map();
  /** @type {Map<string, Item>} */ #items = new Map();
  /** @type {Map<string, Segment> | null} as last seen */ #segments = null;

  /** @param {number} id of the layer */
  constructor(id) {
    this.id = id;
  }

  get size() {
    return this.#items.size;
  }

  /** @param {number} tierId @returns {Index} */
  tier(tierId) {
    return this.#tiers.get(tierId) ?? NOTHING;
  }

  /** @param {string} id */
  find(id) {
    return this.#items.get(id);
  }

  /** @param {string} id the segment itself, as it was last handed in */
  segment(id) {
    return this.#segments?.get(id);
  }

  /** @returns {Iterable<Segment>} */
  segments() {
    return this.#segments?.values() ?? [];
  }

  /** What the layer holds now. A segment that did not change is the same object as before.
   * @param {Map<string, Segment>} segments
   * @returns {Segment[]} what came, went or changed, before and after */
  take(segments) {
    if (segments === this.#segments) return [];
    /** @type {Segment[]} */
    const touched = [];
    const before = this.#segments ?? new Map();
    for (const [id, segment] of segments) {
      const known = before.get(id);
      if (known === segment) continue;
      touched.push(segment);
      if (known) touched.push(known);
      this.#items.set(id, itemOf(segment, this.id));
    }
    if (segments.size < before.size + touched.length) {
      for (const [id, segment] of before) {
        if (segments.has(id)) continue;
        touched.push(segment);
        this.#items.delete(id);
      }
    }
    this.#segments = segments;
    this.#sort(new Set(touched.map(({ tier_id }) => tier_id)), touched);
    return touched;
  }

  /** @param {Set<number>} tiers @param {Segment[]} touched */
  #sort(tiers, touched) {
    const ids = new Set(touched.map(({ id }) => id));
    for (const tierId of tiers) {
      const kept = this.tier(tierId).items.filter(({ id }) => !ids.has(String(id)));
      const come = [...ids].flatMap((id) => {
        const item = this.#items.get(id);
        return item?.tierId === tierId ? [item] : [];
      });
      this.#tiers.set(tierId, indexItems([...kept, ...come]));
    }
  }
}

/** @param {Segment} segment @param {number} layerId @returns {Item} */
function itemOf(segment, layerId) {
  const { id, tier_id, class_id, start_frame, end_frame } = segment;
  const { unsure = false } = /** @type {{unsure?: boolean}} */ (segment);
  const place = { start_frame, end_frame, tierId: tier_id, classId: class_id };
  return { kind: "segment", id, layerId, ...place, unsure, lane: 0, lanes: 1 };
}
