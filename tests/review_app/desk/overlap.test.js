// In a tier that forbids it, nothing ever comes to overlap, whatever a person does.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as many from "../../../review_app/timeline/static/labels/many.js";
import * as operations from "../../../review_app/timeline/static/labels/operations.js";
import {
  clip,
  fitted,
  freeOf,
  limitShift,
  nearestPlace,
  stopEdge,
  strictTiers,
  taken,
} from "../../../review_app/timeline/static/labels/overlap.js";
import { apply, makeEdit, stateOf } from "../../../review_app/timeline/static/labels/state.js";
import { random, segment, spans, stored } from "./random.js";

const FRAMES = 300;
const STRICT = strictTiers([
  { id: 1, overlaps: false },
  { id: 2, overlaps: true },
  { id: 3 }, // a server that says nothing allows them
]);
const OTHERS = [
  [10, 20],
  [30, 40],
  [40, 45],
];

test("only tiers that say so are strict", () => {
  assert.deepEqual([...STRICT], [1]);
});

test("a dragged edge stops at the next segment and at its own other edge", () => {
  assert.equal(stopEdge(OTHERS, 20, "end", 25), 25);
  assert.equal(stopEdge(OTHERS, 20, "end", 99), 30);
  assert.equal(stopEdge(OTHERS, 22, "end", 3), 23);
  assert.equal(stopEdge(OTHERS, 30, "start", 5), 20);
  assert.equal(stopEdge(OTHERS, 28, "start", 40), 27);
  assert.equal(stopEdge([], 5, "start", 0), 0);
});

test("a dragged body lies where it fits closest to the pointer", () => {
  assert.equal(nearestPlace(OTHERS, 10, 18, FRAMES), 20);
  assert.equal(nearestPlace(OTHERS, 10, 36, FRAMES), 45);
  assert.equal(nearestPlace(OTHERS, 11, 28, FRAMES), 45);
  assert.equal(nearestPlace(OTHERS, 10, 500, FRAMES), FRAMES - 10);
  assert.equal(
    nearestPlace(
      [
        [0, 150],
        [155, FRAMES],
      ],
      10,
      5,
      FRAMES,
    ),
    null,
  );
});

test("what is free of a span, and the part of it that is used", () => {
  assert.deepEqual(freeOf(OTHERS, [0, 50]), [
    [0, 10],
    [20, 30],
    [45, 50],
  ]);
  assert.deepEqual(freeOf(OTHERS, [12, 18]), []);
  assert.deepEqual(clip(OTHERS, [15, 33]), [20, 30]);
  assert.deepEqual(clip(OTHERS, [5, 60]), [45, 60]);
  assert.deepEqual(clip(OTHERS, [5, 60], [6, 9]), [5, 10]); // where it was before
  assert.equal(clip(OTHERS, [31, 44]), null);
});

test("a group stops where one of it would touch another", () => {
  const state = stateOf(
    stored([segment("a", 0, 10), segment("b", 20, 30), segment("c", 35, 40), segment("d", 60, 70)]),
  );
  assert.equal(limitShift(state, ["a", "b"], 50, STRICT), 5);
  assert.equal(limitShift(state, ["b", "c"], -50, STRICT), -10);
  assert.equal(limitShift(state, ["c"], 7, STRICT), 7);
  assert.equal(limitShift(state, ["a"], 50, new Set()), 50);
});

test("a new segment is cut, a moved one stays as long as it is, and none is empty", () => {
  const state = stateOf(stored([segment("a", 10, 20), segment("b", 30, 40)]));
  const cut = fitted(state, operations.add(segment("n", 15, 35)), STRICT);
  assert.deepEqual([cut.clipped, cut.dropped], [1, 0]);
  const { start_frame, end_frame } = cut.operation.changes[0].segment;
  assert.deepEqual([start_frame, end_frame], [20, 30]);
  const none = fitted(state, operations.add(segment("n", 12, 18)), STRICT);
  assert.deepEqual([none.operation, none.dropped], [null, 1]);
  const moved = fitted(state, operations.place(state, "a", 22, 32, "move"), STRICT);
  assert.equal(moved.operation, null);
  const elsewhere = operations.add(segment("n", 15, 35, { tier_id: 2 }));
  assert.deepEqual(fitted(state, elsewhere, STRICT).operation, elsewhere);
});

test("an edge pushed over a whole neighbour stops before it", () => {
  const state = stateOf(stored([segment("a", 10, 20), segment("b", 30, 35)]));
  const { operation } = fitted(state, operations.place(state, "a", 10, 200, "resize"), STRICT);
  assert.equal(operation.changes[0].segment.end_frame, 30);
});

test("overlaps that are there already may be made smaller, not larger", () => {
  const state = stateOf(stored([segment("a", 10, 30), segment("b", 20, 40)]));
  const relabelled = operations.relabel(state, "a", 2, 1);
  assert.deepEqual(fitted(state, relabelled, STRICT).operation, relabelled);
  const shorter = operations.place(state, "a", 10, 25, "resize");
  assert.deepEqual(fitted(state, shorter, STRICT).operation, shorter);
  const longer = fitted(state, operations.place(state, "a", 10, 35, "resize"), STRICT);
  assert.equal(longer.operation.changes[0].segment.end_frame, 30);
});

test("deleting always fits, and of several new ones the first has the place", () => {
  const state = stateOf(stored([segment("a")]));
  const away = many.removeAll(state, ["a"]);
  assert.deepEqual(fitted(state, away, STRICT).operation, away);
  const two = many.acceptAll([segment("p", 50, 70), segment("q", 60, 80), segment("r", 55, 60)]);
  const { operation, clipped, dropped } = fitted(state, two, STRICT);
  assert.deepEqual([operation.changes.length, clipped, dropped], [2, 1, 1]);
});

test("nothing overlaps after anything in any order", () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const pick = random(seed);
    let count = 0;
    const newId = () => `new-${(count += 1)}`;
    let state = stateOf(stored([segment("a", 10, 20), segment("b", 100, 140)]));
    for (let n = 0; n < 40; n += 1) {
      const all = [...state.segments.keys()];
      const ids = all.filter(() => pick(3) === 0);
      const one = all[pick(Math.max(1, all.length))];
      const start = pick(FRAMES - 1);
      const end = start + 1 + pick(Math.min(40, FRAMES - start - 1));
      const choices = [
        () => operations.add(segment(newId(), start, end, { tier_id: 1 + pick(2) })),
        () => one && operations.place(state, one, start, end, pick(2) ? "move" : "resize"),
        () => one && operations.split(state, one, start, newId()),
        () => one && operations.relabel(state, one, 2, 1 + pick(2)),
        () => many.trim(state, ids, pick(2) ? "start" : "end", start),
        () => many.shift(state, ids, limitShift(state, ids, pick(60) - 30, STRICT), FRAMES),
        () => many.shift(state, ids, pick(60) - 30, FRAMES),
        () => many.duplicate(state, ids, start, FRAMES, newId),
        () => many.relabelAll(state, ids, 1, 1),
        () => many.merge(state, ids),
        () => pick(2) && many.removeAll(state, ids),
        () => {
          const next = one && operations.neighbourAt(state, one, "end");
          return next && operations.moveSharedEdge(state, one, next.id, start);
        },
      ];
      const wanted = choices[pick(choices.length)]();
      const operation = wanted && fitted(state, wanted, STRICT).operation;
      if (!operation) continue;
      state = apply(state, makeEdit(state, operation, { id: `e${n}`, base_revision: 0 })).state;
      let last = 0;
      for (const [from, to] of taken(state, 1)) {
        assert.ok(from >= last, `seed ${seed}, step ${n}, ${operation.kind}: ${spans(state)}`);
        assert.ok(to > from);
        last = to;
      }
    }
  }
});
