// Operations on several labels, and what is new on one: each is one edit, and one inverse takes
// all of it back.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as many from "../../../review_app/timeline/static/labels/many.js";
import * as operations from "../../../review_app/timeline/static/labels/operations.js";
import { apply, makeEdit, stateOf } from "../../../review_app/timeline/static/labels/state.js";
import { random, segment, spans, stored, visible } from "./random.js";

const FRAMES = 400;
const names = () => {
  let count = 0;
  return () => `new-${(count += 1)}`;
};
const three = () =>
  stateOf(
    stored([
      segment("a", 10, 20),
      segment("b", 20, 35, { proposal_id: 7 }),
      segment("c", 50, 60, { class_id: 2 }),
    ]),
  );

/** The state after an operation; taking it back must give the state before. */
function after(state, operation) {
  const done = apply(state, makeEdit(state, operation, { id: "edit", base_revision: 0 }));
  const back = apply(done.state, { id: "back", changes: done.inverse });
  assert.deepEqual(visible(back.state), visible(state));
  return done.state;
}

test("the edges of several come to the playhead, where that leaves a frame", () => {
  const state = three();
  const starts = after(state, many.trim(state, ["a", "b", "c"], "start", 15));
  assert.deepEqual(spans(starts), [
    ["a", 15, 20],
    ["b", 15, 35],
    ["c", 15, 60],
  ]);
  const ends = after(state, many.trim(state, ["a", "b", "c"], "end", 15));
  assert.deepEqual(spans(ends), [
    ["a", 10, 15],
    ["b", 20, 35],
    ["c", 50, 60],
  ]);
  assert.equal(many.trim(state, ["a"], "start", 10), null);
  assert.equal(many.trim(state, ["gone"], "start", 1), null);
});

test("edges are nudged within the recording, and never to nothing", () => {
  const state = three();
  const longer = after(state, many.nudgeAll(state, ["a"], "start", -30, FRAMES));
  assert.deepEqual(spans(longer)[0], ["a", 0, 20]);
  const last = after(state, many.nudgeAll(state, ["c"], "end", 1000, FRAMES));
  assert.deepEqual(spans(last)[2], ["c", 50, FRAMES]);
  assert.equal(many.nudgeAll(state, ["a"], "start", 10, FRAMES), null);
});

test("a group moves together, as far as all of it has room", () => {
  const state = three();
  const later = after(state, many.shift(state, ["a", "c"], 5, FRAMES));
  assert.deepEqual(spans(later), [
    ["a", 15, 25],
    ["b", 20, 35],
    ["c", 55, 65],
  ]);
  const first = after(state, many.shift(state, ["a", "c"], -100, FRAMES));
  assert.deepEqual(spans(first)[0], ["a", 0, 10]);
  assert.deepEqual(spans(first)[2], ["c", 40, 50]);
  const end = after(state, many.shift(state, ["a", "c"], 1000, FRAMES));
  assert.deepEqual(spans(end)[2], ["c", FRAMES - 10, FRAMES]);
  assert.equal(many.shift(three(), ["a"], 0, FRAMES), null);
});

test("a shared edge moves both, and both keep a frame", () => {
  const state = three();
  assert.equal(operations.neighbourAt(state, "a", "end").id, "b");
  assert.equal(operations.neighbourAt(state, "b", "start").id, "a");
  assert.equal(operations.neighbourAt(state, "b", "end"), null);
  const moved = after(state, operations.moveSharedEdge(state, "a", "b", 30));
  assert.deepEqual(spans(moved).slice(0, 2), [
    ["a", 10, 30],
    ["b", 30, 35],
  ]);
  const stopped = after(state, operations.moveSharedEdge(state, "a", "b", 99));
  assert.deepEqual(spans(stopped).slice(0, 2), [
    ["a", 10, 34],
    ["b", 34, 35],
  ]);
  assert.equal(operations.moveSharedEdge(state, "a", "c", 30), null);
});

test("copies keep order and distance, and come from no proposal", () => {
  const state = three();
  const copied = after(state, many.duplicate(state, ["b", "a"], 380, FRAMES, names()));
  assert.deepEqual(spans(copied).slice(3), [
    ["new-1", 380, 390],
    ["new-2", 390, 400],
  ]);
  assert.equal(copied.segments.get("new-2").proposal_id, null);
  assert.equal(many.duplicate(state, ["a"], FRAMES, FRAMES, names()), null);
  const other = after(state, many.copyToTier(state, ["b"], { id: 9, tier_id: 2 }, names()));
  const { tier_id, class_id, proposal_id } = other.segments.get("new-1");
  assert.deepEqual([tier_id, class_id, proposal_id], [2, 9, null]);
  assert.equal(other.segments.get("b").tier_id, 1);
});

test("neighbours of one class become one, others do not", () => {
  const state = three();
  assert.equal(many.mergeable(state, "a").id, "b");
  assert.equal(many.mergeable(state, "b"), null); // the next is of another class
  const merged = after(state, many.merge(state, ["b", "a"]));
  assert.deepEqual(spans(merged), [
    ["a", 10, 35],
    ["c", 50, 60],
  ]);
  assert.equal(many.merge(state, ["b", "c"]), null);
  assert.equal(many.merge(state, ["a"]), null);
  const between = stateOf(
    stored([segment("a"), segment("x", 25, 30, { class_id: 2 }), segment("b", 40, 50)]),
  );
  assert.equal(many.merge(between, ["a", "b"]), null);
});

test("many are deleted, relabelled, marked and accepted by one edit", () => {
  const state = three();
  assert.equal(after(state, many.removeAll(state, ["a", "b", "gone"])).segments.size, 1);
  const relabelled = after(state, many.relabelAll(state, ["a", "b", "c"], 2, 1));
  assert.deepEqual(
    [...relabelled.segments.values()].map((one) => one.class_id),
    [2, 2, 2],
  );
  const unsure = after(state, many.setUnsure(state, ["a", "c"], true));
  assert.deepEqual(
    [...unsure.segments.values()].map((one) => Boolean(one.unsure)),
    [true, false, true],
  );
  assert.equal(many.setUnsure(unsure, ["a", "c"], true), null);
  const sure = after(unsure, many.setUnsure(unsure, ["a", "c"], false));
  assert.deepEqual(visible(sure), visible(state));
  const accepted = many.acceptAll([segment("p", 70, 80, { proposal_id: 1 }), segment("q", 90, 95)]);
  assert.equal(accepted.changes.length, 2);
  assert.equal(after(state, accepted).segments.size, 5);
  assert.equal(many.acceptAll([]), null);
  assert.equal(many.removeAll(state, []), null);
});

test("comments are said, changed and taken back", () => {
  const state = three();
  const comment = {
    id: "k", segment_id: "a", start_frame: 10, end_frame: 20, reply_to: null, resolves: false,
    text: "  Is this a squat?  ",
  }; // prettier-ignore
  const said = after(state, operations.say(comment));
  assert.equal(said.comments.get("k").text, "Is this a squat?");
  const other = after(said, operations.say({ ...comment, text: "It is." }));
  assert.equal(other.comments.get("k").text, "It is.");
  const unsaid = after(other, operations.unsay(other, "k"));
  assert.equal(unsaid.comments.size, 0);
  assert.equal(unsaid.removed.get("k"), "edit");
  assert.equal(operations.say({ ...comment, text: " \n" }), null);
  assert.equal(operations.unsay(state, "k"), null);
});

test("whatever is done to whichever, one inverse takes all of it back", () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const pick = random(seed);
    const newId = names();
    let state = stateOf(
      stored(Array.from({ length: 8 }, (_, n) => segment(`s${n}`, n * 20, n * 20 + 1 + pick(30)))),
    );
    for (let n = 0; n < 30; n += 1) {
      const all = [...state.segments.keys()];
      const ids = all.filter(() => pick(2));
      const one = all[pick(Math.max(1, all.length))];
      const edge = pick(2) ? "start" : "end";
      const choices = [
        () => many.trim(state, ids, edge, pick(FRAMES + 1)),
        () => many.shift(state, ids, pick(200) - 100, FRAMES),
        () => many.relabelAll(state, ids, 1 + pick(3), 1 + pick(2)),
        () => many.setUnsure(state, ids, pick(2) === 1),
        () => pick(3) === 0 && many.removeAll(state, ids.slice(0, 2)),
        () => many.duplicate(state, ids.slice(0, 2), pick(FRAMES), FRAMES, newId),
        () => many.copyToTier(state, ids.slice(0, 2), { id: 4, tier_id: 2 }, newId),
        () => many.merge(state, ids),
        () => many.nudgeAll(state, ids, edge, pick(9) - 4, FRAMES),
      ];
      const operation = choices[pick(choices.length)]();
      if (!operation) continue;
      state = after(state, operation);
      for (const { start_frame, end_frame } of state.segments.values()) {
        assert.ok(start_frame >= 0 && start_frame < end_frame && end_frame <= FRAMES);
      }
    }
  }
});
