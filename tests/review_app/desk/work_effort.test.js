// What labelling costs, counted as a person would.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ActiveTime,
  IDLE_MS,
  Made,
  Sitting,
  effortWords,
} from "../../../review_app/timeline/static/work/effort.js";

test("time counts from each input on for as long as somebody may think", () => {
  const time = new ActiveTime();
  assert.equal(time.secondsAt(5000), 0);
  time.input(10_000);
  time.input(14_000);
  assert.equal(time.secondsAt(16_000), 6);
  assert.equal(time.secondsAt(16_000), 6); // asking changes nothing
  assert.equal(time.secondsAt(14_000 + IDLE_MS), 19);
  assert.equal(time.secondsAt(1e9), 19); // gone for lunch, or the laptop asleep
  time.input(1e9);
  assert.equal(time.secondsAt(1e9 + 2000), 21);
});

test("a hidden page is not worked on", () => {
  const time = new ActiveTime();
  time.input(0);
  time.show(false, 3000);
  assert.equal(time.secondsAt(9000), 3);
  time.show(true, 10_000);
  assert.equal(time.secondsAt(12_000), 3);
  time.input(12_000);
  assert.equal(time.secondsAt(13_000), 4);
});

const put = (id, edit, more = {}) => ({
  id: edit,
  changes: [{ op: "put", segment: { id, ...more } }],
});
const remove = (id, edit) => ({ id: edit, changes: [{ op: "remove", segment_id: id }] });

test("labels made in this sitting: added, not changed, not removed again", () => {
  const made = new Made({ before: ["old"], edits: [put("found", "e0")] });
  const edits = [put("found", "e0"), put("a", "e1"), put("old", "e2"), put("b", "e3")];
  made.take(edits);
  made.take([...edits, put("a", "e4"), remove("b", "e5")]);
  assert.equal(made.count, 1);
  made.take([put("b", "e6")]); // the removal undone
  assert.equal(made.count, 2);
  made.take([remove("old", "e7")]);
  made.take([put("old", "e8")]);
  assert.equal(made.count, 2);
});

test("totals as the server keeps them", () => {
  const made = new Made({ before: [], edits: [] });
  const beganAt = new Date("2026-02-03T04:05:06Z");
  const sitting = new Sitting({ id: "s", layerId: 3, mode: "shown", beganAt, made });
  sitting.did("accept", 0);
  sitting.did("accept", 2000);
  sitting.did("nextItem", 2500);
  made.take([put("a", "e1")]);
  assert.equal(sitting.done, 3);
  assert.deepEqual(sitting.totals(3000), {
    annotation_id: 3,
    proposals: "shown",
    began_at: "2026-02-03T04:05:06.000Z",
    active_s: 3,
    actions: { accept: 2, nextItem: 1 },
    segments: 1,
  });
});

test("in words", () => {
  assert.deepEqual(effortWords({ seconds: 65.9, actions: 1, segments: 0 }), {
    short: "1:05 min",
    long: "1:05 min of work, 1 action, no new label.",
  });
  assert.deepEqual(effortWords({ seconds: 65, actions: 14, segments: 3 }), {
    short: "22 s, 4.7 actions each",
    long: "1:05 min of work, 14 actions, 3 new labels.",
  });
  assert.deepEqual(effortWords({ seconds: 5, actions: 2, segments: 1 }), {
    short: "5.0 s, 2.0 actions each",
    long: "0:05 min of work, 2 actions, 1 new label.",
  });
});
