// Pictures decoded ahead of need, so that a step back does not wait for a seek: a browser's video
// element starts at the last key picture again for every frame, this decodes such a run once and
// keeps it. Frames are told apart by their place in the file itself, not by a time.
import { DecodingOrder } from "./decoding_order.js";
import { boxAt, readSamples } from "./mp4.js";

const FIRST_READ = 1 << 16; // bytes
const LARGEST_INDEX = 64 << 20; // bytes
const KEPT_BYTES = 192 << 20;
const BEHIND = 24; // frames kept decoded on either side of the one shown
const AHEAD = 8;

export class Film {
  /** @type {DecodingOrder | null} */ #order = null;
  /** @type {Map<number, VideoFrame>} */ #kept = new Map();
  /** @type {VideoDecoder | null} */ #decoder = null;
  #wish = -1;
  #around = -1;
  #busy = false;
  #closed = false;
  /** Frames that the run under way will bring, [first, last]. */ #run = [0, -1];
  #target = -1; // the frame it is for
  #interrupted = false;
  #forNow = false; // whether the run under way is for a frame that is waited for

  /** `source` gives the file's address, with a token that is valid now.
   * @param {{times: Float64Array, source: () => string, onPicture: (frame: number) => void}} parts
   * onPicture: a frame that was wanted can be shown */
  constructor({ times, source, onPicture }) {
    this.times = times;
    this.source = source;
    this.onPicture = onPicture;
  }

  /** Whether pictures can be had: it takes a browser that decodes single pictures (only pages from
   * this machine or by HTTPS may) and an MP4 file with H.264. */
  get ready() {
    return this.#order !== null;
  }

  /** Reads where the pictures are in the file. */
  async open() {
    if (!("VideoDecoder" in window) || this.#order) return;
    try {
      const samples = readSamples(await this.#index());
      const order = samples && new DecodingOrder(samples);
      if (!samples || !order?.agreesWith(this.times)) return;
      const { supported } = await VideoDecoder.isConfigSupported(configOf(samples));
      if (supported && !this.#closed) this.#order = order;
    } catch {
      // Without the file's index the video element does all by itself.
    }
  }

  /** The `moov` box, wherever it is in the file. @returns {Promise<DataView>} */
  async #index() {
    let at = 0;
    for (;;) {
      const head = await this.#read(at, FIRST_READ);
      let box = boxAt(head, 0);
      let inside = 0;
      while (box && box.name !== "moov" && box.size >= 8) {
        inside += box.size;
        box = inside < head.byteLength ? boxAt(new DataView(head.buffer, inside), 0) : null;
      }
      if (box?.name === "moov") {
        if (box.size > LARGEST_INDEX) throw new Error("The index of the file is too large.");
        const all = inside + box.size <= head.byteLength;
        return all
          ? new DataView(head.buffer, inside, box.size)
          : await this.#read(at + inside, box.size);
      }
      if (!inside || head.byteLength < 8) throw new Error("The file has no index.");
      at += inside;
    }
  }

  /** @param {number} from @param {number} length bytes @returns {Promise<DataView>} */
  async #read(from, length) {
    const headers = { Range: `bytes=${from}-${from + length - 1}` };
    const answer = await fetch(this.source(), { headers });
    if (answer.status !== 206) throw new Error(`The server answered ${answer.status}.`);
    return new DataView(await answer.arrayBuffer());
  }

  /** The picture of a frame, when it is decoded; it stays this film's. @param {number} frame */
  at(frame) {
    return this.#kept.get(frame);
  }

  /** Decodes this frame next. @param {number} frame */
  want(frame) {
    if (!this.ready) return;
    this.#wish = frame;
    this.#around = -1;
    const coming = frame >= this.#run[0] && frame <= this.#run[1];
    if (this.#busy && !this.#forNow && !coming) {
      this.#interrupted = true;
      if (this.#decoder?.state === "configured") this.#decoder.reset(); // its flush ends at once
    }
    void this.#work();
  }

  /** Decodes what lies around this frame, when there is nothing else to do. @param {number} frame */
  prepare(frame) {
    if (!this.ready) return;
    this.#around = frame;
    void this.#work();
  }

  /** Nothing more is decoded until it is asked for again. */
  rest() {
    this.#wish = -1;
    this.#around = -1;
  }

  close() {
    this.#closed = true;
    this.#stop();
    for (const picture of this.#kept.values()) picture.close();
    this.#kept.clear();
  }

  #stop() {
    this.#order = null;
    if (this.#decoder && this.#decoder.state !== "closed") this.#decoder.close();
    this.#decoder = null;
  }

  async #work() {
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let frame = this.#next(); frame >= 0; frame = this.#next()) {
        this.#target = frame;
        this.#forNow = frame === this.#wish;
        this.#interrupted = false;
        await this.#decodeRun(frame);
        if (!this.#interrupted && !this.#kept.has(frame)) break; // it would be tried for ever
      }
    } catch {
      this.rest(); // a lost connection: the next wish tries again
    }
    this.#run = [0, -1];
    this.#busy = false;
  }

  /** The frame to decode next; -1 for none. */
  #next() {
    if (!this.#order) return -1;
    if (this.#wish >= 0 && this.#kept.has(this.#wish)) this.#wish = -1;
    if (this.#wish >= 0) return this.#wish;
    if (this.#around < 0) return -1;
    const last = this.times.length - 2;
    for (let n = 0; n <= BEHIND; n += 1) {
      const behind = this.#around - n;
      if (behind >= 0 && !this.#kept.has(behind)) return behind;
      const ahead = this.#around + n;
      if (n <= AHEAD && ahead <= last && !this.#kept.has(ahead)) return ahead;
    }
    return -1;
  }

  /** Decodes from the key picture before `frame` to a little after it. @param {number} frame */
  async #decodeRun(frame) {
    const order = /** @type {DecodingOrder} */ (this.#order);
    const key = order.keyFor(frame);
    const last = Math.min(order.lastFor(frame), frame + AHEAD);
    const [first, end] = order.samplesFor(key, last);
    const { offsets, sizes, keys } = order.samples;
    const from = Math.min(...offsets.subarray(first, end));
    let to = 0;
    for (let n = first; n < end; n += 1) to = Math.max(to, offsets[n] + sizes[n]);
    this.#run = [key, last];
    const bytes = await this.#read(from, to - from);
    if (this.#closed || !this.#order || this.#interrupted) return;
    const decoder = this.#configured();
    for (let n = first; n < end; n += 1) {
      const data = new Uint8Array(bytes.buffer, offsets[n] - from, sizes[n]);
      const type = keys[n] ? "key" : "delta";
      decoder.decode(new EncodedVideoChunk({ type, timestamp: order.frameOf[n], data }));
    }
    await decoder.flush().catch(() => {}); // interrupted, or said by `error`
  }

  #configured() {
    const { samples } = /** @type {DecodingOrder} */ (this.#order);
    this.#decoder ??= new VideoDecoder({
      output: (picture) => this.#keep(picture),
      error: () => this.#stop(), // this browser cannot decode it so; the video element may
    });
    if (this.#decoder.state === "unconfigured") this.#decoder.configure(configOf(samples));
    return this.#decoder;
  }

  /** @param {VideoFrame} picture */
  #keep(picture) {
    const frame = picture.timestamp;
    const [first, last] = this.#run;
    if (this.#closed || this.#kept.has(frame) || frame < first || frame > last) picture.close();
    else this.#kept.set(frame, picture);
    this.#forget(frame);
    const awaited = frame === this.#wish || (this.#forNow && frame === this.#target);
    if (awaited && this.#kept.has(frame)) this.onPicture(frame);
  }

  /** Closes the pictures that are furthest from where we are. @param {number} newest */
  #forget(newest) {
    const bytes = this.#kept.get(newest)?.allocationSize() ?? 1;
    const here = this.#wish >= 0 ? this.#wish : this.#around >= 0 ? this.#around : newest;
    while (this.#kept.size > 1 && this.#kept.size * bytes > KEPT_BYTES) {
      let furthest = newest;
      for (const frame of this.#kept.keys()) {
        if (Math.abs(frame - here) > Math.abs(furthest - here)) furthest = frame;
      }
      this.#kept.get(furthest)?.close();
      this.#kept.delete(furthest);
    }
  }
}

/** @param {import("./mp4.js").Samples} samples @returns {VideoDecoderConfig} */
function configOf({ codec, description }) {
  // In software: a graphics card has room for few pictures and waits until they are given back.
  return { codec, description, hardwareAcceleration: "prefer-software", optimizeForLatency: true };
}
