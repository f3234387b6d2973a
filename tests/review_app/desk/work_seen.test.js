// What counts as looked at.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Seen } from "../../../review_app/timeline/static/work/seen.js";

const TIMES = Float64Array.from({ length: 501 }, (_, n) => n / 25);
const fresh = (known = [], unsent = []) => new Seen({ times: TIMES, known, unsent });
const playing = { moving: true, speed: 1, watched: true };
const still = { moving: false, speed: 1, watched: true };
const play = (seen, frames, how = {}) => {
  for (const frame of frames) seen.show({ ...playing, ...how, frame });
};
const spans = (...all) => all;

test("frames that are played, also those between two that were presented", () => {
  const seen = fresh();
  play(seen, [10, 11, 12, 14, 17, 20]);
  assert.deepEqual(seen.spans, spans([10, 21]));
  assert.deepEqual(seen.unsent, spans([10, 21]));
});

test("up to twice the speed, backwards too", () => {
  const seen = fresh();
  play(seen, [10, 12, 14], { speed: 2 });
  play(seen, [100, 103, 106], { speed: 3 });
  assert.deepEqual(seen.spans, spans([10, 15]));
  seen.show({ ...still, frame: 60 });
  play(seen, [50, 47, 44]);
  assert.deepEqual(seen.spans, spans([10, 15], [44, 51], [60, 61]));
});

test("after faster play it begins with the frame that is shown then", () => {
  const seen = fresh();
  play(seen, [100, 102], { speed: 4 });
  play(seen, [104, 105]);
  assert.deepEqual(seen.spans, spans([104, 106]));
});

test("a jump while it plays leaves out what lies between", () => {
  const seen = fresh();
  play(seen, [10, 11, 200, 201]);
  assert.deepEqual(seen.spans, spans([10, 12], [200, 202]));
});

test("at rest each frame for itself", () => {
  const seen = fresh();
  for (const frame of [5, 9, 10]) seen.show({ ...still, frame });
  assert.deepEqual(seen.spans, spans([5, 6], [9, 11]));
});

test("nobody is looking at a page behind another", () => {
  const seen = fresh();
  play(seen, [10, 11]);
  play(seen, [12, 13], { watched: false });
  play(seen, [14, 15]);
  assert.deepEqual(seen.spans, spans([10, 12], [14, 16]));
});

test("it says whether something is new", () => {
  const seen = fresh();
  assert.ok(seen.show({ ...still, frame: 5 }));
  const before = seen.spans;
  assert.ok(!seen.show({ ...still, frame: 5 }));
  assert.equal(seen.spans, before);
});

test("what the server knows, and what waits for it", () => {
  const seen = fresh([[0, 100]], [[90, 120]]);
  assert.deepEqual(seen.spans, spans([0, 120]));
  play(seen, [200, 201]);
  seen.confirm([[0, 120]]);
  assert.deepEqual(seen.unsent, spans([200, 202]));
  seen.confirm(spans([0, 150], [200, 202])); // another page has looked further
  assert.deepEqual(seen.unsent, []);
  assert.deepEqual(seen.spans, spans([0, 150], [200, 202]));
});

test("the share of the recording", () => {
  assert.equal(fresh([[0, 125]]).share, 0.25);
});

test("what is left of a span, but for moments", () => {
  const seen = fresh(spans([0, 100], [104, 200]));
  assert.deepEqual(seen.gaps([0, 200]), []); // 0.16 s
  assert.deepEqual(seen.gaps([0, 300]), spans([200, 300]));
  assert.deepEqual(seen.gaps([101, 103]), spans([101, 103])); // all of it is short
  assert.deepEqual(seen.gaps([50, 90]), []);
});
