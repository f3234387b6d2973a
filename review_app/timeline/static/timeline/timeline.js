// The timeline under the video: its rows, what is drawn where, and what is repainted when. What is
// in view is on one canvas, what moves during a drag on another, the minimap on a third; playhead
// and row names are elements, so that playback repaints nothing.
import { h } from "../dom.js";
import { secondsAt, xOf } from "../time/view.js";
import { Layer } from "./brush.js";
import { drawRuler } from "./draw_axis.js";
import { drawMoving } from "./draw_moving.js";
import { Headers } from "./headers.js";
import { EDGE_REACH_PX, hitTest } from "./hits.js";
import { itemsBetween } from "./items.js";
import { frameAt } from "../time/clock.js";
import { Minimap } from "./minimap.js";
import { partsOf, whatThereIs } from "./row_list.js";
import { RowPainter } from "./row_painter.js";
import { GUTTER, MINIMAP_PX, RULER_PX, heightOf, layRows, rowAt, rowsBetween } from "./rows.js";

/** @typedef {import("./items.js").Item} Item */
/** @typedef {import("./rows.js").Row} Row */
/** @typedef {import("./scene.js").Scene} Scene */
/** @typedef {import("./brush.js").Brush} Brush */
/** @typedef {import("./draw_moving.js").Moving} Moving */
/** What is shown. `version` counts what nothing else tells of: curves, locks, the theme.
 * @typedef {{view: import("../time/view.js").View, selectedIds: ReadonlySet<string | number>,
 *   selectedId: string | number | null, canEdit: boolean, hasProposals: boolean,
 *   layout: import("./rows.js").Layout,
 *   confidence: import("../labels/confidence.js").Confidence | null,
 *   curves: import("./curve.js").Curve[], poor: [number, number][], seen: [number, number][],
 *   version: number}} Shown */

/** Where one of these is another, rows may be others. @type {(keyof Shown)[]} */
const LAID = ["layout", "version", "confidence", "hasProposals", "canEdit"];
/** Where one of these is another, the rows look otherwise. @type {(keyof Shown)[]} */
const SEEN = ["view", "selectedId", "selectedIds", "poor", "seen"];
const USUAL_SHARE = 0.4; // of the desk's height, at most, until a person says otherwise
const LEAST_PX = RULER_PX + MINIMAP_PX + 60;
/** @type {Moving} */
const STILL = { drafts: [], snapAt: null, range: null, box: null, cursor: null };
/** @type {Set<string | number>} */
const NONE = new Set();

export class Timeline {
  /** @type {Shown | null} */ shown = null;
  /** @type {Row[]} */ rows = [];
  /** Pixels of the time axis. */ width = 1;
  /** Pixels of all of it. */ height = 0;
  /** @type {Moving} */ #moving = STILL;
  #viewHeight = 1;
  #scrollTop = 0;
  #version = -1;
  #stale = { still: false, moving: false };
  #queued = 0;
  #seconds = 0;
  #room = 0;

  /** @param {{scene: Scene, times: Float64Array, corner: HTMLElement,
   *   heads: import("./headers.js").Actions}} parts corner: what stands left of the ruler */
  constructor({ scene, times, corner, heads }) {
    this.scene = scene;
    this.times = times;
    this.still = new Layer(/** @type {HTMLCanvasElement} */ (h("canvas", { class: "still" })));
    this.moving = new Layer(/** @type {HTMLCanvasElement} */ (h("canvas", { class: "moving" })));
    this.painter = new RowPainter({ scene, times });
    this.headers = new Headers(heads);
    this.inside = h("div", { class: "inside" }, this.headers.element);
    this.scroller = h("div", { class: "rows", tabindex: "-1" }, this.inside);
    this.minimap = new Minimap();
    this.playhead = h("div", { class: "playhead" });
    this.tip = h("div", { class: "tip", role: "tooltip" });
    this.element = h(
      "div",
      { class: "timeline", role: "group", "aria-label": "Timeline" },
      this.still.canvas,
      this.moving.canvas,
      h("div", { class: "corner" }, corner),
      this.scroller,
      this.minimap.element,
      h("div", { class: "over" }, this.playhead),
      this.tip,
    );
    this.scroller.addEventListener("scroll", () => {
      this.#scrollTop = this.scroller.scrollTop;
      this.#queue("still", "moving");
    });
    this.observer = new ResizeObserver(() => this.#measure());
    this.observer.observe(this.scroller);
  }

  /** @param {Shown} shown */
  show(shown) {
    const before = this.shown;
    const version = this.scene.version;
    const anew = version !== this.#version || LAID.some((name) => shown[name] !== before?.[name]);
    this.shown = shown;
    this.#version = version;
    if (anew) this.#layRows(shown);
    if (anew || SEEN.some((name) => shown[name] !== before?.[name])) this.#queue("still", "moving");
  }

  /** @param {Shown} shown */
  #layRows(shown) {
    const has = whatThereIs(this.scene, {
      thumbnails: this.painter.pictures !== null,
      confidence: shown.confidence !== null,
      curves: shown.curves.map(({ about }) => about),
    });
    if (!shown.hasProposals) has.models = [];
    this.rows = layRows(has, shown.layout);
    this.#fitHeight();
    this.inside.style.height = `${heightOf(this.rows)}px`;
    this.headers.show(this.rows);
    this.#showValues();
  }

  /** What moves while a person drags. @param {Partial<Moving>} moving */
  move(moving) {
    const before = this.#absent();
    this.#moving = { ...this.#moving, ...moving };
    const now = this.#absent();
    const same = before.size === now.size && [...before].every((id) => now.has(id));
    if (same) this.#queue("moving");
    else this.#queue("still", "moving");
  }

  get range() {
    return this.#moving.range;
  }

  #absent() {
    const { drafts } = this.#moving;
    return drafts.length ? new Set(drafts.map(({ id }) => id)) : NONE;
  }

  /** @param {import("./draw_strips.js").Pictures} pictures */
  setPictures(pictures) {
    this.painter.pictures = pictures;
    if (!this.shown) return;
    this.#layRows(this.shown);
    this.#queue("still", "moving");
  }

  /** Repaint all of it: colours may have changed. */
  repaint() {
    this.#queue("still", "moving");
  }

  /** How high it may be. @param {number} room pixels of the whole desk */
  fit(room) {
    this.#room = room;
    this.#fitHeight();
  }

  #fitHeight() {
    const whole = RULER_PX + heightOf(this.rows) + MINIMAP_PX + 4;
    const usual = Math.max(LEAST_PX, this.#room * USUAL_SHARE);
    const most = this.shown?.layout.height ?? usual;
    const height = Math.round(Math.min(whole, Math.max(LEAST_PX, most)));
    if (height === this.height) return;
    this.height = height;
    this.element.style.height = `${height}px`;
  }

  #measure() {
    this.width = Math.max(1, this.scroller.clientWidth - GUTTER);
    this.#viewHeight = this.scroller.clientHeight;
    this.#scrollTop = this.scroller.scrollTop;
    this.#queue("still", "moving");
  }

  /** @param {number} seconds */
  setPlayhead(seconds) {
    this.#seconds = seconds;
    if (!this.shown) return;
    const x = xOf(this.shown.view, this.width, seconds);
    this.playhead.style.visibility = x < -1 || x > this.width + 1 ? "hidden" : "visible";
    this.playhead.style.transform = `translateX(${x}px)`;
    this.minimap.showPlayhead(seconds / this.times[this.times.length - 1]);
    if (this.#moving.cursor === null) this.#showValues();
  }

  /** The curves' values, at the playhead or under the pointer. */
  #showValues() {
    const { cursor } = this.#moving;
    const seconds = cursor === null ? this.#seconds : this.secondsAt(cursor + GUTTER);
    for (const curve of this.shown?.curves ?? []) {
      const words = curve.words(seconds);
      this.headers.showValue(`curve ${curve.about.name}`, words);
    }
  }

  /** The line under the pointer that curves are read at. @param {number | null} x from the left */
  setCursor(x) {
    const cursor = x === null || x < GUTTER || !this.shown?.curves.length ? null : x - GUTTER;
    if (cursor === this.#moving.cursor) return;
    this.move({ cursor });
    this.#showValues();
  }

  /** Seconds under a point. @param {number} x from the element's left edge */
  secondsAt(x) {
    return this.shown ? secondsAt(this.shown.view, this.width, x - GUTTER) : 0;
  }

  /** Pixels of the time axis, kept within it. @param {number} x from the element's left edge */
  axisX(x) {
    return Math.max(0, Math.min(this.width, x - GUTTER));
  }

  /** Where a point is. @param {number} x @param {number} y from the element's corner
   * @returns {"head" | "ruler" | "rows" | "minimap" | "bar"} bar: the scroll bar */
  partAt(x, y) {
    if (y >= RULER_PX + this.#viewHeight) return x < GUTTER ? "head" : "minimap";
    if (x < GUTTER) return "head";
    if (x >= GUTTER + this.width) return "bar";
    return y < RULER_PX ? "ruler" : "rows";
  }

  /** @param {number} y from the element's top @returns {number} counted from the first row */
  rowsY(y) {
    return y - RULER_PX + this.#scrollTop;
  }

  /** @param {number} x @param {number} y @returns {import("./hits.js").Hit} */
  hit(x, y) {
    const down = this.rowsY(y);
    const row = this.partAt(x, y) === "rows" ? rowAt(this.rows, down) : null;
    if (!row || row.hidden || !this.shown) return { row, item: null, edge: null };
    const from = frameAt(this.times, this.secondsAt(x - EDGE_REACH_PX));
    const to = frameAt(this.times, this.secondsAt(x + EDGE_REACH_PX)) + 1;
    const { view, selectedId } = this.shown;
    const part = partsOf(row, this.scene).find(({ top, height }) => down < top + height) ?? null;
    const near = part ? itemsBetween(part.index, from - 1, to + 1) : [];
    const drawn = near.map((item) => ({
      item,
      left: xOf(view, this.width, this.times[item.start_frame]),
      right: xOf(view, this.width, this.times[item.end_frame]),
    }));
    return hitTest(row, part ?? row, drawn, x - GUTTER, down, selectedId);
  }

  /** Items of the rows that a box touches. @param {import("./draw_moving.js").Box} box from the
   * time axis and the ruler's top @returns {Item[]} */
  itemsIn({ left, right, top, bottom }) {
    const from = frameAt(this.times, this.secondsAt(GUTTER + Math.min(left, right)));
    const to = frameAt(this.times, this.secondsAt(GUTTER + Math.max(left, right))) + 1;
    return rowsBetween(this.rows, this.rowsY(top), this.rowsY(bottom))
      .filter((row) => row.edited && !row.hidden)
      .flatMap((row) =>
        partsOf(row, this.scene).flatMap(({ index }) => itemsBetween(index, from, to)),
      );
  }

  /** Frames in view. @returns {[number, number]} */
  framesInView() {
    if (!this.shown) return [0, 0];
    const { start, span } = this.shown.view;
    return [frameAt(this.times, start), frameAt(this.times, start + span) + 1];
  }

  /** @param {...("still" | "moving")} stale */
  #queue(...stale) {
    for (const one of stale) this.#stale[one] = true;
    this.#queued ||= requestAnimationFrame(() => this.#paint());
  }

  #paint() {
    this.#queued = 0;
    const { shown, scene, times } = this;
    if (!shown || !this.element.isConnected || this.#viewHeight < 2) return;
    const stale = this.#stale;
    this.#stale = { still: false, moving: false };
    if (stale.still) {
      this.#paintStill(this.still.brush(shown.view, times, this.width, this.#viewHeight), shown);
      this.minimap.showView(shown.view, times[times.length - 1], this.width);
      this.minimap.paint(scene, times, this.width, shown.hasProposals);
      this.setPlayhead(this.#seconds);
    }
    if (!stale.moving) return;
    const brush = this.moving.brush(shown.view, times, this.width, this.#viewHeight);
    this.#clip(brush.context, 0);
    const rowOf = (/** @type {Item} */ item) => this.#rowOf(item);
    const look = (/** @type {Item} */ item) => scene.look(item);
    drawMoving(brush, this.#moving, rowOf, look, RULER_PX + this.#viewHeight);
  }

  /** @param {CanvasRenderingContext2D} context @param {number} top */
  #clip(context, top) {
    context.beginPath();
    context.rect(0, top, this.width, RULER_PX + this.#viewHeight - top);
    context.clip();
  }

  /** @param {Brush} brush @param {Shown} shown */
  #paintStill(brush, shown) {
    const { context } = brush;
    const { finished } = this.scene;
    context.save();
    this.#clip(context, 0);
    drawRuler(brush, { finished, seen: shown.seen, poor: shown.poor });
    context.restore();
    context.save();
    this.#clip(context, RULER_PX);
    const down = RULER_PX - this.#scrollTop;
    for (const row of this.rows) {
      const top = row.top + down;
      if (top > RULER_PX + this.#viewHeight || top + row.height < RULER_PX) continue;
      this.painter.paint(brush, { ...row, top }, shown, this.#absent());
    }
    context.restore();
  }

  /** Where an item that is being dragged lies. @param {Item} item */
  #rowOf(item) {
    const row = this.rows.find(({ edited, tierId }) => edited && tierId === item.tierId);
    return row ? { top: row.top + RULER_PX - this.#scrollTop, height: row.height } : null;
  }

  stop() {
    this.observer.disconnect();
    cancelAnimationFrame(this.#queued);
  }
}

export { GUTTER };
