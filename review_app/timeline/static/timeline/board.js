// The timeline as a part of the desk: what it is shown, what it fetches for itself (curves,
// pictures), and the layout that a person has chosen for it.
import { Gestures } from "./gestures.js";
import { gestureHost } from "./host.js";
import { Movement } from "./movement.js";
import { OtherModels } from "./other_models.js";
import { RowMenu } from "./row_menu.js";
import { USUAL_LAYOUT } from "./rows.js";
import { Scene } from "./scene.js";
import { Splitter } from "./splitter.js";
import { Timeline } from "./timeline.js";

/** @typedef {import("./rows.js").Layout} Layout */

const PICTURE_PX = 38;
/** @type {[number, number][]} */
const NOTHING_SEEN = [];
const IN_THE_PICTURE = "Angles are measured in the picture, as the camera sees them.";

export class Board {
  /** @type {Layout} */ layout;
  #locks = 0;
  #shownMovement = -1;

  /** @param {{desk: import("../desk.js").Desk, layout: Partial<Layout> | undefined}} parts */
  constructor({ desk, layout }) {
    this.desk = desk;
    this.layout = { ...USUAL_LAYOUT, ...layout };
    const { classes, tiers, data, times, api, video } = desk;
    this.scene = new Scene({ classes, tiers, sureScore: data.sure_score });
    this.menu = new RowMenu({ onChoose: (list, id) => this.#change(list, id) });
    this.timeline = new Timeline({
      scene: this.scene,
      times,
      corner: this.menu.element,
      heads: {
        canLock: desk.canEdit,
        onFold: (key) => this.#change("open", key),
        onHide: (key) => this.#change("hidden", key),
        onLock: (layerId, tierId) => void desk.toggleLock(layerId, tierId),
        lockOf: (layerId, tierId) => desk.lockOf(layerId, tierId),
      },
    });
    this.movement = new Movement({ api, videoId: video.id, onArrival: () => this.show() });
    this.models = new OtherModels({ api, videoId: video.id, onArrival: () => desk.refresh() });
    this.splitter = new Splitter({
      timeline: this.timeline,
      onHeight: (height, done) => {
        this.layout = { ...this.layout, height };
        this.show();
        if (done) desk.saveLayout({ timeline: this.layout });
      },
    });
    this.timeline.element.append(this.splitter.element);
  }

  /** Once the rest of the desk is there. */
  begin() {
    void this.#loadPictures();
    return new Gestures({ timeline: this.timeline, host: gestureHost(this.desk) });
  }

  /** The run under review is another one. @param {import("../desk.js").Run | null} run
   * @param {import("./other_models.js").RunName[]} runs newest of each model */
  take(run, runs) {
    this.models.setRuns(runs, run?.model_id ?? null);
    void this.movement.setRun(run?.id ?? null);
  }

  /** What is proposed: by the model under review, then by others that are shown.
   * @param {import("../desk.js").Run | null} run under review
   * @param {import("./scene.js").Proposal[]} proposals those of its that are worth a look */
  offers(run, proposals) {
    const reviewed = run ? [{ modelId: run.model_id, name: run.model_name, proposals }] : [];
    return [...reviewed, ...this.models.offers(this.layout.models)];
  }

  /** In or out of a list of the layout. @param {"open" | "hidden" | "curves" | "models"} list
   * @param {string} name */
  #change(list, name) {
    const now = this.layout[list];
    const next = now.includes(name) ? now.filter((one) => one !== name) : [...now, name];
    this.layout = { ...this.layout, [list]: next };
    this.#showMenu();
    this.desk.refresh();
    this.desk.saveLayout({ timeline: this.layout });
  }

  #showMenu() {
    const { movement, models, layout } = this;
    this.menu.show([
      {
        list: "curves",
        title: "Curves of the movement",
        note: movement.names.length ? IN_THE_PICTURE : "",
        choices: movement.names.map(({ name, title, unit }) => ({ id: name, title, unit })),
        chosen: layout.curves,
      },
      {
        list: "models",
        title: "Proposals of other models",
        note: "",
        choices: models.runs.map((run) => ({
          id: String(run.model_id),
          title: run.model_name,
          unit: "",
        })),
        chosen: layout.models,
      },
    ]);
  }

  /** A tier was locked or let go. */
  locksChanged() {
    this.#locks += 1;
    this.show();
  }

  show() {
    const { desk, movement, layout } = this;
    if (!desk.board) return; // still being made
    if (movement.version !== this.#shownMovement) this.#showMenu();
    this.#shownMovement = movement.version;
    this.timeline.show({
      view: desk.view,
      selectedIds: desk.selectedIds,
      selectedId: desk.selectedId,
      canEdit: desk.canEdit,
      hasProposals: desk.run !== null,
      layout,
      confidence: desk.confidence,
      curves: movement.curves(layout.curves),
      poor: movement.poor,
      seen: this.scene.layers[0]?.seen ?? NOTHING_SEEN,
      version: movement.version + this.#locks,
    });
    this.splitter.show(this.timeline.height);
    if (this.timeline.range !== desk.range) this.timeline.move({ range: desk.range });
  }

  async #loadPictures() {
    const { api, video } = this.desk;
    try {
      const strip = await api.json(`videos/${video.id}/thumbnails.json`);
      const image = new Image();
      image.src = api.url(`videos/${video.id}/thumbnails`);
      await image.decode();
      // As small as they are drawn, once: scaling them is the dearest part of panning.
      const pixels = window.devicePixelRatio || 1;
      const scale = Math.min(1, (PICTURE_PX * pixels) / strip.height);
      const [width, height] = [strip.width, strip.height].map((n) => Math.round(n * scale));
      const small = await createImageBitmap(image, {
        resizeWidth: Math.round((image.naturalWidth * width) / strip.width),
        resizeHeight: Math.round((image.naturalHeight * height) / strip.height),
        resizeQuality: "medium",
      });
      this.timeline.setPictures({ ...strip, image: small, width, height });
    } catch {
      // Without the strip the desk is complete: it is absent, not empty.
    }
  }

  stop() {
    this.menu.close();
    this.timeline.stop();
  }
}
