// Segments and proposals of one row. What is too narrow to be told apart is drawn as strokes of
// colour, merged pixel by pixel, so that a whole recording in view costs no more than its pixels.
import { inkOn } from "../colours.js";
import { drawWhiskers, whiskers } from "./edges.js";
import { eachBetween } from "./items.js";
import { laneBox } from "./rows.js";
import { fitWords, widthOf } from "./words.js";

/** @typedef {import("./items.js").Item} Item */
/** @typedef {import("./scene.js").Look} Look */
/** @typedef {import("./brush.js").Brush} Brush */
/** @typedef {{top: number, height: number}} Box */
/** @typedef {ReadonlySet<string | number>} Ids */
/** What to draw. @typedef {{index: import("./items.js").Index, look: (item: Item) => Look,
 *   selected: Ids, absent: Ids, quiet: boolean}} Drawn
 * absent: items that are being dragged; quiet: nobody can change these here, no words */

const NARROW_PX = 4; // below: merged strokes
const PLAIN_PX = 14; // below: no rounded corners
const WORDS_PX = 24;
const OUTSIDE_PX = 4;
const FILLED = { label: 0.92, open: 0.26, accepted: 0.1, passed: 0.04 };
const STROKED = { label: 1, open: 1, accepted: 0.45, passed: 0.35 };

/** @param {Brush} brush @param {Box} row @param {Drawn} drawn */
export function drawItems(brush, row, { index, look, selected, absent, quiet }) {
  const { times, x, from, to } = brush;
  const strokes = new Strokes();
  /** @type {{item: Item, left: number, right: number}[]} */
  const wide = [];
  eachBetween(index, from, to, (item) => {
    if (absent.has(item.id)) return;
    const left = x(times[item.start_frame]);
    const right = x(times[item.end_frame]);
    if (right - left >= NARROW_PX || selected.has(item.id)) wide.push({ item, left, right });
    else strokes.add(look(item), item, left, right);
  });
  strokes.draw(brush, row);
  for (const { item, left, right } of wide) {
    if (!selected.has(item.id)) drawItem(brush, row, item, left, right, look(item), false, quiet);
  }
  for (const { item, left, right } of wide) {
    if (selected.has(item.id)) drawItem(brush, row, item, left, right, look(item), true, quiet);
  }
  if (!quiet) drawSpreads(brush, row, wide, look);
}

/** Narrow items side by side, by what they look like. */
class Strokes {
  /** @type {Map<string, {look: Look, lane: number, lanes: number, spans: number[]}>} */
  #kinds = new Map();
  /** @type {Map<Look, string>} */ #keys = new Map();

  /** @param {Look} look @param {Item} item @param {number} left @param {number} right */
  add(look, { lane, lanes }, left, right) {
    let key = this.#keys.get(look);
    if (key === undefined) {
      key = `${look.colour} ${look.state}`;
      this.#keys.set(look, key);
    }
    if (lanes > 1) key += ` ${lane}/${lanes}`;
    let kind = this.#kinds.get(key);
    if (!kind) {
      kind = { look, lane, lanes, spans: [] };
      this.#kinds.set(key, kind);
    }
    const { spans } = kind;
    const end = Math.max(right, left + 1);
    if (spans.length && left < spans[spans.length - 1] + 0.5) {
      spans[spans.length - 1] = Math.max(spans[spans.length - 1], end);
    } else spans.push(left, end);
  }

  /** @param {Brush} brush @param {Box} row */
  draw({ context }, row) {
    for (const { look, lane, lanes, spans } of this.#kinds.values()) {
      const { top, height } = laneBox(row, { lane, lanes });
      context.fillStyle = look.colour;
      context.globalAlpha = look.state === "open" ? 0.5 : FILLED[look.state];
      for (let n = 0; n < spans.length; n += 2) {
        context.fillRect(spans[n], top + 1, spans[n + 1] - spans[n], height - 2);
      }
    }
    context.globalAlpha = 1;
  }
}

/** @param {Brush} brush @param {Box} row @param {Item} item @param {number} start
 * @param {number} end @param {Look} look @param {boolean} selected @param {boolean} [quiet] */
export function drawItem(brush, row, item, start, end, look, selected, quiet = false) {
  const { context, theme } = brush;
  const { top, height } = laneBox(row, item);
  // Cut off just outside the view, so that the words of a long item stay in it.
  const left = Math.max(start, -OUTSIDE_PX);
  const width = Math.max(2, Math.min(end, brush.width + OUTSIDE_PX) - left);
  const label = look.state === "label";
  const inset = label ? 1 : 2;
  const unsure = look.unsure && (look.state === "open" || label);
  context.beginPath();
  const across = Math.max(1.5, width - 1);
  if (width < PLAIN_PX) context.rect(left + 0.5, top + inset, across, height - 2 * inset);
  else context.roundRect(left + 0.5, top + inset, across, height - 2 * inset, 3);
  context.fillStyle = look.colour;
  context.globalAlpha = unsure ? (label ? 0.55 : 0.08) : FILLED[look.state];
  context.fill();
  if (!label || unsure) {
    context.globalAlpha = STROKED[look.state];
    context.strokeStyle = look.colour;
    context.lineWidth = unsure && label ? 1.5 : 1;
    if (look.state === "passed") context.setLineDash([2, 3]);
    else if (unsure) context.setLineDash([5, 3]);
    context.stroke();
    context.setLineDash([]);
  }
  context.globalAlpha = 1;
  if (selected) {
    context.strokeStyle = theme.text;
    context.lineWidth = 2;
    context.stroke();
  }
  if (!quiet && width >= WORDS_PX && height >= 13) {
    drawWords(brush, left, width, top + height / 2 + 0.5, look);
  }
}

/** @param {Brush} brush @param {number} left @param {number} width @param {number} middle
 * @param {Look} look */
function drawWords({ context, theme }, left, width, middle, look) {
  const label = look.state === "label";
  context.fillStyle = label && !look.unsure ? inkOn(look.colour) : theme.text;
  context.globalAlpha = label || look.state === "open" ? 1 : 0.55;
  const mark = markOf(look);
  const markWidth = mark && width > 60 ? widthOf(context, mark) + 8 : 0;
  if (markWidth) context.fillText(mark, left + width - markWidth, middle);
  context.fillText(fitWords(context, look.titles, width - 12 - markWidth), left + 7, middle);
  context.globalAlpha = 1;
}

/** @param {Look} look */
function markOf({ state, score, unsure }) {
  if (state === "accepted") return "✓";
  if (state === "label") return unsure ? "?" : "";
  return score === null ? "" : score.toFixed(2).replace(/^0/, "");
}

/** @param {Brush} brush @param {Box} row @param {{item: Item, left: number, right: number}[]} wide
 * @param {(item: Item) => Look} look */
function drawSpreads({ context, times, view, width, theme }, row, wide, look) {
  for (const { item } of wide) {
    const { state, spreads } = look(item);
    if (state !== "open" || !spreads) continue;
    const [start, end] = [times[item.start_frame], times[item.end_frame]];
    const lines = whiskers([start, end], spreads, view, width);
    if (lines.length) drawWhiskers(context, lines, laneBox(row, item), theme.text);
  }
}
