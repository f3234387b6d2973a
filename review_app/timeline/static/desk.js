// The review desk: joins the picture, the timeline, the list and the annotation. What each of
// them does is in its own module; here is only who tells whom.
import { Actions } from "./keys/actions.js";
import { Annotation } from "./labels/annotation.js";
import { frameCount } from "./time/clock.js";
import { Confidence } from "./labels/confidence.js";
import { h } from "./dom.js";
import { Board } from "./timeline/board.js";
import { buildHelp } from "./panel/help.js";
import { newId } from "./ids.js";
import { Keyboard } from "./keys/keyboard.js";
import { Notices } from "./panel/notices.js";
import { offered } from "./labels/offered.js";
import { othersOf } from "./timeline/layer_index.js";
import { Overlay } from "./picture/overlay.js";
import { Panel } from "./panel/panel.js";
import { PatientChoice } from "./picture/patient.js";
import { Player } from "./picture/player.js";
import { Poses } from "./picture/poses.js";
import * as choice from "./labels/selection.js";
import { lengthOf } from "./time/spans.js";
import { StatusBar } from "./panel/status.js";
import { Transport } from "./picture/transport.js";
import { unsent } from "./sync/unsent.js";
import { follow, reveal, wholeView } from "./time/view.js";

/** @typedef {import("./timeline/items.js").Item} Item */
/** @typedef {import("./panel/panel.js").ActionClass} ActionClass */
/** @typedef {{id: number, model_id: number, model_name: string, person: number | null,
 *   proposals: import("./timeline/scene.js").Proposal[]}} Run */
/** What /timeline answers. @typedef {{video: {id: number, sha256: string, name: string,
 *   width: number, height: number}, classes: ActionClass[], tiers: {id: number, name: string}[],
 *   annotation: import("./labels/annotation.js").Stored, run: Run | null, people: {id: number}[],
 *   runs?: import("./timeline/other_models.js").RunName[],
 *   layers?: import("./labels/layers.js").StoredLayer[],
 *   preferences?: {layout?: {timeline?: Partial<import("./timeline/rows.js").Layout>}}}} Answer */
/** What Python hands over; `seen` changes when the server has news.
 * @typedef {{video_id: number, user_id: number, model_id: number | null, token: string,
 *   can_edit: boolean, sure_score: number, seen: string}} Data
 * sure_score: proposals below it are shown only to who asks for them */

const LEAST_SCORE = "rehab-review/least-score";
const ADD_ONE = "Press A to add a segment at the playhead.";
const NO_PICTURE = "The video could not be loaded. It is tried again every few seconds.";

export class Desk {
  selection = choice.NOTHING;
  /** @type {[number, number] | null} frames chosen on the ruler */ range = null;
  /** @type {number | null} where a segment begins that has no end yet */ markIn = null;
  /** @type {Run | null} */ run = null;
  /** @type {Confidence | null} */ confidence = null;
  /** @type {Set<string | number>} proposals turned down while another reading is open */
  doubted = new Set();
  /** @type {import("./timeline/scene.js").Proposal[]} */ #offered = [];
  /** @type {[number, number][]} frames that were looked at */ seen = [];
  frame = 0;
  confirmed = false;
  skeleton = true;

  /** @param {{element: HTMLElement, api: import("./sync/api.js").Api, data: Data, answer: Answer,
   *   times: Float64Array, outbox: import("./sync/outbox.js").Outbox,
   *   notify: (what: "job_started") => void}} parts */
  constructor({ element, api, data, answer, times, outbox, notify }) {
    this.element = element;
    this.api = api;
    this.data = data;
    this.times = times;
    this.notify = notify;
    this.video = answer.video;
    this.tiers = answer.tiers;
    this.classes = new Map(answer.classes.map((one) => [one.id, one]));
    this.canEdit = data.can_edit;
    this.leastScore = Number(window.localStorage.getItem(LEAST_SCORE) ?? data.sure_score);
    this.activeClassId = answer.classes[0]?.id ?? 0;
    this.view = wholeView(this.duration);
    const run = (/** @type {string} */ command) => this.actions.run(command);
    this.notices = new Notices({ onChange: () => this.#showSaving() });
    const notices = this.notices.element;
    this.status = new StatusBar({ run, canEdit: this.canEdit, notices });
    this.annotation = new Annotation({
      stored: answer.annotation,
      outbox,
      newId,
      onChange: () => this.refresh(),
      onRefused: (messages) => this.notices.refuse(messages),
    });
    this.actions = new Actions(this);
    this.help = buildHelp();
    this.patient = new PatientChoice({ desk: this });
    this.transport = new Transport({
      times,
      run,
      seek: (frame) => this.goTo(frame),
      setSpeed: (speed) => this.player.setSpeed(speed),
      choosePatient: () => this.patient.toggle(),
    });
    this.panel = new Panel({
      times,
      classes: answer.classes,
      header: this.status.element,
      leastScore: this.leastScore,
      usualLeastScore: data.sure_score,
      onLeastScore: (score) => this.#setLeastScore(score),
      onPick: (item) => this.pick(item),
      onClass: (id) => this.actions.labels.useClass(id),
    });
    this.picture = /** @type {HTMLVideoElement} */ (
      h("video", { playsinline: true, preload: "auto", tabindex: "-1" })
    );
    this.picture.muted = true;
    this.picture.addEventListener("error", () => this.status.say(NO_PICTURE));
    const layer = /** @type {HTMLCanvasElement} */ (h("canvas", { class: "overlay" }));
    layer.addEventListener("click", (event) => this.patient.click(event) || run("toggle"));
    const { width, height } = this.video;
    this.overlay = new Overlay({ canvas: layer, width, height });
    const stage = h("div", { class: "stage" }, this.picture, layer);
    stage.append(this.patient.element, this.status.toast);
    this.layerId = answer.annotation.id;
    this.others = othersOf(answer.layers ?? [], answer.annotation.id);
    this.board = new Board({ desk: this, layout: answer.preferences?.layout?.timeline });
    this.timeline = this.board.timeline;
    this.scene = this.board.scene;
    this.#showLayers();
    this.player = new Player({
      video: this.picture,
      times,
      source: () => api.url(`videos/${this.video.id}/media`),
      onFrame: (frame, confirmed) => this.#onFrame(frame, confirmed),
      onState: () => this.#showTransport(),
    });
    this.poses = new Poses({
      fetchPiece: (from, to) =>
        api.json(`videos/${this.video.id}/pose`, { from, to, run: this.run?.id ?? null }),
      onArrival: () => this.drawOverlay(),
    });
    this.gestures = this.board.begin();
    this.keyboard = new Keyboard({ desk: this });
    const { element: bar } = this.transport;
    element.replaceChildren(stage, bar, this.panel.element, this.timeline.element, this.help);
    this.observer = new ResizeObserver(() => {
      this.timeline.fit(element.clientHeight);
      this.redraw();
      this.drawOverlay();
    });
    this.observer.observe(element);
    this.observer.observe(stage);
    element.addEventListener("pointerdown", this.#takeFocus, { capture: true });
    this.#takeFocus();
    outbox.onState = () => this.#showSaving();
    this.#showSaving();
    this.player.load();
    this.#take(answer);
    void outbox.retry();
  }

  #showSaving() {
    const { outbox } = this.annotation;
    this.status.showSaving(outbox.state, this.notices.refused);
    this.notices.showUnsent(unsent(outbox.storage, outbox.prefix));
  }

  get duration() {
    return this.times[this.times.length - 1];
  }

  /** A rerun of the page: a fresh token, perhaps a finished job or another model.
   * @param {Data} data */
  update(data) {
    const otherModel = data.model_id !== this.data.model_id;
    const news = otherModel || data.seen !== this.data.seen;
    this.data = data;
    this.api.token = data.token;
    if (this.annotation.outbox.state.status === "blocked") void this.annotation.outbox.retry();
    if (news) void this.#reload();
    if (otherModel) this.#takeFocus();
    this.timeline.repaint(); // the theme may have changed
  }

  async #reload() {
    try {
      const query = { model: this.data.model_id };
      this.#take(await this.api.json(`videos/${this.video.id}/timeline`, query));
    } catch (error) {
      this.status.say(/** @type {Error} */ (error).message);
    }
  }

  /** The model's side of an answer; the labels are this browser's own. @param {Answer} answer */
  #take({ run, people, runs }) {
    this.transport.offerPatient(this.canEdit && people.length > 0);
    if (run?.id !== this.run?.id) this.confidence = null;
    this.run = run;
    this.poses.forget();
    this.#offer();
    this.drawOverlay();
    this.board.take(run, runs ?? []);
    if (run) void this.#loadConfidence(run.id);
  }

  /** Another reading of the moment may be offered now. @param {Item} item a proposal */
  doubt(item) {
    this.doubted.add(item.id);
    this.#offer();
  }

  /** @param {number} score proposals below it are not shown */
  #setLeastScore(score) {
    this.leastScore = score;
    window.localStorage.setItem(LEAST_SCORE, String(score));
    this.#offer();
  }

  #offer() {
    this.#offered = offered(this.run?.proposals ?? [], this.leastScore, this.doubted);
    this.refresh();
  }

  /** @param {number} runId */
  async #loadConfidence(runId) {
    try {
      const answer = await this.api.json(`videos/${this.video.id}/confidence`, { run: runId });
      if (this.run?.id !== runId || !answer.times.length) return;
      this.confidence = new Confidence(answer);
      this.refresh();
    } catch {
      // Without the strip the desk is complete: it is absent, not empty.
    }
  }

  /** @param {number} frame @param {boolean} confirmed */
  #onFrame(frame, confirmed) {
    this.frame = frame;
    this.confirmed = confirmed;
    this.element.dataset.frame = String(frame);
    this.element.dataset.confirmed = String(confirmed);
    const seconds = this.times[frame];
    if (this.player.playing) {
      const view = follow(this.view, seconds, this.duration);
      if (view !== this.view) this.setView(view);
    }
    this.timeline.setPlayhead(seconds);
    this.#showTransport();
    if (confirmed) this.drawOverlay();
  }

  #showTransport() {
    this.transport.show({
      frame: this.frame,
      confirmed: this.confirmed,
      playing: this.player.playing || this.player.reversing,
      speed: this.player.speed,
      looping: this.player.loop !== null,
      skeleton: this.skeleton,
      choosing: this.patient.choosing,
    });
  }

  /** @param {boolean} shown */
  showSkeleton(shown) {
    this.skeleton = shown;
    this.#showTransport();
    this.drawOverlay();
  }

  drawOverlay() {
    const wanted = this.skeleton && this.run && !this.patient.choosing;
    const joints = wanted ? this.poses.at(this.times[this.frame]) : null;
    this.overlay.draw(joints, this.patient.shown, this.patient.current);
    this.patient.follow();
  }

  /** @param {import("./time/view.js").View} view */
  setView(view) {
    this.view = view;
    this.redraw();
  }

  /** Seeks, and brings the place into view. @param {number} frame */
  goTo(frame) {
    this.player.seek(frame);
    const seconds = this.times[this.player.wanted];
    this.setView(reveal(this.view, seconds, seconds, this.duration));
  }

  /** Selects an item, shows it and stands on its first frame. @param {Item} item */
  pick(item) {
    this.select(item.id);
    const [start, end] = [this.times[item.start_frame], this.times[item.end_frame]];
    this.setView(reveal(this.view, start, end, this.duration));
    if (this.player.playing) this.player.pause();
    this.player.seek(item.start_frame);
  }

  get selectedId() {
    return this.selection.active;
  }

  get selectedIds() {
    return this.selection.ids;
  }

  /** @param {string | number | null} id */
  select(id) {
    this.#choose(choice.only(id));
  }

  /** @param {string | number | null} id @param {"only" | "toggle" | "extend"} how */
  choose(id, how) {
    if (id === null || how === "only") return this.select(id);
    if (how === "toggle") return this.#choose(choice.toggle(this.selection, id));
    const order = this.scene.items.map((item) => item.id);
    this.#choose(choice.extend(this.selection, id, order));
  }

  /** @param {(string | number)[]} ids */
  selectMany(ids) {
    this.#choose(choice.all(ids));
  }

  /** @param {choice.Selection} selection */
  #choose(selection) {
    if (selection.active !== this.selectedId) this.player.setLoop(null);
    this.selection = selection;
    const chosen = this.selected();
    if (chosen?.kind === "segment" && chosen.classId) this.activeClassId = chosen.classId;
    this.refresh();
  }

  /** @returns {Item | null} */
  selected() {
    return this.scene.find(this.selectedId);
  }

  /** Who holds a tier. @param {number} _layerId @param {number} _tierId
   * @returns {import("./timeline/headers.js").Lock} */
  lockOf(_layerId, _tierId) {
    return null;
  }

  /** @param {number} _layerId @param {number} _tierId */
  toggleLock(_layerId, _tierId) {}

  /** @param {{timeline: import("./timeline/rows.js").Layout}} _layout */
  saveLayout(_layout) {}

  /** Tells the scene what there is; it works out what that changes. */
  #showLayers() {
    const { annotation, others, run } = this;
    const { finished, segments } = annotation.state;
    const own = { id: this.layerId, kind: /** @type {const} */ ("own"), author: null, own: true };
    const worked = { ...own, may_edit: this.canEdit, finished, seen: this.seen, segments };
    const offers = this.board.offers(run, this.#offered);
    this.scene.update({ layers: [worked, ...others], offers });
  }

  /** Something was changed, chosen or has arrived: work out what there is to show. */
  refresh() {
    this.#showLayers();
    const { scene, annotation } = this;
    this.selection = choice.kept(this.selection, (id) => scene.find(id) !== null);
    this.panel.show({
      items: scene.items,
      look: (item) => scene.look(item),
      selectedId: this.selectedId,
      activeClassId: this.activeClassId,
      chosenClassId: this.selected()?.classId ?? null,
      emptyText: `${this.run ? "The model proposes nothing here." : "No proposals yet."} ${ADD_ONE}`,
    });
    this.status.showProgress({
      finished: lengthOf(scene.finished) / frameCount(this.times),
      open: scene.open().length,
      canUndo: annotation.history.done.length > 0,
      canRedo: annotation.history.undone.length > 0,
    });
    this.redraw();
  }

  redraw() {
    this.board.show();
  }

  /** The keys are the desk's again after a box outside it had them.
   * @param {Event} [event] */
  #takeFocus = (event) => {
    const pressed = event?.composedPath()[0];
    if (pressed instanceof HTMLInputElement || pressed instanceof HTMLSelectElement) return;
    this.element.focus({ preventScroll: true });
  };

  destroy() {
    this.element.removeEventListener("pointerdown", this.#takeFocus, { capture: true });
    this.keyboard.stop();
    this.observer.disconnect();
    this.panel.observer.disconnect();
    this.board.stop();
    this.annotation.outbox.stop();
    this.player.destroy();
  }
}
