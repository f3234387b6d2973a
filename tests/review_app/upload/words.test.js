// The pure parts of the drop zone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { duration, size } from "../../../review_app/upload/static/dom.js";
import { fingerprint } from "../../../review_app/upload/static/fingerprint.js";

test("sizes and durations read as people write them", () => {
  assert.deepEqual([0, 1500, 8_388_608, 4.1e9].map(size), ["1 kB", "2 kB", "8 MB", "4.1 GB"]);
  assert.deepEqual([0, 9.6, 75, 3723].map(duration), ["0:00", "0:10", "1:15", "1:02:03"]);
});

test("a fingerprint tells files apart by name, size, date and first bytes", async () => {
  const file = (/** @type {BlobPart[]} */ parts, name = "a.mp4", lastModified = 5) =>
    new File(parts, name, { lastModified });
  const first = await fingerprint(file(["walk"]));
  assert.equal(first, await fingerprint(file(["walk"])));
  const others = [file(["talk"]), file(["walks"]), file(["walk"], "b.mp4"), file(["walk"], "a.mp4", 6)];
  for (const other of others) assert.notEqual(first, await fingerprint(other));
});

test("only the first MiB is read", async () => {
  const large = (/** @type {string} */ end) =>
    new File([new Uint8Array(1 << 20), end], "a.mp4", { lastModified: 1 });
  assert.equal(await fingerprint(large("x")), await fingerprint(large("y")));
});
