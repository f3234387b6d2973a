// The review desk: joins the picture, the timeline, the list and the annotation. What each of
// them does is in its own module; here is only who tells whom.
import { Annotation } from "./annotation.js";
import { Actions } from "./actions.js";
import { Api } from "./api.js";
import { Confidence } from "./confidence.js";
import { h } from "./dom.js";
import { Gestures } from "./gestures.js";
import { gestureHost } from "./host.js";
import { buildHelp } from "./help.js";
import { Keyboard } from "./keyboard.js";
import { Outbox } from "./outbox.js";
import { Overlay } from "./overlay.js";
import { Panel } from "./panel.js";
import { PatientChoice } from "./patient.js";
import { Player } from "./player.js";
import { Poses } from "./poses.js";
import { indexItems } from "./rows.js";
import { covers, lengthOf } from "./spans.js";
import { StatusBar } from "./status.js";
import { GUTTER, Timeline } from "./timeline.js";
import { Transport } from "./transport.js";
import { follow, reveal, wholeView } from "./view.js";

/** @typedef {import("./rows.js").Item} Item */
/** @typedef {import("./timeline.js").Look} Look */
/** @typedef {{video_id: number, user_id: number, model_id: number | null, token: string, can_edit: boolean,
 *   seen: string}} Data what Python hands over; `seen` changes when the server has news */
/** @typedef {{id: number, class_name: string, class_id: number | null, start_frame: number,
 *   end_frame: number, score: number, start_spread_s: number, end_spread_s: number}} Proposal */

const NO_CLASS = "#8a8f98";

/** @param {string} name */
const titleOf = (name) => name.replaceAll("_", " ");

export class Desk {
  /** @type {string | number | null} */ selectedId = null;
  /** @type {[number, number] | null} */ range = null;
  /** @type {number | null} */ markIn = null;
  /** @type {{item: Item, snapAt: number | null} | null} */ draft = null;
  /** @type {Proposal[]} */ proposals = [];
  /** @type {Confidence | null} */ confidence = null;
  frame = 0;
  confirmed = false;
  skeleton = true;
  canEdit = false;
  activeClassId = 0;
  #opened = false;

  /** @param {{element: HTMLElement, base: URL, data: Data,
   *   notify: (what: "signed_out" | "job_started") => void}} parts */
  constructor({ element, base, data, notify }) {
    this.element = element;
    this.data = data;
    this.notify = notify;
    this.api = new Api({ base, token: data.token });
    this.api.onSignedOut = () => notify("signed_out");
    element.replaceChildren(h("p", { class: "waiting" }, "Opening the recording…"));
  }

  async open() {
    try {
      const path = `videos/${this.data.video_id}`;
      const query = { model: this.data.model_id };
      let answer = await this.api.json(`${path}/timeline`, query);
      const outbox = this.#makeOutbox(answer);
      if (outbox.pending().length) {
        await outbox.flush(); // what an earlier page could not deliver
        answer = await this.api.json(`${path}/timeline`, query);
      }
      this.times = await this.api.float64(`${path}/times`);
      this.#build(answer, outbox);
    } catch (error) {
      const again = h("button", { type: "button", class: "button wide", onclick: () => this.open() }, "Try again");
      this.element.replaceChildren(h("p", { class: "waiting" }, String(error.message), again));
    }
  }

  /** @param {any} answer */
  #makeOutbox(answer) {
    const { annotation, video } = answer;
    return new Outbox({
      storage: window.localStorage,
      scope: `${video.sha256.slice(0, 16)}/${annotation.id}`,
      send: (edits) => this.api.post(`annotations/${annotation.id}/edits`, { edits }),
      onState: (state) => this.status?.showSaving(state),
    });
  }

  /** @param {any} answer @param {Outbox} outbox */
  #build(answer, outbox) {
    this.video = answer.video;
    this.classes = new Map(answer.classes.map((/** @type {any} */ one) => [one.id, one]));
    this.tiers = answer.tiers;
    this.canEdit = this.data.can_edit;
    this.activeClassId = answer.classes[0]?.id ?? 0;
    this.view = wholeView(this.duration);
    this.annotation = new Annotation({
      stored: answer.annotation,
      outbox,
      newId: () => newId(),
      onChange: () => this.refresh(),
      onRefused: (message) => this.status.say(`${message} What is shown now is the newest.`),
    });
    this.actions = new Actions(this);
    this.#layOut(answer);
    this.player = new Player({
      video: this.picture,
      times: this.times,
      onFrame: (frame, confirmed) => this.#onFrame(frame, confirmed),
      onState: () => this.#showTransport(),
    });
    this.poses = new Poses({
      fetchPiece: (from, to) => this.api.json(`videos/${this.video.id}/pose`, { from, to, run: this.run?.id ?? null }),
      onArrival: () => this.drawOverlay(),
    });
    this.gestures = new Gestures({ timeline: this.timeline, host: gestureHost(this) });
    this.keyboard = new Keyboard({ desk: this });
    this.status.showSaving(outbox.state);
    window.addEventListener("online", this.#online);
    this.player.load(this.api.url(`videos/${this.video.id}/media`));
    this.#takeRun(answer.run);
    void this.#loadThumbnails();
    this.#opened = true;
    this.element.dataset.ready = "true";
    if (outbox.pending().length) void outbox.retry();
  }

  /** @param {any} answer */
  #layOut(answer) {
    this.picture = /** @type {HTMLVideoElement} */ (
      h("video", { playsinline: true, preload: "auto", disablepictureinpicture: true, tabindex: "-1" })
    );
    this.picture.muted = true;
    this.picture.addEventListener("error", () => this.status.say("The video could not be loaded. Reload the page to try again."));
    const layer = /** @type {HTMLCanvasElement} */ (h("canvas", { class: "overlay" }));
    this.overlay = new Overlay({ canvas: layer, width: this.video.width, height: this.video.height });
    this.status = new StatusBar({ run: (command) => this.actions.run(command), canEdit: this.canEdit });
    this.patient = new PatientChoice({ desk: this, canChoose: this.canEdit && answer.people.length > 0 });
    const stage = h("div", { class: "stage" }, this.picture, layer, this.patient.element, this.status.toast);
    layer.addEventListener("click", (event) => this.patient.click(event) || this.actions.run("toggle"));
    this.transport = new Transport({
      times: this.times,
      run: (command) => this.actions.run(command),
      seek: (frame) => this.goTo(frame),
      setSpeed: (speed) => this.player.setSpeed(speed),
      choosePatient: this.patient.canChoose ? () => this.patient.toggle() : null,
    });
    this.panel = new Panel({
      times: this.times,
      classes: answer.classes,
      header: this.status.element,
      onPick: (item) => this.pick(item),
      onClass: (id) => this.actions.labels.useClass(id),
    });
    const canvas = /** @type {HTMLCanvasElement} */ (h("canvas", {}));
    const playhead = h("div", { class: "playhead" });
    this.tip = h("div", { class: "tip", role: "tooltip" });
    const track = h(
      "div",
      { class: "timeline", role: "group", "aria-label": "Timeline", style: `--gutter:${GUTTER}px` },
      canvas,
      playhead,
      this.tip,
    );
    this.timeline = new Timeline({ canvas, playhead, element: track });
    this.help = buildHelp();
    this.element.replaceChildren(stage, this.transport.element, this.panel.element, track, this.help);
    this.observer = new ResizeObserver(() => {
      this.redraw();
      this.drawOverlay();
    });
    this.observer.observe(this.element);
    this.observer.observe(stage);
  }

  get duration() {
    return this.times[this.times.length - 1];
  }

  /** A rerun of the page: a fresh token, perhaps a finished job or another model.
   * @param {Data} data */
  update(data) {
    const news = data.seen !== this.data.seen || data.model_id !== this.data.model_id;
    this.data = data;
    this.api.token = data.token;
    if (!this.#opened) return;
    if (this.annotation.outbox.state.status === "blocked") void this.annotation.outbox.retry();
    if (this.picture.error) this.player.load(this.api.url(`videos/${this.video.id}/media`), this.frame);
    if (news) void this.#reload();
    this.redraw(); // the theme may have changed
  }

  async #reload() {
    try {
      const query = { model: this.data.model_id };
      const answer = await this.api.json(`videos/${this.video.id}/timeline`, query);
      this.#takeRun(answer.run);
      this.patient.takePeople(answer.people);
    } catch (error) {
      this.status.say(String(error.message));
    }
  }

  /** @param {any} run */
  #takeRun(run) {
    this.run = run;
    this.proposals = run?.proposals ?? [];
    this.confidence = null;
    this.poses.forget();
    this.refresh();
    this.drawOverlay();
    if (run) void this.#loadConfidence(run.id);
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

  async #loadThumbnails() {
    try {
      const strip = await this.api.json(`videos/${this.video.id}/thumbnails.json`);
      const image = new Image();
      image.src = this.api.url(`videos/${this.video.id}/thumbnails`);
      await image.decode();
      this.timeline.setThumbnails(image, strip);
    } catch {
      // Likewise.
    }
  }

  /** @param {number} frame @param {boolean} confirmed */
  #onFrame(frame, confirmed) {
    this.frame = frame;
    this.confirmed = confirmed;
    this.element.dataset.frame = String(frame);
    this.element.dataset.confirmed = String(confirmed);
    const seconds = this.times[frame];
    if (this.player?.playing) {
      const view = follow(this.view, seconds, this.duration);
      if (view !== this.view) this.setView(view);
    }
    this.timeline.setPlayhead(seconds);
    this.#showTransport();
    if (confirmed) this.drawOverlay();
  }

  #showTransport() {
    if (!this.player) return;
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
    const joints = this.skeleton && this.run ? this.poses.at(this.times[this.frame]) : null;
    this.overlay.draw(this.patient.choosing ? null : joints, this.patient.shown, this.patient.current);
    this.patient.follow();
  }

  /** @param {import("./view.js").View} view */
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
    this.player.seek(item.start_frame);
  }

  /** @param {string | number | null} id */
  select(id) {
    this.selectedId = id;
    this.player?.setLoop(null);
    const chosen = this.selected();
    if (chosen?.kind === "segment" && chosen.classId) this.activeClassId = chosen.classId;
    this.refresh();
  }

  /** @returns {Item | null} */
  selected() {
    return this.items.find(({ id }) => id === this.selectedId) ?? null;
  }

  /** Labels and proposals in order of time. @type {Item[]} */
  items = [];

  /** Something was changed, chosen or has arrived: work out what there is to show. */
  refresh() {
    const { segments, finished } = this.annotation.state;
    const labels = [...segments.values()].map((one) => ({
      kind: /** @type {const} */ ("segment"),
      id: one.id,
      start_frame: one.start_frame,
      end_frame: one.end_frame,
      tierId: one.tier_id,
      classId: one.class_id,
    }));
    const proposed = this.proposals.map((one) => ({
      kind: /** @type {const} */ ("proposal"),
      id: one.id,
      start_frame: one.start_frame,
      end_frame: one.end_frame,
      tierId: null,
      classId: one.class_id,
    }));
    this.byProposal = new Map(this.proposals.map((one) => [one.id, one]));
    this.accepted = new Set([...segments.values()].map((one) => one.proposal_id));
    this.labelIndex = new Map(
      this.tiers.map((/** @type {{id: number}} */ tier) => [
        tier.id,
        indexItems(labels.filter(({ tierId }) => tierId === tier.id)),
      ]),
    );
    this.proposalIndex = indexItems(proposed);
    const all = [...this.labelIndex.values(), this.proposalIndex].flatMap(({ items }) => items);
    this.items = all.sort((a, b) => a.start_frame - b.start_frame || a.end_frame - b.end_frame);
    if (this.selectedId !== null && !this.selected()) this.selectedId = null;
    this.panel.show({
      items: this.items,
      look: (item) => this.look(item),
      selectedId: this.selectedId,
      activeClassId: this.activeClassId,
      chosenClassId: this.selected()?.classId ?? null,
      emptyText: this.run
        ? "The model proposes nothing here. Press A to add a segment at the playhead."
        : "No proposals yet. Press A to add a segment at the playhead.",
    });
    this.status.showProgress({
      finished: lengthOf(finished) / (this.times.length - 1),
      open: this.items.filter((item) => this.look(item).state === "open").length,
      canUndo: this.annotation.history.done.length > 0,
      canRedo: this.annotation.history.undone.length > 0,
    });
    this.redraw();
  }

  redraw() {
    if (!this.timeline || !this.labelIndex) return;
    this.timeline.show({
      view: this.view,
      times: this.times,
      tiers: this.tiers,
      labels: this.labelIndex,
      proposals: this.proposalIndex,
      look: (item) => this.look(item),
      selectedId: this.selectedId,
      range: this.range,
      finished: this.annotation.state.finished,
      draft: this.draft && { item: this.draft.item, row: "tier" },
      snapAt: this.draft?.snapAt ?? null,
      hasProposals: this.run !== null,
      confidence: this.confidence,
      colourOf: (name) => this.classNamed(name)?.colour ?? NO_CLASS,
    });
  }

  /** @param {string} name */
  classNamed(name) {
    return [...this.classes.values()].find((one) => one.name === name);
  }

  /** @param {Item} item @returns {Look} */
  look(item) {
    const kind = this.classes.get(item.classId);
    if (item.kind === "segment") {
      const [title, colour] = [kind?.title ?? "?", kind?.colour ?? NO_CLASS];
      return { title, colour, score: null, state: "label" };
    }
    const proposal = this.byProposal.get(Number(item.id));
    const looked = covers(this.annotation.state.finished, [item.start_frame, item.end_frame]);
    return {
      title: kind?.title ?? titleOf(proposal?.class_name ?? ""),
      colour: kind?.colour ?? NO_CLASS,
      score: proposal?.score ?? null,
      state: this.accepted.has(Number(item.id)) ? "accepted" : looked ? "passed" : "open",
    };
  }

  #online = () => void this.annotation.outbox.retry();

  destroy() {
    if (!this.#opened) return;
    window.removeEventListener("online", this.#online);
    this.keyboard.stop();
    this.observer.disconnect();
    this.panel.observer.disconnect();
    this.annotation.outbox.stop();
    this.player.destroy();
  }
}

/** A version 4 UUID, also where the page is not served over HTTPS. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
