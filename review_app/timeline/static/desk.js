// The review desk: joins the picture, the timeline, the list and the annotation. What each of
// them does is in its own module; here is only who tells whom.
import { Actions } from "./keys/actions.js";
import { frameCount } from "./time/clock.js";
import { h } from "./dom.js";
import { Board } from "./timeline/board.js";
import { buildHelp } from "./panel/help.js";
import { Keyboard } from "./keys/keyboard.js";
import { Keeping } from "./panel/keeping.js";
import { Overlay } from "./picture/overlay.js";
import { Panel } from "./panel/panel.js";
import { PatientChoice } from "./picture/patient.js";
import { Player } from "./picture/player.js";
import { playingFrom } from "./picture/playing.js";
import { Poses } from "./picture/poses.js";
import { Proposed } from "./labels/proposed.js";
import { Preferences } from "./sync/preferences.js";
import * as choice from "./labels/selection.js";
import { lengthOf } from "./time/spans.js";
import { Transport } from "./picture/transport.js";
import { follow, reveal, wholeView } from "./time/view.js";
import { Work } from "./work/work.js";

/** @typedef {import("./timeline/items.js").Item} Item */
/** @typedef {import("./panel/panel.js").ActionClass} ActionClass */
/** @typedef {import("./labels/proposed.js").Run} Run */
/** @typedef {import("./opening.js").Answer} Answer */
/** What Python hands over; `seen` changes when the server has news.
 * @typedef {{video_id: number, user_id: number, model_id: number | null, token: string,
 *   can_edit: boolean, sure_score: number, seen: string}} Data
 * sure_score: proposals below it are shown only to who asks for them */

const ADD_ONE = "Press A to add a segment at the playhead.";
const NO_PICTURE = "The video could not be loaded. It is tried again every few seconds.";

export class Desk {
  selection = choice.NOTHING;
  /** @type {[number, number] | null} frames chosen on the ruler */ range = null;
  /** @type {number | null} where a segment begins that has no end yet */ markIn = null;
  /** @type {[number, number][] | null} frames looked at; null: as the server knows them */
  seen = null;
  /** @type {import("./sync/recording.js").Lock[]} as last shown */ #locks;
  frame = 0;
  confirmed = false;
  skeleton = true;

  /** @param {{element: HTMLElement, api: import("./sync/api.js").Api, data: Data, answer: Answer,
   *   times: Float64Array, recording: import("./sync/recording.js").Recording,
   *   notify: (what: "job_started") => void}} parts */
  constructor({ element, api, data, answer, times, recording, notify }) {
    this.element = element;
    this.api = api;
    this.data = data;
    this.times = times;
    this.notify = notify;
    this.recording = recording;
    this.#locks = recording.locks;
    this.preferences = new Preferences({ api, known: answer.preferences });
    this.video = answer.video;
    this.tiers = answer.tiers;
    this.classes = new Map(answer.classes.map((one) => [one.id, one]));
    this.proposed = new Proposed({
      api,
      videoId: answer.video.id,
      sureScore: data.sure_score,
      onChange: () => this.refresh(),
    });
    this.activeClassId = answer.classes[0]?.id ?? 0;
    this.view = wholeView(this.duration);
    const run = (/** @type {string} */ command) => this.actions.run(command);
    this.keeping = new Keeping({ desk: this, run });
    this.status = this.keeping.status;
    recording.onChange = () => this.refresh();
    recording.onRun = () => void this.#reload();
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
      leastScore: this.proposed.leastScore,
      usualLeastScore: data.sure_score,
      onLeastScore: (score) => this.proposed.setLeastScore(score),
      onPick: (item) => this.pick(item),
      onClass: (id) => this.work.useClass(id),
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
    this.board = new Board({ desk: this, layout: this.preferences.get("layout")?.timeline });
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
    this.player.segment = () => {
      const item = this.selected();
      return item && [item.start_frame, item.end_frame];
    };
    this.player.settings = playingFrom(this.preferences.get("steps"));
    this.transport.offerSettings(this.player.settings, (settings) => {
      this.player.settings = settings;
      this.preferences.set("steps", settings);
    });
    this.gestures = this.board.begin();
    this.keyboard = new Keyboard({ desk: this });
    const { element: bar } = this.transport;
    element.replaceChildren(stage, bar, this.panel.element, this.timeline.element, this.help);
    this.work = new Work(this);
    this.observer = new ResizeObserver(() => {
      this.timeline.fit(element.clientHeight);
      this.redraw();
      this.drawOverlay();
    });
    this.observer.observe(element);
    this.observer.observe(stage);
    element.addEventListener("pointerdown", this.#takeFocus, { capture: true });
    this.#takeFocus();
    this.keeping.show();
    this.player.load();
    this.#take(answer);
    recording.retry();
  }

  /** The layer that is worked on. */
  get annotation() {
    return this.recording.annotation;
  }

  /** Whether labels of the layer shown can be changed by this person. */
  get canEdit() {
    return this.data.can_edit && (this.recording.layers.workedOn?.may_edit ?? false);
  }

  get run() {
    return this.proposed.run;
  }

  get confidence() {
    return this.proposed.confidence;
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
    if (this.recording.saving.status === "blocked") this.recording.retry();
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
    this.poses.forget();
    this.proposed.take(run);
    this.drawOverlay();
    this.board.take(run, runs);
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
    this.work.onFrame(frame, confirmed);
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

  /** Who holds a tier of a layer. @param {number} layerId @param {number} tierId */
  lockOf(layerId, tierId) {
    return this.recording.lockOf(layerId, tierId);
  }

  /** @param {number} layerId @param {number} tierId */
  toggleLock(layerId, tierId) {
    return this.keeping.toggleLock(layerId, tierId);
  }

  /** @param {Record<string, unknown>} part of the layout, which is kept for this person */
  saveLayout(part) {
    this.preferences.set("layout", { ...this.preferences.get("layout"), ...part });
  }

  /** Tells the scene what there is; it works out what that changes. */
  #showLayers() {
    const { run, offered } = this.proposed;
    const offers = this.board.offers(run, offered);
    this.scene.update({ layers: this.recording.shown(this.seen), offers });
    const { locks } = this.recording;
    if (locks !== this.#locks) this.board.locksChanged();
    this.#locks = locks;
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
    this.keeping.company.show();
    this.status.showProgress({
      finished: lengthOf(scene.finished) / frameCount(this.times),
      open: scene.open().length,
      canUndo: annotation.canUndo,
      canRedo: annotation.canRedo,
    });
    this.work.refresh();
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
    this.work.stop();
    this.observer.disconnect();
    this.panel.observer.disconnect();
    this.board.stop();
    this.recording.stop();
    this.player.destroy();
  }
}
