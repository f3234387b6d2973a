// All layers of a recording: one's own, the others', and the result that was agreed on. One of
// them is worked on; the others are looked at. Pure.
import { Replica } from "../sync/replica.js";

/** @typedef {import("./history.js").Logged} Logged */
/** @typedef {import("../time/spans.js").Span} Span */
/** What the server tells of a layer; `author` is null for the result.
 * @typedef {import("./state.js").Stored & {kind: "own" | "result", author: string | null,
 *   own: boolean, may_edit: boolean, seen: Span[], log?: Logged[]}} StoredLayer */
/** News of one layer: the log since what the page knows, or all of it.
 * @typedef {Pick<StoredLayer, "id" | "revision" | "kind" | "author" | "own" | "may_edit" | "seen">
 *   & {log?: Logged[], state?: import("./state.js").Stored}} LayerNews */
/** @typedef {Omit<StoredLayer, "revision" | "finished" | "segments" | "comments" | "log"> &
 *   {replica: Replica}} Layer */

export class Layers {
  /** @type {Map<number, Layer>} */ #layers = new Map();

  /** @param {StoredLayer[]} stored @param {number} [workedOnId] one's own where none is named */
  constructor(stored, workedOnId) {
    for (const layer of stored) this.#layers.set(layer.id, layerOf(layer, new Replica(layer)));
    this.workedOnId = workedOnId ?? this.#usual()?.id ?? 0;
  }

  /** @returns {Layer[]} one's own first, then the result, then the others by name */
  get all() {
    const rank = (/** @type {Layer} */ { own, kind }) => (own ? 0 : kind === "result" ? 1 : 2);
    return [...this.#layers.values()].sort(
      (a, b) => rank(a) - rank(b) || (a.author ?? "").localeCompare(b.author ?? "") || a.id - b.id,
    );
  }

  /** @returns {Layer | undefined} */
  get workedOn() {
    return this.#layers.get(this.workedOnId);
  }

  /** Those that are only looked at. */
  get others() {
    return this.all.filter(({ id }) => id !== this.workedOnId);
  }

  /** @param {number} id */
  get(id) {
    return this.#layers.get(id);
  }

  /** One's own; who may not change one sees the result, or else the layer with most labels. */
  #usual() {
    const { all } = this;
    const labels = (/** @type {Layer} */ { replica }) => replica.base.segments.size;
    const most = [...all].sort((a, b) => labels(b) - labels(a))[0];
    const result = all.find((layer) => layer.kind === "result" && labels(layer) > 0);
    return all.find(({ own, may_edit }) => own && may_edit) ?? result ?? most;
  }

  /** @param {number} id @returns {boolean} whether that layer may be worked on */
  workOn(id) {
    if (!this.#layers.get(id)?.may_edit) return false;
    this.workedOnId = id;
    return true;
  }

  /** What the page knows: each layer's revision. @returns {Map<number, number>} */
  get revisions() {
    return new Map([...this.#layers.values()].map(({ id, replica }) => [id, replica.revision]));
  }

  /** @param {LayerNews} news @param {number} [asked] the revision that was known when it was asked
   * for @returns {{taken: Logged[], gap: boolean, reset: boolean}} what the
   * layer moved along; gap: it must be asked for again, as a whole; reset: it was replaced */
  take(news, asked = 0) {
    const known = this.#layers.get(news.id);
    if (!known) {
      const stored = news.state ?? { id: news.id, revision: 0, finished: [], segments: [] };
      const replica = new Replica(stored);
      this.#layers.set(news.id, layerOf(news, replica));
      if (!this.workedOn) this.workedOnId = news.id;
      return { ...replica.take(news.log ?? []), reset: true };
    }
    this.#layers.set(news.id, layerOf(news, known.replica));
    if (!news.state) return { ...known.replica.take(news.log ?? []), reset: false };
    const restored = news.state.revision < asked;
    const reset = restored || news.state.revision > known.replica.revision;
    const taken = known.replica.reset(news.state, restored) ?? [];
    return { taken, gap: false, reset };
  }
}

/** @param {Pick<StoredLayer, "id" | "kind" | "author" | "own" | "may_edit" | "seen">} told
 * @param {Replica} replica @returns {Layer} */
const layerOf = ({ id, kind, author, own, may_edit, seen }, replica) => ({
  id,
  kind,
  author,
  own,
  may_edit,
  seen,
  replica,
});
