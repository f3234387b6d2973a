// Where the bytes of each picture are in an MP4 file, from the tables of its `moov` box
// (ISO/IEC 14496-12). Pure: bytes in, arrays out.

/** The pictures in the order they are decoded in.
 * @typedef {object} Samples
 * @property {string} codec as WebCodecs names it, "avc1.64001f"
 * @property {Uint8Array} description what the decoder must know before the first picture
 * @property {number} timescale ticks a second
 * @property {Float64Array} offsets bytes from the start of the file
 * @property {Uint32Array} sizes bytes
 * @property {Float64Array} shown ticks at which each is shown
 * @property {Uint8Array} keys 1 where decoding can start */

/** @typedef {{name: string, start: number, end: number, size: number}} Box its content is
 * [start, end); `size` counts the header as well */

/** The header of the box at `at`; null where the bytes end before the header does.
 * @param {DataView} bytes @param {number} at @returns {Box | null} */
export function boxAt(bytes, at) {
  if (at + 8 > bytes.byteLength) return null;
  let size = bytes.getUint32(at);
  const name = String.fromCharCode(...[4, 5, 6, 7].map((n) => bytes.getUint8(at + n)));
  let start = at + 8;
  if (size === 1) {
    if (at + 16 > bytes.byteLength) return null;
    size = Number(bytes.getBigUint64(at + 8));
    start = at + 16;
  }
  return { name, start, end: at + size, size };
}

/** @param {DataView} bytes @param {number} start @param {number} end */
function* boxes(bytes, start, end) {
  let at = start;
  while (at < end) {
    const box = boxAt(bytes, at);
    if (!box || box.size < 8 || box.end > end) return;
    yield box;
    at = box.end;
  }
}

/** @param {DataView} bytes @param {{start: number, end: number}} inside @param {string[]} path
 * @returns {Box | null} */
function find(bytes, inside, path) {
  let here = /** @type {Box | null} */ (inside);
  for (const name of path) {
    const found = here && [...boxes(bytes, here.start, here.end)].find((box) => box.name === name);
    here = found || null;
  }
  return here;
}

/** The first H.264 picture stream of a file; null where there is none that can be used here.
 * @param {DataView} bytes a whole `moov` box @returns {Samples | null} */
export function readSamples(bytes) {
  const moov = boxAt(bytes, 0);
  if (!moov || moov.name !== "moov") return null;
  for (const track of boxes(bytes, moov.start, moov.end)) {
    if (track.name !== "trak") continue;
    const handler = find(bytes, track, ["mdia", "hdlr"]);
    if (handler && bytes.getUint32(handler.start + 8) === 0x76696465) return readTrack(bytes, track);
  }
  return null;
}

/** @param {DataView} bytes @param {Box} track @returns {Samples | null} */
function readTrack(bytes, track) {
  const header = find(bytes, track, ["mdia", "mdhd"]);
  const table = find(bytes, track, ["mdia", "minf", "stbl"]);
  const how = table && readDescription(bytes, table);
  if (!header || !table || !how) return null;
  const timescale = bytes.getUint32(header.start + (bytes.getUint8(header.start) === 1 ? 20 : 12));
  const sizes = readSizes(bytes, table);
  if (!sizes) return null;
  const offsets = readOffsets(bytes, table, sizes);
  const shown = readTimes(bytes, table, sizes.length);
  if (!offsets || !shown) return null;
  return { ...how, timescale, offsets, sizes, shown, keys: readKeys(bytes, table, sizes.length) };
}

/** @param {DataView} bytes @param {Box} table */
function readDescription(bytes, table) {
  const described = find(bytes, table, ["stsd"]);
  if (!described || bytes.getUint32(described.start + 4) !== 1) return null;
  const entry = boxAt(bytes, described.start + 8);
  if (!entry || entry.name !== "avc1") return null;
  const inside = { start: entry.start + 78, end: entry.end }; // the fields of a picture come first
  const found = find(bytes, inside, ["avcC"]);
  if (!found) return null;
  const description = new Uint8Array(bytes.buffer, bytes.byteOffset + found.start, found.size - 8);
  const profile = [...description.subarray(1, 4)].map((n) => n.toString(16).padStart(2, "0"));
  return { codec: `avc1.${profile.join("")}`, description };
}

/** @param {DataView} bytes @param {Box} table */
function readSizes(bytes, table) {
  const box = find(bytes, table, ["stsz"]);
  if (!box) return null;
  const same = bytes.getUint32(box.start + 4);
  const sizes = new Uint32Array(bytes.getUint32(box.start + 8)).fill(same);
  if (!same) sizes.forEach((_, n) => (sizes[n] = bytes.getUint32(box.start + 12 + 4 * n)));
  return sizes;
}

/** @param {DataView} bytes @param {Box} table @param {Uint32Array} sizes */
function readOffsets(bytes, table, sizes) {
  const runs = find(bytes, table, ["stsc"]);
  const long = find(bytes, table, ["co64"]);
  const chunks = long ?? find(bytes, table, ["stco"]);
  if (!runs || !chunks) return null;
  const runCount = bytes.getUint32(runs.start + 4);
  const chunkCount = bytes.getUint32(chunks.start + 4);
  const offsets = new Float64Array(sizes.length);
  let sample = 0;
  for (let chunk = 0, run = 0; chunk < chunkCount; chunk += 1) {
    const next = runs.start + 8 + 12 * (run + 1); // chunks are counted from 1
    if (run + 1 < runCount && bytes.getUint32(next) === chunk + 1) run += 1;
    let offset = long
      ? Number(bytes.getBigUint64(chunks.start + 8 + 8 * chunk))
      : bytes.getUint32(chunks.start + 8 + 4 * chunk);
    const inChunk = bytes.getUint32(runs.start + 8 + 12 * run + 4);
    for (let n = 0; n < inChunk && sample < sizes.length; n += 1, sample += 1) {
      offsets[sample] = offset;
      offset += sizes[sample];
    }
  }
  return sample === sizes.length ? offsets : null;
}

/** @param {DataView} bytes @param {Box} table @param {number} count */
function readTimes(bytes, table, count) {
  const lengths = find(bytes, table, ["stts"]);
  if (!lengths) return null;
  const shown = new Float64Array(count);
  let at = 0;
  for (const [sample, length] of runLengths(bytes, lengths, count, false)) {
    shown[sample] = at;
    at += length;
  }
  const delays = find(bytes, table, ["ctts"]);
  if (!delays) return shown;
  for (const [sample, delay] of runLengths(bytes, delays, count, true)) shown[sample] += delay;
  return shown;
}

/** (sample, value) for each sample of a table of (how many, value).
 * @param {DataView} bytes @param {Box} box @param {number} count @param {boolean} signed
 * @returns {Generator<[number, number]>} */
function* runLengths(bytes, box, count, signed) {
  const entries = bytes.getUint32(box.start + 4);
  let sample = 0;
  for (let entry = 0; entry < entries; entry += 1) {
    const at = box.start + 8 + 8 * entry;
    const value = signed ? bytes.getInt32(at + 4) : bytes.getUint32(at + 4);
    for (let n = bytes.getUint32(at); n > 0 && sample < count; n -= 1, sample += 1) {
      yield [sample, value];
    }
  }
}

/** @param {DataView} bytes @param {Box} table @param {number} count */
function readKeys(bytes, table, count) {
  const box = find(bytes, table, ["stss"]);
  const keys = new Uint8Array(count).fill(box ? 0 : 1);
  const marked = box ? bytes.getUint32(box.start + 4) : 0;
  for (let n = 0; box && n < marked; n += 1) {
    const sample = bytes.getUint32(box.start + 8 + 4 * n) - 1; // counted from 1
    if (sample < count) keys[sample] = 1;
  }
  return keys;
}
