// What there is to make rows of, worked out from the scene. Pure.

/** @typedef {import("./scene.js").Scene} Scene */
/** @typedef {import("./rows.js").Has} Has */

/** "repetitions" -> "Repetitions" @param {string} name */
const sentenceCase = (name) => name.charAt(0).toUpperCase() + name.slice(1);

/** @param {Scene} scene @param {{thumbnails: boolean, confidence: boolean,
 *   curves: {name: string, title: string}[]}} more @returns {Has} */
export function whatThereIs(scene, { thumbnails, confidence, curves }) {
  const { tiers, models, layers } = scene;
  return {
    thumbnails,
    confidence,
    curves,
    models: models.map(({ offer, index }) => ({
      id: offer.modelId,
      name: offer.name,
      lanes: index.lanes,
    })),
    layers: layers.map(({ id, kind, author }, n) => {
      const index = scene.indexOf(id);
      const all = tiers.map((tier) => {
        const { items, lanes } = index.tier(tier.id);
        return { id: tier.id, title: sentenceCase(tier.name), lanes, count: items.length };
      });
      // What somebody else left empty needs no room here.
      const shown = n === 0 ? all : all.filter(({ count }) => count > 0);
      const title = kind === "result" ? "Result" : (author ?? "Somebody");
      return { id, title, edited: n === 0, tiers: shown };
    }),
  };
}

/** What is drawn in a row: one tier or model, or a folded layer's tiers as stripes over each other.
 * @param {import("./rows.js").Row} row @param {Scene} scene
 * @returns {{index: import("./items.js").Index, top: number, height: number}[]} */
export function partsOf({ kind, model, layerId, tierId, top, height }, scene) {
  if (kind === "proposals") return [{ index: scene.models[model].index, top, height }];
  if (layerId === null || kind === "heading") return [];
  const layer = scene.indexOf(layerId);
  if (kind === "tier") return [{ index: layer.tier(Number(tierId)), top, height }];
  const filled = scene.tiers.map(({ id }) => layer.tier(id)).filter(({ items }) => items.length);
  const each = height / filled.length;
  return filled.map((index, n) => ({ index, top: top + n * each, height: each }));
}
