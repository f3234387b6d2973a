// The canvas under the video: draws the rows and knows what is drawn where. It draws only when
// something changed, and only what is in view; the playhead is an element of its own, so that
// playback repaints nothing else.
import { frameAt, formatTime } from "../time/clock.js";
import { inkOn, readTheme } from "../colours.js";
import { drawWhiskers, whiskers } from "./edges.js";
import { heightOf, hitTest, itemsBetween, laneBox, layRows, rowAt } from "./rows.js";
import { bestTitle } from "../titles.js";
import { rulerMarks, secondsAt, xOf } from "../time/view.js";

/** @typedef {import("./rows.js").Item} Item */
/** @typedef {import("./rows.js").Row} Row */
/** @typedef {import("../colours.js").Theme} Theme */
/** What an item looks like; titles from the longest to the shortest.
 * @typedef {{classId: number | null, title: string, titles: string[], colour: string,
 *   score: number | null, unsure: boolean, spreads: [number, number] | null,
 *   state: "label" | "open" | "accepted" | "passed"}} Look
 * unsure: a proposal below the score that is usually shown; spreads: of its edges, in seconds */
/** @typedef {{width: number, height: number, columns: number, count: number, every_s: number}} Strip */
/** @typedef {{view: import("../time/view.js").View, times: Float64Array, tiers: {id: number,
 *   name: string}[], labels: Map<number, import("./rows.js").Index>,
 *   proposals: import("./rows.js").Index, look: (item: Item) => Look,
 *   selectedId: string | number | null, range: [number, number] | null,
 *   finished: [number, number][], draft: Item | null,
 *   snapAt: number | null, hasProposals: boolean, canEdit: boolean,
 *   confidence: import("../labels/confidence.js").Confidence | null,
 *   colourOf: (className: string) => string}} Scene */

export const GUTTER = 92;
const OUTSIDE_PX = 4;

export class Timeline {
  /** @type {Scene | null} */ scene = null;
  /** @type {Row[]} */ rows = [];
  /** @type {Map<Row, {item: Item, left: number, right: number}[]>} */ #drawn = new Map();
  /** @type {{image: HTMLImageElement, strip: Strip} | null} */ #thumbnails = null;
  #queued = 0;
  #seconds = 0;

  /** @param {{canvas: HTMLCanvasElement, playhead: HTMLElement, element: HTMLElement}} parts */
  constructor({ canvas, playhead, element }) {
    this.canvas = canvas;
    this.playhead = playhead;
    this.element = element;
  }

  /** Pixels of the time axis. */
  get width() {
    return Math.max(1, this.element.clientWidth - GUTTER);
  }

  /** @param {Scene} scene */
  show(scene) {
    this.scene = scene;
    this.rows = layRows({
      tiers: scene.tiers.map(({ id, name }) => ({
        id,
        title: name.charAt(0).toUpperCase() + name.slice(1),
        lanes: scene.labels.get(id)?.lanes ?? 1,
      })),
      thumbnails: this.#thumbnails !== null,
      confidence: scene.confidence !== null,
      proposalLanes: scene.hasProposals ? scene.proposals.lanes : 0,
    });
    const height = `${heightOf(this.rows)}px`;
    if (this.element.style.height !== height) this.element.style.height = height;
    if (!this.#queued) this.#queued = requestAnimationFrame(() => this.#draw());
  }

  /** @param {HTMLImageElement} image @param {Strip} strip */
  setThumbnails(image, strip) {
    this.#thumbnails = { image, strip };
    if (this.scene) this.show(this.scene);
  }

  /** @param {number} seconds */
  setPlayhead(seconds) {
    this.#seconds = seconds;
    if (!this.scene) return;
    const x = xOf(this.scene.view, this.width, seconds);
    this.playhead.style.visibility = x < -1 || x > this.width + 1 ? "hidden" : "visible";
    this.playhead.style.transform = `translateX(${x}px)`;
  }

  /** Seconds under a point of the canvas. @param {number} x from the element's left edge */
  secondsAt(x) {
    return this.scene ? secondsAt(this.scene.view, this.width, x - GUTTER) : 0;
  }

  /** @param {number} x @param {number} y @returns {import("./rows.js").Hit} */
  hit(x, y) {
    const row = rowAt(this.rows, y);
    const drawn = this.#drawn.get(row) ?? [];
    return hitTest(row, drawn, x - GUTTER, y, this.scene?.selectedId ?? null);
  }

  /** The frames in view. @returns {[number, number]} */
  framesInView() {
    if (!this.scene) return [0, 0];
    const { view, times } = this.scene;
    return [frameAt(times, view.start), frameAt(times, view.start + view.span) + 1];
  }

  #draw() {
    this.#queued = 0;
    const scene = this.scene;
    if (!scene || !this.element.isConnected) return;
    const pixels = window.devicePixelRatio || 1;
    const height = heightOf(this.rows);
    const fullWidth = this.element.clientWidth;
    if (this.canvas.width !== Math.round(fullWidth * pixels)) {
      this.canvas.width = Math.round(fullWidth * pixels);
    }
    if (this.canvas.height !== Math.round(height * pixels)) {
      this.canvas.height = Math.round(height * pixels);
    }
    const context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    context.setTransform(pixels, 0, 0, pixels, 0, 0);
    context.clearRect(0, 0, fullWidth, height);
    const theme = readTheme(this.element);
    this.#drawn.clear();
    for (const row of this.rows) {
      context.font = `11px ${theme.font}`;
      context.textBaseline = "middle";
      context.fillStyle = theme.faint;
      const name = fitText(context, row.title, GUTTER - 12);
      context.fillText(name, 2, row.top + row.height / 2);
      context.save();
      context.beginPath();
      context.rect(GUTTER, row.top, this.width, row.height);
      context.clip();
      context.translate(GUTTER, 0);
      this.#drawRow(context, row, scene, theme);
      context.restore();
    }
    context.translate(GUTTER, 0);
    this.#drawMarks(context, scene, theme, height);
    this.setPlayhead(this.#seconds);
  }

  /** @param {CanvasRenderingContext2D} context @param {Row} row @param {Scene} scene
   * @param {Theme} theme */
  #drawRow(context, row, scene, theme) {
    if (row.kind === "ruler") return this.#drawRuler(context, row, scene, theme);
    if (row.kind === "overview") return this.#drawOverview(context, row, scene, theme);
    context.fillStyle = theme.raised;
    context.fillRect(0, row.top, this.width, row.height);
    if (row.kind === "thumbnails") this.#drawThumbnails(context, row, scene);
    else if (row.kind === "confidence") this.#drawConfidence(context, row, scene);
    else this.#drawItems(context, row, scene, theme);
  }

  /** @param {CanvasRenderingContext2D} context @param {Row} row @param {Scene} scene
   * @param {Theme} theme */
  #drawRuler(context, row, scene, theme) {
    const { view, times, finished } = scene;
    const bottom = row.top + row.height;
    context.fillStyle = theme.line;
    context.fillRect(0, bottom - 5, this.width, 5);
    context.fillStyle = theme.finished;
    for (const [start, end] of finished) {
      const left = xOf(view, this.width, times[start]);
      context.fillRect(left, bottom - 5, xOf(view, this.width, times[end]) - left, 5);
    }
    const { major, minor, decimals } = rulerMarks(view, this.width);
    context.fillStyle = theme.faint;
    context.font = `10.5px ${theme.font}`;
    context.globalAlpha = 0.5;
    for (const at of minor) context.fillRect(xOf(view, this.width, at), bottom - 9, 1, 4);
    context.globalAlpha = 1;
    for (const at of major) {
      const x = xOf(view, this.width, at);
      context.fillRect(x, bottom - 12, 1, 7);
      context.fillText(formatTime(at, decimals), x + 4, row.top + 9);
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {Row} row @param {Scene} scene */
  #drawThumbnails(context, row, scene) {
    if (!this.#thumbnails) return;
    const { image, strip } = this.#thumbnails;
    const width = (row.height * strip.width) / strip.height;
    // Anchored to time zero, so that panning moves pictures instead of flickering through others.
    const offset = (scene.view.start / scene.view.span) * this.width;
    for (let n = Math.floor(offset / width); n * width - offset < this.width; n += 1) {
      const x = n * width - offset;
      const seconds = secondsAt(scene.view, this.width, x + width / 2);
      const at = Math.max(0, Math.min(strip.count - 1, Math.round(seconds / strip.every_s)));
      const sx = (at % strip.columns) * strip.width;
      const sy = Math.floor(at / strip.columns) * strip.height;
      context.drawImage(
        image,
        sx,
        sy,
        strip.width,
        strip.height,
        x,
        row.top,
        width - 1,
        row.height,
      );
    }
  }

  /** The model's most likely class at each moment: its colour, as high as its probability.
   * @param {CanvasRenderingContext2D} context @param {Row} row @param {Scene} scene */
  #drawConfidence(context, row, scene) {
    if (!scene.confidence) return;
    const step = scene.view.span / this.width;
    for (let x = 0; x < this.width; x += 1) {
      const from = scene.view.start + x * step;
      const strongest = scene.confidence.strongest(from, from + step);
      if (!strongest || strongest.score < 0.05) continue;
      const height = strongest.score * row.height;
      context.fillStyle = scene.colourOf(strongest.className);
      context.fillRect(x, row.top + row.height - height, 1, height);
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {Row} row @param {Scene} scene
   * @param {Theme} theme */
  #drawItems(context, row, scene, theme) {
    const index = row.kind === "proposals" ? scene.proposals : scene.labels.get(Number(row.tierId));
    const { draft } = scene;
    let items = index ? itemsBetween(index, ...this.framesInView()) : [];
    if (draft && row.tierId === draft.tierId) {
      items = [...items.filter(({ id }) => id !== draft.id), draft];
    }
    const drawn = items.map((item) => ({
      item,
      left: xOf(scene.view, this.width, scene.times[item.start_frame]),
      right: xOf(scene.view, this.width, scene.times[item.end_frame]),
    }));
    this.#drawn.set(row, drawn);
    if (row.kind === "tier" && !index?.items.length && !drawn.length) {
      context.fillStyle = theme.faint;
      const hint = scene.canEdit ? "Drag here, or press A, to add a label" : "No labels yet";
      context.fillText(hint, 10, row.top + row.height / 2);
    }
    for (const { item, left, right } of drawn) {
      // Cut off just outside the view, so that the words of a long item stay in it.
      const [from, to] = [Math.max(left, -OUTSIDE_PX), Math.min(right, this.width + OUTSIDE_PX)];
      const box = { ...laneBox(row, item), left: from, width: Math.max(2, to - from) };
      drawItem(context, box, scene.look(item), item.id === scene.selectedId, theme);
    }
    for (const { item } of drawn) {
      const { state, spreads } = scene.look(item);
      if (state !== "open" || !spreads) continue;
      const [start, end] = [scene.times[item.start_frame], scene.times[item.end_frame]];
      const lines = whiskers([start, end], spreads, scene.view, this.width);
      drawWhiskers(context, lines, laneBox(row, item), theme.text);
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {Row} row @param {Scene} scene
   * @param {Theme} theme */
  #drawOverview(context, row, scene, theme) {
    const duration = scene.times[scene.times.length - 1];
    const x = (/** @type {number} */ seconds) => (seconds / duration) * this.width;
    context.fillStyle = theme.line;
    context.fillRect(0, row.top + 4, this.width, row.height - 8);
    const columns = new Set();
    for (const index of [...scene.labels.values(), scene.proposals]) {
      for (const item of index.items) {
        const left = Math.round(x(scene.times[item.start_frame]));
        const width = Math.max(1, Math.round(x(scene.times[item.end_frame])) - left);
        const key = `${left}:${width}`;
        if (columns.has(key)) continue; // a long recording has many more items than pixels
        columns.add(key);
        context.globalAlpha = item.kind === "segment" ? 1 : 0.4;
        context.fillStyle = scene.look(item).colour;
        context.fillRect(left, row.top + 4, width, row.height - 8);
      }
    }
    context.globalAlpha = 1;
    const left = x(scene.view.start);
    context.strokeStyle = theme.faint;
    context.lineWidth = 1.5;
    context.beginPath();
    context.roundRect(
      left + 0.75,
      row.top + 0.75,
      Math.max(6, x(scene.view.span) - 1.5),
      row.height - 1.5,
      3,
    );
    context.stroke();
  }

  /** What spans all rows: the chosen range and the line a drag sticks to.
   * @param {CanvasRenderingContext2D} context @param {Scene} scene @param {Theme} theme
   * @param {number} height */
  #drawMarks(context, scene, theme, height) {
    const bottom = height - this.rows[this.rows.length - 1].height;
    if (scene.range) {
      const [from, to] = scene.range.map((n) => xOf(scene.view, this.width, scene.times[n]));
      const left = Math.max(0, from);
      const width = Math.min(this.width, to) - left;
      context.fillStyle = theme.primary;
      context.globalAlpha = 0.14;
      if (width > 0) context.fillRect(left, 0, width, bottom);
      context.globalAlpha = 1;
    }
    if (scene.snapAt === null) return;
    context.strokeStyle = theme.primary;
    context.setLineDash([3, 3]);
    context.beginPath();
    const x = Math.round(xOf(scene.view, this.width, scene.snapAt)) + 0.5;
    context.moveTo(x, 0);
    context.lineTo(x, bottom);
    context.stroke();
    context.setLineDash([]);
  }
}

/** @param {CanvasRenderingContext2D} context @param {{left: number, top: number, width: number,
 *   height: number}} box @param {Look} look @param {boolean} selected @param {Theme} theme */
function drawItem(context, { left, top, width, height }, look, selected, theme) {
  const label = look.state === "label";
  const inset = label ? 1 : 2;
  context.beginPath();
  context.roundRect(left + 0.5, top + inset, Math.max(1.5, width - 1), height - 2 * inset, 3);
  context.fillStyle = look.colour;
  const unsure = look.state === "open" && look.unsure;
  const filled = { label: 0.92, open: unsure ? 0.08 : 0.26, accepted: 0.1, passed: 0.04 };
  context.globalAlpha = filled[look.state];
  context.fill();
  context.globalAlpha = { label: 1, open: 1, accepted: 0.45, passed: 0.35 }[look.state];
  context.strokeStyle = look.colour;
  context.lineWidth = 1;
  context.setLineDash(look.state === "passed" ? [2, 3] : unsure ? [5, 3] : []);
  context.stroke();
  context.setLineDash([]);
  context.globalAlpha = 1;
  if (selected) {
    context.strokeStyle = theme.text;
    context.lineWidth = 2;
    context.stroke();
  }
  if (width < 22 || height < 13) return;
  context.save();
  context.beginPath();
  context.rect(left + 5, top, width - 8, height);
  context.clip();
  context.fillStyle = label ? inkOn(look.colour) : theme.text;
  context.globalAlpha = look.state === "label" || look.state === "open" ? 1 : 0.55;
  const middle = top + height / 2 + 0.5;
  const mark = look.state === "accepted" ? "✓" : scoreText(look.score);
  const markWidth = mark && width > 60 ? context.measureText(mark).width + 8 : 0;
  if (markWidth) context.fillText(mark, left + width - markWidth, middle);
  const room = width - 12 - markWidth;
  const title = bestTitle(look.titles, (one) => context.measureText(one).width <= room);
  context.fillText(fitText(context, title, room), left + 7, middle);
  context.restore();
}

/** @param {number | null} score */
const scoreText = (score) => (score === null ? "" : score.toFixed(2).replace(/^0/, ""));

/** @param {CanvasRenderingContext2D} context @param {string} text @param {number} room */
function fitText(context, text, room) {
  if (context.measureText(text).width <= room) return text;
  let length = Math.floor((text.length * room) / Math.max(1, context.measureText(text).width));
  while (length > 0 && context.measureText(`${text.slice(0, length)}…`).width > room) length -= 1;
  return length > 1 ? `${text.slice(0, length)}…` : "";
}
