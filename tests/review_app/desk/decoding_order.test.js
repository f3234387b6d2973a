// Which pictures are decoded to show a frame, and where an MP4 file keeps them.
import assert from "node:assert/strict";
import { test } from "node:test";

import { DecodingOrder } from "../../../review_app/timeline/static/picture/decoding_order.js";
import { boxAt, readSamples } from "../../../review_app/timeline/static/picture/mp4.js";

/** Samples as they are decoded: the tick each is shown at, and which are key pictures. */
const order = (shown, keys) =>
  new DecodingOrder({
    codec: "avc1.64001f",
    description: new Uint8Array(),
    timescale: 10,
    offsets: new Float64Array(shown.length),
    sizes: new Uint32Array(shown.length),
    shown: Float64Array.from(shown),
    keys: Uint8Array.from(shown, (_, sample) => Number(keys.includes(sample))),
  });

test("frames in the order they are shown", () => {
  const { sampleOf, frameOf } = order([0, 3, 1, 2, 4], [0]);
  assert.deepEqual([...sampleOf], [0, 2, 3, 1, 4]);
  assert.deepEqual([...frameOf], [0, 3, 1, 2, 4]);
});

test("decoding starts at the key picture and takes what the frame refers to", () => {
  const made = order([0, 1, 2, 3, 4, 5], [0, 3]);
  assert.equal(made.keyFor(2), 0);
  assert.equal(made.keyFor(3), 3);
  assert.equal(made.lastFor(1), 2);
  assert.equal(made.lastFor(4), 5);
  assert.deepEqual(made.samplesFor(3, 4), [3, 5]);
  const reordered = order([0, 3, 1, 2], [0]);
  assert.deepEqual(reordered.samplesFor(0, 1), [0, 3]); // frame 3 is decoded before frame 1
});

test("a picture shown before its key picture needs the key picture before that", () => {
  const made = order([0, 1, 4, 2, 3, 5], [0, 2]); // sample 2 is a key, 3 and 4 come before it
  assert.equal(made.keyFor(2), 0);
  assert.deepEqual(made.samplesFor(0, 2), [0, 4]);
  assert.equal(made.keyFor(4), 4);
});

test("another recording's times are noticed", () => {
  const made = order([5, 6, 7], [0]);
  assert.ok(made.agreesWith(Float64Array.of(0, 0.1, 0.2, 0.3)));
  assert.ok(!made.agreesWith(Float64Array.of(0, 0.1, 0.25, 0.3)));
  assert.ok(!made.agreesWith(Float64Array.of(0, 0.1, 0.2)));
});

const u32 = (...numbers) => numbers.flatMap((n) => [n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255]);
const box = (name, ...content) => {
  const inside = content.flat();
  return [...u32(inside.length + 8), ...[...name].map((sign) => sign.charCodeAt(0)), ...inside];
};

const film = (entry = "avc1") =>
  box(
    "moov",
    box(
      "trak",
      box(
        "mdia",
        box("mdhd", u32(0, 0, 0, 600, 0, 0)),
        box("hdlr", u32(0, 0, 0x76696465, 0)),
        box(
          "minf",
          box(
            "stbl",
            box("stsd", u32(0, 1), box(entry, new Array(78).fill(0), box("avcC", [1, 100, 0, 31]))),
            box("stts", u32(0, 1, 4, 20)),
            box("ctts", u32(0, 3, 1, 20, 1, 60, 2, 0)),
            box("stss", u32(0, 1, 1)),
            box("stsc", u32(0, 2, 1, 3, 1, 2, 1, 1)),
            box("stsz", u32(0, 0, 4, 10, 20, 30, 40)),
            box("stco", u32(0, 2, 1000, 5000)),
          ),
        ),
      ),
    ),
  );
const view = (bytes) => new DataView(Uint8Array.from(bytes).buffer);

test("the tables of an MP4 file are read", () => {
  const samples = readSamples(view(film()));
  assert.equal(samples.codec, "avc1.64001f");
  assert.equal(samples.timescale, 600);
  assert.deepEqual([...samples.sizes], [10, 20, 30, 40]);
  assert.deepEqual([...samples.offsets], [1000, 1010, 1030, 5000]);
  assert.deepEqual([...samples.shown], [20, 80, 40, 60]);
  assert.deepEqual([...samples.keys], [1, 0, 0, 0]);
  assert.deepEqual([...samples.description], [1, 100, 0, 31]);
});

test("what is not H.264, or not whole, is left to the video element", () => {
  assert.equal(readSamples(view(film("hvc1"))), null);
  assert.equal(readSamples(view(film().slice(0, 60))), null);
  assert.equal(boxAt(view([0, 0, 0]), 0), null);
});
