// What each row shows: pictures, strips, curves, labels and proposals.
import { drawCurve } from "./draw_curve.js";
import { drawItems } from "./draw_items.js";
import { drawConfidence, drawPictures, drawSpread, edgesOf } from "./draw_strips.js";
import { partsOf } from "./row_list.js";
import { fitWords } from "./words.js";

/** @typedef {import("./brush.js").Brush} Brush */
/** @typedef {import("./rows.js").Row} Row */
/** @typedef {import("./timeline.js").Shown} Shown */

const HINT_LEFT_PX = 10;
/** @type {ReadonlySet<string | number>} */
const NONE = new Set();

export class RowPainter {
  /** @type {import("./draw_strips.js").Pictures | null} */ pictures = null;
  /** @type {{of: Map<number, unknown>, edges: import("./draw_strips.js").Edges} | null} */
  #edges = null;

  /** @param {{scene: import("./scene.js").Scene, times: Float64Array}} parts */
  constructor({ scene, times }) {
    this.scene = scene;
    this.times = times;
  }

  /** @param {Brush} brush @param {Row} row its top as it is scrolled now @param {Shown} shown
   * @param {ReadonlySet<string | number>} absent labels that are being dragged */
  paint(brush, row, shown, absent) {
    const { context, theme, width } = brush;
    if (row.kind === "heading") return;
    context.fillStyle = theme.raised;
    context.fillRect(0, row.top, width, row.height);
    if (row.hidden) return;
    if (row.kind === "thumbnails") {
      if (this.pictures) drawPictures(brush, row, this.pictures);
    } else if (row.kind === "spread") drawSpread(brush, row, this.#edgesNow());
    else if (row.kind === "confidence") {
      const colourOf = (/** @type {string} */ name) => this.scene.colourOf(name);
      if (shown.confidence) drawConfidence(brush, row, shown.confidence, colourOf);
    } else if (row.kind === "curve") {
      const curve = shown.curves.find(({ about }) => row.key === `curve ${about.name}`);
      if (curve) drawCurve(brush, row, curve, shown.poor);
    } else this.#paintItems(brush, row, shown, absent);
  }

  /** @param {Brush} brush @param {Row} row @param {Shown} shown
   * @param {ReadonlySet<string | number>} absent */
  #paintItems(brush, row, shown, absent) {
    const { scene } = this;
    const parts = partsOf(row, scene);
    for (const { index, top, height } of parts) {
      const drawn = {
        index,
        look: (/** @type {import("./items.js").Item} */ item) => scene.look(item),
        selected: shown.selectedIds,
        absent: row.kind === "proposals" ? NONE : absent,
        quiet: row.kind === "layer",
      };
      drawItems(brush, { top, height }, drawn);
    }
    if (!row.edited || absent.size || parts.some(({ index }) => index.items.length)) return;
    const { context, theme, width } = brush;
    context.fillStyle = theme.faint;
    const hint = shown.canEdit ? "Drag here to add a label" : "No labels yet";
    const words = fitWords(context, [hint], width - 2 * HINT_LEFT_PX);
    context.fillText(words, HINT_LEFT_PX, row.top + row.height / 2 + 0.5);
  }

  /** Edges of the proposals under review; sorted again only when they are others. */
  #edgesNow() {
    const { proposals, models } = this.scene;
    if (this.#edges?.of !== proposals) {
      const edges = edgesOf(models[0]?.offer.proposals ?? [], this.times);
      this.#edges = { of: proposals, edges };
    }
    return this.#edges.edges;
  }
}
