// Drawn over the picture: the patient's skeleton, or everybody's box while the patient is chosen.
import { PERSON_COLOURS, confidenceColour } from "../colours.js";

/** @typedef {[number, number, number]} Joint x, y in pixels of the picture, confidence 0..1 */
/** @typedef {{id: number, box: [number, number, number, number]}} Person */

const BONES = [
  [5, 7], [7, 9], [6, 8], [8, 10], [5, 6], [5, 11], [6, 12], [11, 12],
  [11, 13], [13, 15], [12, 14], [14, 16], [0, 5], [0, 6],
]; // prettier-ignore
const LEAST_CONFIDENCE = 0.1;

export class Overlay {
  /** @type {Person[] | null} */ #people = null;

  /** @param {{canvas: HTMLCanvasElement, width: number, height: number}} parts of the picture */
  constructor({ canvas, width, height }) {
    this.canvas = canvas;
    this.width = width;
    this.height = height;
  }

  /** @param {Joint[] | null} joints @param {Person[] | null} people @param {number | null} patient */
  draw(joints, people, patient) {
    this.#people = people;
    const pixels = window.devicePixelRatio || 1;
    const { clientWidth, clientHeight } = this.canvas;
    const [width, height] = [Math.round(clientWidth * pixels), Math.round(clientHeight * pixels)];
    if (this.canvas.width !== width) this.canvas.width = width;
    if (this.canvas.height !== height) this.canvas.height = height;
    const context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    const { scale, left, top } = this.#fit();
    context.setTransform(scale * pixels, 0, 0, scale * pixels, left * pixels, top * pixels);
    if (joints) drawSkeleton(context, joints, 1 / scale);
    people?.forEach((person, n) =>
      drawPerson(context, person, n, person.id === patient, 1 / scale),
    );
  }

  /** The smallest box under a point of the element. @param {number} x @param {number} y */
  personAt(x, y) {
    const { scale, left, top } = this.#fit();
    const [px, py] = [(x - left) / scale, (y - top) / scale];
    const area = (/** @type {Person} */ { box }) => (box[2] - box[0]) * (box[3] - box[1]);
    return (this.#people ?? [])
      .filter(({ box }) => px >= box[0] && px <= box[2] && py >= box[1] && py <= box[3])
      .sort((a, b) => area(a) - area(b))[0];
  }

  /** Where object-fit: contain puts the picture. */
  #fit() {
    const { clientWidth, clientHeight } = this.canvas;
    const scale = Math.min(clientWidth / this.width, clientHeight / this.height) || 1;
    const left = (clientWidth - this.width * scale) / 2;
    return { scale, left, top: (clientHeight - this.height * scale) / 2 };
  }
}

/** @param {CanvasRenderingContext2D} context @param {Joint[]} joints @param {number} pixel */
function drawSkeleton(context, joints, pixel) {
  context.lineCap = "round";
  for (const [width, colour] of /** @type {[number, string | null][]} */ ([
    [5, "#0008"],
    [2.5, null],
  ])) {
    for (const [a, b] of BONES) {
      const confidence = Math.min(joints[a][2], joints[b][2]);
      if (confidence < LEAST_CONFIDENCE) continue;
      context.strokeStyle = colour ?? confidenceColour(confidence);
      context.lineWidth = width * pixel;
      context.beginPath();
      context.moveTo(joints[a][0], joints[a][1]);
      context.lineTo(joints[b][0], joints[b][1]);
      context.stroke();
    }
  }
  for (const [x, y, confidence] of joints) {
    if (confidence < LEAST_CONFIDENCE) continue;
    context.fillStyle = confidenceColour(confidence);
    context.strokeStyle = "#0009";
    context.lineWidth = pixel;
    context.beginPath();
    context.arc(x, y, 3.2 * pixel, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
  }
}

/** @param {CanvasRenderingContext2D} context @param {Person} person @param {number} n
 * @param {boolean} chosen @param {number} pixel */
function drawPerson(context, { box }, n, chosen, pixel) {
  const [left, top, right, bottom] = box;
  const colour = PERSON_COLOURS[n % PERSON_COLOURS.length];
  context.strokeStyle = colour;
  context.lineWidth = (chosen ? 4 : 2) * pixel;
  context.setLineDash(chosen ? [] : [8 * pixel, 5 * pixel]);
  context.strokeRect(left, top, right - left, bottom - top);
  context.setLineDash([]);
  const words = chosen ? "patient" : `person ${n + 1}`;
  context.font = `600 ${13 * pixel}px sans-serif`;
  const width = context.measureText(words).width + 12 * pixel;
  context.fillStyle = colour;
  context.fillRect(left, Math.max(0, top - 20 * pixel), width, 20 * pixel);
  context.fillStyle = "#10151c";
  context.fillText(words, left + 6 * pixel, Math.max(0, top - 20 * pixel) + 14.5 * pixel);
}
