// Several labels chosen at once, one of them active.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as selection from "../../../review_app/timeline/static/labels/selection.js";

const list = ({ ids, active }) => [[...ids], active];
const items = [
  { id: "a", tierId: 1, start_frame: 10, end_frame: 20 },
  { id: "b", tierId: 2, start_frame: 15, end_frame: 30 },
  { id: "c", tierId: 1, start_frame: 40, end_frame: 50 },
  { id: 7, tierId: null, start_frame: 12, end_frame: 18 },
];

test("one, none, one more and one less", () => {
  assert.deepEqual(list(selection.only("a")), [["a"], "a"]);
  assert.deepEqual(list(selection.only(null)), [[], null]);
  const two = selection.toggle(selection.only("a"), "b");
  assert.deepEqual(list(two), [["a", "b"], "b"]);
  assert.deepEqual(list(selection.toggle(two, "b")), [["a"], "a"]);
  assert.deepEqual(list(selection.toggle(selection.only("a"), "a")), [[], null]);
});

test("shift takes everything between, in the order shown", () => {
  const order = ["a", 7, "b", "c"];
  assert.deepEqual(list(selection.extend(selection.only("b"), "a", order)), [["b", "a", 7], "a"]);
  assert.deepEqual(list(selection.extend(selection.NOTHING, "b", order)), [["b"], "b"]);
  assert.deepEqual(list(selection.extend(selection.only("a"), "gone", order)), [["a"], "a"]);
});

test("a box takes what it touches in its rows", () => {
  assert.deepEqual(selection.inBox(items, [19, 41], new Set([1])), ["a", "c"]);
  assert.deepEqual(selection.inBox(items, [20, 40], new Set([1])), []);
  assert.deepEqual(selection.inBox(items, [0, 99], new Set([2, null])), ["b", 7]);
});

test("what is gone is no longer chosen", () => {
  const three = selection.all(["a", "b", "c"]);
  assert.equal(
    selection.kept(three, () => true),
    three,
  );
  assert.deepEqual(list(selection.kept(three, (id) => id !== "c")), [["a", "b"], "b"]);
  assert.deepEqual(list(selection.kept(three, (id) => id !== "a")), [["b", "c"], "c"]);
});
