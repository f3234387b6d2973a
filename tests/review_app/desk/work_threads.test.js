// Comments are conversations.
import assert from "node:assert/strict";
import { test } from "node:test";
import { aboutWhat, threadsOf } from "../../../review_app/timeline/static/work/threads.js";

const said = (id, reply_to, created_at, more = {}) => ({
  id,
  reply_to,
  segment_id: null,
  start_frame: 10,
  end_frame: 20,
  resolves: false,
  text: id,
  last_edit: null,
  author: "Kim",
  ...(created_at && { created_at }),
  ...more,
});
const shape = (threads) =>
  threads.map(({ first, replies, resolved }) => [first.id, replies.map(({ id }) => id), resolved]);

test("answers follow what they answer, by age, one's own that wait last", () => {
  const all = [
    said("mine", "a", undefined, { author: null }),
    said("c", "b", "2026-01-03"),
    said("a", null, "2026-01-01"),
    said("b", "a", "2026-01-02"),
  ];
  assert.deepEqual(shape(threadsOf(all)), [["a", ["b", "c", "mine"], false]]);
});

test("the last word says whether it is settled", () => {
  const settled = said("b", "a", "2026-01-02", { resolves: true });
  const all = [said("a", null, "2026-01-01"), settled];
  assert.deepEqual(shape(threadsOf(all)), [["a", ["b"], true]]);
  assert.deepEqual(shape(threadsOf([...all, said("c", "a", "2026-01-03")])), [
    ["a", ["b", "c"], false],
  ]);
});

test("an answer to what is gone begins a thread; a circle does no harm", () => {
  assert.deepEqual(shape(threadsOf([said("b", "gone", "2026-01-02")])), [["b", [], false]]);
  const circle = [said("a", "b", "2026-01-01"), said("b", "a", "2026-01-02")];
  assert.equal(threadsOf(circle).length, 2);
});

test("threads are in order of the recording", () => {
  const all = [said("late", null, "2026-01-01", { start_frame: 90 }), said("early", null, "2026-01-02")];
  assert.deepEqual(
    threadsOf(all).map(({ first }) => first.id),
    ["early", "late"],
  );
});

test("a comment is about a label, a range or the frame shown", () => {
  const segment = { id: "s", start_frame: 5, end_frame: 9 };
  const range = [30, 40];
  assert.deepEqual(aboutWhat({ segment, range, frame: 1 }), {
    segment_id: "s",
    start_frame: 5,
    end_frame: 9,
  });
  assert.deepEqual(aboutWhat({ segment: null, range, frame: 1 }), {
    segment_id: null,
    start_frame: 30,
    end_frame: 40,
  });
  assert.deepEqual(aboutWhat({ segment: null, range: null, frame: 1 }), {
    segment_id: null,
    start_frame: 1,
    end_frame: 2,
  });
});
