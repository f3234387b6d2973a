// How a person plays and steps: what is kept, the speeds, J, K and L.
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  SPEEDS,
  USUAL,
  nextSpeed,
  playingFrom,
  shuttled,
  stepFrom,
} from "../../../review_app/timeline/static/picture/playing.js";

test("what was kept is used as far as it makes sense", () => {
  assert.deepEqual(playingFrom(null), USUAL);
  assert.deepEqual(playingFrom({ few: 2, many: 25, stopsAtEnd: true }), {
    few: 2,
    many: 25,
    stopsAtEnd: true,
  });
  assert.deepEqual(playingFrom({ few: 0, many: "many", stopsAtEnd: "yes" }), USUAL);
});

test("a step is a whole number of frames", () => {
  assert.equal(stepFrom("12"), 12);
  for (const typed of ["", "0", "-3", "1.5", "ten", "1001"]) assert.equal(stepFrom(typed), null);
});

test("speeds go from an eighth to four and stay there", () => {
  assert.equal(SPEEDS[0], 1 / 8);
  assert.equal(SPEEDS.at(-1), 4);
  assert.equal(nextSpeed(1, 1), 1.5);
  assert.equal(nextSpeed(1 / 8, -1), 1 / 8);
  assert.equal(nextSpeed(4, 1), 4);
});

test("L plays, again is faster, J turns round no faster than life", () => {
  const still = /** @type {const} */ ({ direction: 0, speed: 0.5 });
  assert.deepEqual(shuttled(still, 1, false), { direction: 1, speed: 0.5 });
  assert.deepEqual(shuttled({ direction: 1, speed: 1 }, 1, false), { direction: 1, speed: 1.5 });
  assert.deepEqual(shuttled({ direction: 1, speed: 3 }, -1, false), { direction: -1, speed: 1 });
});

test("with K held it is slow both ways", () => {
  const now = /** @type {const} */ ({ direction: 0, speed: 2 });
  assert.deepEqual(shuttled(now, 1, true), { direction: 1, speed: 0.25 });
  assert.deepEqual(shuttled(now, -1, true), { direction: -1, speed: 0.25 });
});
