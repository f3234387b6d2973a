// Which rows the timeline has, from top to bottom, and how high each is. Pure. The ruler above
// them and the minimap below stay where they are when the rows are scrolled.

/** @typedef {import("./items.js").Item} Item */
/** `top` counts from the first row. `key` names the row in the layout a person keeps.
 * @typedef {{key: string, kind: "thumbnails" | "confidence" | "spread" | "proposals" | "tier"
 *   | "layer" | "heading" | "curve", top: number, height: number, title: string,
 *   layerId: number | null, tierId: number | null, model: number, edited: boolean,
 *   folded: boolean | null, hidden: boolean | null}} Row
 * model: place among the models; edited: whether its labels can be changed here; folded and hidden:
 * null where the row cannot be */
/** What a person has chosen, kept for them. `open`: keys of layers shown tier by tier; `hidden`:
 * keys of rows of which only the name is seen; `curves`: names, in order; `models`: ids of models
 * that are shown beside the one under review; `height`: of the whole timeline in pixels, null = as
 * much as it needs, within reason.
 * @typedef {{open: string[], hidden: string[], curves: string[], models: string[],
 *   height: number | null}} Layout */
/** @typedef {{id: number, title: string, lanes: number, count: number}} TierRow */
/** @typedef {{thumbnails: boolean, confidence: boolean,
 *   models: {id: number, name: string, lanes: number}[],
 *   layers: {id: number, title: string, edited: boolean, tiers: TierRow[]}[],
 *   curves: {name: string, title: string}[]}} Has what there is; the edited layer comes first */

export const GUTTER = 140;
export const RULER_PX = 24;
export const MINIMAP_PX = 18;
export const ROW_GAP = 3;

const LANE_PX = 19;
const MOST_LANES = 3;
const NAME_ONLY_PX = 15;
const HEIGHTS = { thumbnails: 38, confidence: 26, spread: 16, layer: 20, heading: 16, curve: 44 };

/** @type {Layout} */
export const USUAL_LAYOUT = { open: [], hidden: [], curves: [], models: [], height: null };

/** @param {number} least @param {number} lanes */
const tall = (least, lanes) => Math.max(least, Math.min(lanes, MOST_LANES) * LANE_PX);

/** @param {Has} has @param {Layout} layout @returns {Row[]} */
export function layRows(has, layout) {
  /** @type {Row[]} */
  const rows = [];
  let top = 0;
  /** @param {Row["kind"]} kind @param {string} key @param {string} title @param {number} height
   * @param {Partial<Row>} [more] */
  const add = (kind, key, title, height, more = {}) => {
    const hidden = more.hidden === null ? null : layout.hidden.includes(key);
    const plain = { layerId: null, tierId: null, model: 0, edited: false, folded: null };
    const place = { top, height: hidden ? NAME_ONLY_PX : height };
    rows.push({ ...plain, ...more, key, kind, title, ...place, hidden });
    top += place.height + ROW_GAP;
  };
  if (has.thumbnails) add("thumbnails", "thumbnails", "Pictures", HEIGHTS.thumbnails);
  if (has.confidence) add("confidence", "confidence", "Class probability", HEIGHTS.confidence);
  if (has.models[0]?.lanes) add("spread", "spread", "Edge spread", HEIGHTS.spread);
  has.models.forEach(({ id, name, lanes }, model) => {
    const title = has.models.length > 1 ? name : "Proposals";
    add("proposals", `model ${id}`, title, tall(model ? 20 : 28, lanes), { model });
  });
  for (const layer of has.layers) addLayer(layer, layout, add);
  for (const { name, title } of has.curves) {
    add("curve", `curve ${name}`, title, HEIGHTS.curve, { hidden: null });
  }
  return rows;
}

/** @param {Has["layers"][number]} layer @param {Layout} layout
 * @param {(kind: Row["kind"], key: string, title: string, height: number,
 *   more?: Partial<Row>) => void} add */
function addLayer({ id: layerId, title, edited, tiers }, layout, add) {
  const key = `layer ${layerId}`;
  const open = edited || layout.open.includes(key);
  if (!open) return add("layer", key, title, HEIGHTS.layer, { layerId, folded: true });
  if (!edited)
    add("heading", key, title, HEIGHTS.heading, { layerId, folded: false, hidden: null });
  tiers.forEach((tier, n) => {
    const least = edited ? (n ? 24 : 34) : 20;
    const place = { layerId, tierId: tier.id, edited };
    add(
      "tier",
      edited ? `tier ${tier.id}` : `${key} ${tier.id}`,
      tier.title,
      tall(least, tier.lanes),
      place,
    );
  });
}

/** @param {Row[]} rows */
export const heightOf = (rows) =>
  rows.length ? rows[rows.length - 1].top + rows[rows.length - 1].height : 0;

/** The row at a height counted from the first row; null between and beyond them.
 * @param {Row[]} rows @param {number} y */
export const rowAt = (rows, y) =>
  rows.find((row) => y >= row.top - ROW_GAP / 2 && y < row.top + row.height + ROW_GAP / 2) ?? null;

/** Rows that touch two heights, which may be given in any order: those of a box that is drawn.
 * @param {Row[]} rows @param {number} a @param {number} b */
export const rowsBetween = (rows, a, b) =>
  rows.filter((row) => row.top < Math.max(a, b) && row.top + row.height > Math.min(a, b));

/** Where an item is drawn inside its row.
 * @param {Pick<Row, "top" | "height">} row @param {Pick<Item, "lane" | "lanes">} item */
export function laneBox(row, { lane, lanes }) {
  const height = row.height / lanes;
  return { top: row.top + lane * height, height: lanes > 1 ? height - 1 : height };
}
