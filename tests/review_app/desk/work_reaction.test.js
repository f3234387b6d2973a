// The reaction time is the usual one of a person, not of a sneeze.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  USUAL_MS,
  judge,
  reactionIn,
  reactionOf,
} from "../../../review_app/timeline/static/work/reaction.js";

test("the median, without what lies far off", () => {
  const presses = [240, 250, 245, 260, 255, 248, 252, 900, 243, 257];
  assert.deepEqual(reactionOf(presses), { ms: 250, kept: 9, dropped: 1 });
});

test("a person whose presses differ keeps them all", () => {
  const presses = [200, 320, 260, 230, 290, 310, 210, 250, 270, 240];
  assert.deepEqual(reactionOf(presses), { ms: 255, kept: 10, dropped: 0 });
});

test("equal presses and a single one", () => {
  assert.deepEqual(reactionOf([300, 300, 300, 304]), { ms: 300, kept: 4, dropped: 0 });
  assert.deepEqual(reactionOf([300]), { ms: 300, kept: 1, dropped: 0 });
});

test("a press before the change, or just after it, was none", () => {
  assert.equal(judge(null), "early");
  assert.equal(judge(60), "early");
  assert.equal(judge(180), "counts");
  assert.equal(judge(2000), "late");
});

test("the preference is what was kept, or what is usual", () => {
  assert.deepEqual(reactionIn({ ms: 310 }), { ms: 310, measured: true });
  assert.deepEqual(reactionIn({ ms: 0 }), { ms: 0, measured: true });
  for (const wrong of [undefined, null, 5, {}, { ms: "310" }, { ms: -1 }, { ms: 1e9 }]) {
    assert.deepEqual(reactionIn(wrong), { ms: USUAL_MS, measured: false });
  }
});
