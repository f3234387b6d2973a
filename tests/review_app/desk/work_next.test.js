// Where to look next.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  disagreements,
  lookedAt,
  nextAfter,
  sure,
  uncertain,
} from "../../../review_app/timeline/static/work/next.js";

const open = (id, start_frame, score, spread = 0.1) => ({
  id,
  start_frame,
  end_frame: start_frame + 10,
  score,
  spread,
});
const ids = (list) => list.map(({ id }) => id);
const mark = (id, start_frame, end_frame, class_id = 1, tier_id = 1) => ({
  id,
  start_frame,
  end_frame,
  class_id,
  tier_id,
});
const told = (list) => list.map(({ id, who, what }) => `${id} ${who} ${what}`);

test("uncertain: a low score or a wide edge, in order of time", () => {
  const all = [
    open(1, 0, 0.9),
    open(2, 20, 0.4),
    open(3, 40, 0.8, 0.9),
    open(4, 60, 0.7),
    open(5, 80, 0.95),
    open(6, 100, 0.6),
    open(7, 120, 0.5),
    open(8, 140, 0.85, 0.5),
  ];
  assert.deepEqual(ids(uncertain(all)), [2, 3, 7, 8]);
  assert.deepEqual(ids(uncertain(all.slice(0, 1))), [1]);
  const alike = [open(1, 0, 0.9), open(2, 20, 0.6), open(3, 40, 0.8), open(4, 60, 0.7)];
  assert.deepEqual(ids(uncertain(alike)), [2]);
  assert.deepEqual(uncertain([]), []);
});

test("going on and on leads through everything that is open", () => {
  let left = Array.from({ length: 23 }, (_, n) => open(n, 20 * n, ((n * 7) % 23) / 23));
  const visited = [];
  for (let frame = 0; left.length; ) {
    const next = nextAfter(uncertain(left), frame, null);
    visited.push(next.id);
    frame = next.start_frame;
    left = left.filter((one) => one !== next);
  }
  assert.equal(new Set(visited).size, 23);
});

test("the next after the playhead, not the same again, and round the end", () => {
  const places = [open(1, 10, 0), open(2, 10, 0), open(3, 50, 0)];
  assert.equal(nextAfter(places, 0, null).id, 1);
  assert.equal(nextAfter(places, 10, null).id, 1);
  assert.equal(nextAfter(places, 10, 1).id, 2);
  assert.equal(nextAfter(places, 10, 2).id, 3);
  assert.equal(nextAfter(places, 50, 3).id, 1);
  assert.equal(nextAfter(places, 60, 3).id, 1);
  assert.equal(nextAfter(places, 30, 1).id, 3); // visited, but the playhead has moved on
  assert.equal(nextAfter([], 0, null), null);
});

const other = (marks, looked = [[0, 1000]]) => [{ who: "Kim", marks, looked }];

test("labels that agree are not shown", () => {
  assert.deepEqual(disagreements([mark("a", 0, 100)], other([mark("x", 5, 105)]), null), []);
});

test("another class, other edges, only one of both", () => {
  const mine = [mark("a", 0, 100), mark("b", 200, 300), mark("c", 400, 500)];
  const theirs = [mark("x", 0, 100, 2), mark("y", 270, 420), mark("z", 600, 700)];
  assert.deepEqual(told(disagreements(mine, other(theirs), null)), [
    "a Kim class",
    "b Kim edges",
    "c Kim only mine",
    "z Kim only theirs",
  ]);
});

test("tIoU of exactly a half is still the same edges", () => {
  const found = (end) => disagreements([mark("a", 0, 100)], other([mark("x", 0, end)]), null);
  assert.deepEqual(told(found(50)), []);
  assert.deepEqual(told(found(49)), ["a Kim edges"]);
});

test("each label has one counterpart, the one it shares most with", () => {
  const theirs = [mark("x", 0, 40), mark("y", 30, 100)];
  assert.deepEqual(told(disagreements([mark("a", 0, 100)], other(theirs), null)), [
    "x Kim only theirs",
  ]);
});

test("tiers are compared each with itself", () => {
  const found = disagreements([mark("a", 0, 100, 1, 1)], other([mark("x", 0, 100, 5, 2)]), null);
  assert.deepEqual(told(found), ["a Kim only mine", "x Kim only theirs"]);
});

test("where the other has not looked, no label says nothing", () => {
  const mine = [mark("a", 0, 100), mark("b", 600, 700)];
  const looked = lookedAt({ finished: [[0, 50]], seen: [[50, 200]], marks: [] });
  assert.deepEqual(told(disagreements(mine, other([], looked), null)), ["a Kim only mine"]);
});

test("somebody has looked at what is finished, seen or between their labels", () => {
  const marks = [mark("x", 100, 120), mark("y", 300, 320)];
  const looked = lookedAt({ finished: [[310, 400]], seen: [[0, 10]], marks });
  assert.deepEqual(looked, [
    [0, 10],
    [100, 400],
  ]);
});

test("an open proposal disagrees with a label it touches, and else is only open", () => {
  const offered = { who: "model 1", marks: [mark(7, 60, 160), mark(8, 500, 600)] };
  assert.deepEqual(told(disagreements([mark("a", 0, 100)], [], offered)), ["7 model 1 edges"]);
  const otherClass = { who: "model 1", marks: [mark(7, 0, 100, 2)] };
  assert.deepEqual(told(disagreements([mark("a", 0, 100)], [], otherClass)), ["7 model 1 class"]);
});

test("accepting all above a score leaves out second readings and unknown classes", () => {
  const all = [
    { ...open(1, 0, 0.9), class_id: 1 },
    { ...open(2, 1, 0.7), class_id: 2 },
    { ...open(3, 50, 0.6), class_id: null },
    { ...open(4, 90, 0.6), class_id: 1 },
    { ...open(5, 130, 0.59), class_id: 1 },
  ];
  assert.deepEqual(ids(sure(all, 0.6, 0.5)), [1, 4]);
  assert.deepEqual(ids(sure(all, 0.95, 0.5)), []);
  assert.deepEqual(ids(sure(all, 0, 0.5)), [1, 4, 5]);
});
