// Everything this page keeps in step with the server: the layers of a recording, those one works on
// with their edits on the way, who holds which tier, and who else is here.
import { Annotation } from "../labels/annotation.js";
import { Layers } from "../labels/layers.js";
import { target } from "../labels/state.js";
import { Outbox } from "./outbox.js";
import { Replica } from "./replica.js";

/** @typedef {import("../labels/annotation.js").Refusal} Refusal */
/** @typedef {import("../labels/layers.js").Layer} Layer */
/** @typedef {import("../labels/layers.js").StoredLayer} StoredLayer */
/** @typedef {import("./outbox.js").OutboxState} OutboxState */
/** Who holds a tier of a layer. @typedef {{annotation_id: number, tier_id: number,
 *   user_id: number, name: string, since: string}} Lock */
/** @typedef {{id: number, name: string, role: string}} User */
/** @typedef {{layers: import("../labels/layers.js").LayerNews[], locks: Lock[],
 *   run: number | null, people: string[]}} Told */

/** For layers that are only looked at. @type {import("./outbox.js").Keeper} */
const NOWHERE = {
  length: 0,
  key: () => null,
  getItem: () => null,
  setItem: () => {},
  removeItem: () => {},
};
/** @returns {Layer} */
const NO_LAYER = () => ({
  ...{ id: 0, kind: "own", author: null, own: false, may_edit: false, seen: [] },
  replica: new Replica({ id: 0, revision: 0, finished: [], segments: [] }),
});
const RANK = /** @type {const} */ (["saved", "saving", "offline", "blocked"]);

export class Recording {
  /** @type {Map<number, Annotation>} */ #annotations = new Map();
  /** @type {Map<number, import("../labels/history.js").Logged[]>} */ #logs;
  /** @type {number | null | undefined} undefined: not asked yet */ #run;
  /** @type {Layer} for who may only look, while nobody has made a label */ #noLayer = NO_LAYER();
  /** @type {string[]} others who have this recording open */ people = [];

  /** @param {{api: import("./api.js").Api, storage: import("./outbox.js").Keeper,
   *   newId: () => string, video: {id: number, sha256: string, name: string}, user: User,
   *   layers: StoredLayer[], locks: Lock[]}} parts */
  constructor({ api, storage, newId, video, user, layers, locks }) {
    this.api = api;
    this.storage = storage;
    this.newId = newId;
    this.video = video;
    this.user = user;
    this.locks = locks;
    this.layers = new Layers(layers);
    this.#logs = new Map(layers.map(({ id, log }) => [id, log ?? []]));
    this.onChange = () => {};
    this.onDelivered = () => {};
    /** @type {(refusal: Refusal, annotation: Annotation) => void} */ this.onRefused = () => {};
    /** @type {() => void} there are other proposals */ this.onRun = () => {};
    /** @type {(state: OutboxState) => void} */ this.onState = () => {};
    for (const layer of this.layers.all) if (layer.own || layer.may_edit) this.#of(layer);
    this.annotation = this.#workedOn();
  }

  /** Names this recording among all of this browser. */
  get scope() {
    return this.video.sha256.slice(0, 16);
  }

  /** One's own layer, which also holds one's comments. @returns {Annotation | undefined} */
  get own() {
    const layer = this.layers.all.find(({ own }) => own);
    return layer && this.#of(layer);
  }

  #workedOn() {
    return this.#of(this.layers.workedOn ?? this.#noLayer);
  }

  /** Every layer as it is to be seen, the one worked on first.
   * @param {import("../time/spans.js").Span[] | null} seen frames looked at in it, where the page
   * knows more than the server
   * @returns {import("../timeline/scene.js").Layer[]} */
  shown(seen) {
    const worked = this.layers.workedOn ?? this.#noLayer;
    return [worked, ...this.layers.others].map(({ replica, ...layer }) => {
      const { segments, finished } = this.#annotations.get(layer.id)?.state ?? replica.base;
      const looked = layer.id === worked.id ? (seen ?? layer.seen) : layer.seen;
      return { ...layer, seen: looked, segments, finished };
    });
  }

  /** @param {number} layerId @returns {boolean} whether that layer may be worked on */
  workOn(layerId) {
    const may = this.layers.workOn(layerId);
    this.annotation = this.#workedOn();
    if (may) this.onChange();
    return may;
  }

  /** Makes the layer of the result when there is none yet, and works on it. */
  async workOnResult() {
    const { id } = await this.api.post(`videos/${this.video.id}/result`, {});
    if (!this.layers.get(id)) await this.ask();
    return this.workOn(id);
  }

  /** @param {Layer} layer @returns {Annotation} */
  #of({ id, replica, kind, own, may_edit }) {
    const known = this.#annotations.get(id);
    if (known) return known;
    // Several people may share a browser; what one did to the result is not the next one's doing.
    const whose = kind === "result" ? `${id}-${this.user.id}` : String(id);
    const outbox = new Outbox({
      storage: own || may_edit ? this.storage : NOWHERE,
      about: { scope: `${this.scope}/${whose}`, video: this.video.id, name: this.video.name },
      since: () => replica.revision,
      send: (edits, since) => this.api.post(`annotations/${id}/edits`, { edits, since }),
    });
    outbox.onDelivered = () => this.onDelivered();
    outbox.onState = () => this.onState(this.saving);
    const annotation = new Annotation({
      replica,
      log: this.#logs.get(id) ?? [],
      me: this.user,
      outbox,
      newId: this.newId,
      fetchOlder: (before) => this.api.json(`annotations/${id}/history`, { before }),
      onChange: () => this.onChange(),
      onRefused: (refusal) => this.onRefused(refusal, annotation),
    });
    this.#annotations.set(id, annotation);
    return annotation;
  }

  get #outboxes() {
    return [...this.#annotations.values()].map(({ outbox }) => outbox);
  }

  /** How the keys of these layers' edits begin in the browser's storage. */
  get prefixes() {
    return this.#outboxes.flatMap(({ storage, prefix }) => (storage === NOWHERE ? [] : prefix));
  }

  /** Of all layers together. @returns {OutboxState} */
  get saving() {
    const states = this.#outboxes.map(({ state }) => state);
    const sum = (/** @type {"waiting" | "unkept"} */ name) =>
      states.reduce((total, state) => total + state[name], 0);
    const worst = states.reduce(
      (one, other) => (RANK.indexOf(other.status) > RANK.indexOf(one.status) ? other : one),
      states[0] ?? { status: "saved", message: "" },
    );
    const { status, message } = worst;
    return { status, message, waiting: sum("waiting"), unkept: sum("unkept") };
  }

  /** Asks what is new. Rejects when the server does not answer. */
  async ask() {
    const known = this.layers.revisions;
    const layers = [...known].map(([id, revision]) => `${id}:${revision}`).join();
    /** @type {Told} */
    const told = await this.api.json(`videos/${this.video.id}/news`, { layers });
    const locked = JSON.stringify(told.locks) !== JSON.stringify(this.locks);
    let changed = locked || told.people.join() !== this.people.join();
    if (locked) this.locks = told.locks; // the same object while nothing has changed
    this.people = told.people;
    for (const news of told.layers) {
      const moved = this.layers.take(news, known.get(news.id));
      const annotation = this.#annotations.get(news.id);
      if (annotation) annotation.follow(moved);
      else changed = true;
    }
    if (this.annotation.replica !== this.layers.workedOn?.replica) {
      this.annotation = this.#workedOn();
    }
    if (changed) this.onChange();
    if (this.#run !== undefined && told.run !== this.#run) this.onRun();
    this.#run = told.run;
    for (const outbox of this.#outboxes) if (outbox.state.status === "offline") void outbox.retry();
  }

  /** Sends what waits, also what closed pages left. */
  wake() {
    for (const outbox of this.#outboxes) void outbox.wake();
    this.onState(this.saving); // what waits for other recordings may have changed too
  }

  /** Try again now: the page has a new token. */
  retry() {
    for (const outbox of this.#outboxes) void outbox.retry();
  }

  /** Who holds a tier of the layer worked on. @param {number} layerId @param {number} tierId
   * @returns {{name: string, own: boolean} | null} */
  lockOf(layerId, tierId) {
    const lock = this.locks.find((one) => one.annotation_id === layerId && one.tier_id === tierId);
    return lock ? { name: lock.name, own: lock.user_id === this.user.id } : null;
  }

  /** Why a lock keeps labels of the layer worked on from being changed so.
   * @param {import("../labels/state.js").Operation | null} operation
   * @returns {string | null} a sentence; null: nothing is in the way */
  inTheWay(operation) {
    const { segments } = this.annotation.state;
    const tiers = (operation?.changes ?? []).flatMap((change) => {
      const before = segments.get(target(change))?.tier_id ?? [];
      return change.op === "put" ? [change.segment.tier_id, before].flat() : before;
    });
    for (const tierId of tiers) {
      const lock = this.lockOf(this.layers.workedOnId, tierId);
      if (lock?.own) return "You have locked this tier. Unlock it to change it.";
      if (lock) return `${lock.name} has locked this tier.`;
    }
    return null;
  }

  /** Holds a tier, takes it over from somebody else, or lets go of one's own. Rejects with the
   * server's sentence. @param {number} layerId @param {number} tierId */
  async toggleLock(layerId, tierId) {
    const path = `annotations/${layerId}/locks/${tierId}`;
    const own = this.lockOf(layerId, tierId)?.own;
    const { locks } = own ? await this.api.delete(path) : await this.api.put(path, {});
    this.locks = locks;
    this.onChange();
    this.onDelivered();
  }

  stop() {
    for (const outbox of this.#outboxes) outbox.stop();
  }
}
