// Words on a canvas: how wide they are, and as much of them as there is room for. Measuring is
// dear, and the same few words are drawn at every frame, so answers are kept.
import { bestTitle } from "../titles.js";

const KEPT = 4000;

/** @type {Map<string, number>} by font and text */
const widths = new Map();
/** @type {Map<string, string>} by font, room and text */
const fitted = new Map();

/** @param {CanvasRenderingContext2D} context with its font set @param {string} text */
export function widthOf(context, text) {
  const key = `${context.font}\n${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    width = context.measureText(text).width;
    if (widths.size > KEPT) widths.clear();
    widths.set(key, width);
  }
  return width;
}

/** The longest of the titles that fits, cut where even the shortest does not; "" for no room.
 * @param {CanvasRenderingContext2D} context @param {string[]} titles longest first
 * @param {number} room pixels */
export function fitWords(context, titles, room) {
  const whole = Math.floor(room / 4) * 4; // so that zooming asks for few different rooms
  if (whole < 8) return "";
  const key = `${context.font}\n${whole}\n${titles[0]}`;
  let words = fitted.get(key);
  if (words === undefined) {
    const title = bestTitle(titles, (one) => widthOf(context, one) <= whole);
    words = cut(context, title, whole);
    if (fitted.size > KEPT) fitted.clear();
    fitted.set(key, words);
  }
  return words;
}

/** @param {CanvasRenderingContext2D} context @param {string} text @param {number} room */
function cut(context, text, room) {
  if (context.measureText(text).width <= room) return text;
  const letters = [...text]; // an emoji is not cut in half
  let length = Math.floor((letters.length * room) / context.measureText(text).width);
  const start = () => `${letters.slice(0, length).join("")}…`;
  while (length > 0 && context.measureText(start()).width > room) length -= 1;
  return length > 1 ? start() : "";
}
