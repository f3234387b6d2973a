// Which pictures of a file must be decoded to show a frame. Pure.

const LEAST_AGREEMENT_S = 0.001;

export class DecodingOrder {
  /** @param {import("./mp4.js").Samples} samples */
  constructor(samples) {
    this.samples = samples;
    const { shown } = samples;
    /** (N,) the sample of each frame */
    this.sampleOf = inOrder(shown);
    /** (N,) the frame of each sample */
    this.frameOf = new Uint32Array(shown.length);
    this.sampleOf.forEach((sample, frame) => (this.frameOf[sample] = frame));
  }

  /** Whether these are the recording's frames, each at its own time.
   * @param {Float64Array} times (N + 1,) seconds */
  agreesWith(times) {
    const { samples, sampleOf } = this;
    if (sampleOf.length !== times.length - 1) return false;
    const first = samples.shown[sampleOf[0]];
    return sampleOf.every((sample, frame) => {
      const seconds = (samples.shown[sample] - first) / samples.timescale;
      return Math.abs(seconds - times[frame]) < LEAST_AGREEMENT_S;
    });
  }

  /** The frame at which decoding must start to show `frame`. Pictures that are decoded after a key
   * picture but shown before it may need the key picture before that. @param {number} frame */
  keyFor(frame) {
    const { keys } = this.samples;
    for (let sample = this.sampleOf[frame]; sample > 0; sample -= 1) {
      if (keys[sample] && this.frameOf[sample] <= frame) return this.frameOf[sample];
    }
    return this.frameOf[0];
  }

  /** The last frame that is decoded from the same key picture. @param {number} frame */
  lastFor(frame) {
    const { samples, sampleOf, frameOf } = this;
    const key = sampleOf[this.keyFor(frame)];
    let next = key + 1;
    while (next < samples.keys.length && !samples.keys[next]) next += 1;
    let last = frame;
    for (let sample = key; sample < next; sample += 1) last = Math.max(last, frameOf[sample]);
    return last;
  }

  /** Samples [first, end) that show the frames [key, last], where `key` is a key picture.
   * @param {number} key @param {number} last @returns {[number, number]} */
  samplesFor(key, last) {
    let end = 0;
    for (let frame = key; frame <= last; frame += 1) end = Math.max(end, this.sampleOf[frame] + 1);
    return [this.sampleOf[key], end];
  }
}

/** The indices of `values` in increasing order of these: by insertion, because pictures are decoded
 * only a few places from where they are shown. @param {Float64Array} values */
function inOrder(values) {
  const order = Uint32Array.from(values.keys());
  for (let n = 1; n < order.length; n += 1) {
    const moved = order[n];
    let at = n;
    for (; at > 0 && values[order[at - 1]] > values[moved]; at -= 1) order[at] = order[at - 1];
    order[at] = moved;
  }
  return order;
}
