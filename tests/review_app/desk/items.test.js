// Segments and proposals in order: lanes, what is in view, what is hit, how far a drag may go.
import assert from "node:assert/strict";
import { test } from "node:test";
import { shared } from "../../../review_app/timeline/static/timeline/drag_edge.js";
import { hitTest } from "../../../review_app/timeline/static/timeline/hits.js";
import { pace } from "../../../review_app/timeline/static/timeline/drag_along.js";
import {
  eachBetween,
  indexItems,
  itemsBetween,
} from "../../../review_app/timeline/static/timeline/items.js";
import { LayerIndex } from "../../../review_app/timeline/static/timeline/layer_index.js";
import * as rooms from "../../../review_app/timeline/static/timeline/rooms.js";

const item = (id, start_frame, end_frame, tierId = 1) => ({
  ...{ kind: "segment", id, start_frame, end_frame, tierId, classId: 1, lane: 0, lanes: 1 },
});

test("what touches shares a lane, what overlaps gets its own", () => {
  const index = indexItems([
    item("c", 40, 60),
    item("a", 0, 20),
    item("b", 18, 38),
    item("d", 45, 55),
  ]);
  const found = Object.fromEntries(index.items.map(({ id, lane, lanes }) => [id, [lane, lanes]]));
  assert.deepEqual(found, { a: [0, 1], b: [0, 1], c: [0, 2], d: [1, 2] });
  assert.equal(index.lanes, 2);
});

const many = Array.from({ length: 500 }, (_, n) =>
  item(n, n * 10, n * 10 + (n % 50 === 0 ? 900 : 8)),
);

test("the items in view are those that touch it", () => {
  const index = indexItems(many);
  for (const [from, to] of [
    [0, 5],
    [995, 1003],
    [4990, 6000],
    [8, 10],
    [5899, 5900],
    [9000, 9001],
  ]) {
    const wanted = many.filter((one) => one.end_frame > from && one.start_frame < to);
    const found = itemsBetween(index, from, to);
    assert.deepEqual(found.map(({ id }) => id).sort(), wanted.map(({ id }) => id).sort());
  }
  assert.deepEqual(itemsBetween(indexItems([]), 0, 10), []);
});

test("what lies outside the view is not looked at, however long the first item is", () => {
  const looks = (count) => {
    const short = Array.from({ length: count }, (_, n) => item(n, 10 * n + 1, 10 * n + 8));
    const index = indexItems([item("long", 0, 10 * count + 9), ...short]);
    let looked = 0;
    const counted = new Proxy(index.items, {
      get: (items, name) => {
        if (/^\d+$/.test(String(name))) looked += 1;
        return items[name];
      },
    });
    let found = 0;
    const from = 10 * (count - 5);
    eachBetween({ ...index, items: counted }, from, from + 20, () => (found += 1));
    assert.equal(found, 3);
    return looked;
  };
  assert.ok(looks(8000) < looks(80) + 40, `${looks(80)} and ${looks(8000)}`);
});

test("edges are hit before bodies, and those of the selected item first", () => {
  const row = { kind: "tier", top: 0, height: 30, title: "", tierId: 1 };
  const drawn = [
    { item: item("a", 0, 10), left: 0, right: 100 },
    { item: item("b", 10, 20), left: 100, right: 200 },
  ];
  const hit = (x, selected) => {
    const { item: found, edge } = hitTest(row, row, drawn, x, 10, selected);
    return [found?.id ?? null, edge];
  };
  assert.deepEqual(hit(50, null), ["a", null]);
  assert.deepEqual(hit(101, "a"), ["a", "end"]);
  assert.deepEqual(hit(99, "b"), ["b", "start"]);
  assert.deepEqual(hit(260, null), [null, null]);
});

const segment = (id, start_frame, end_frame, tier_id = 1) => ({
  ...{ id, tier_id, class_id: 1, start_frame, end_frame, proposal_id: null, last_edit: null },
});
const ids = (index) => index.items.map(({ id }) => id);

test("an edit sorts its own tier again and no other", () => {
  const layer = new LayerIndex(7);
  const a = segment("a", 10, 20);
  const b = segment("b", 30, 40);
  const c = segment("c", 5, 9, 2);
  assert.equal(layer.take(new Map([a, b, c].map((one) => [one.id, one]))).length, 3);
  const other = layer.tier(2);
  const moved = segment("a", 50, 60);
  const now = new Map([moved, b, c].map((one) => [one.id, one]));
  assert.deepEqual(layer.take(now), [moved, a]);
  assert.deepEqual(ids(layer.tier(1)), ["b", "a"]);
  assert.equal(layer.tier(2), other);
  assert.deepEqual(layer.take(now), []);

  const elsewhere = segment("b", 1, 4, 2);
  layer.take(new Map([moved, elsewhere].map((one) => [one.id, one])));
  assert.deepEqual([ids(layer.tier(1)), ids(layer.tier(2))], [["a"], ["b"]]);
  assert.equal(layer.find("c"), undefined);
  assert.equal(layer.find("b").tierId, 2);
  assert.deepEqual(layer.take(new Map([["a", moved]])), [elsewhere]);
  assert.deepEqual(ids(layer.tier(2)), []);
});

test("a drag stops at neighbours where nothing overlaps, else at the recording's ends", () => {
  const [a, b, c] = [item("a", 10, 20), item("b", 30, 40), item("c", 40, 60)];
  const index = indexItems([a, b, c]);
  assert.deepEqual(rooms.edgeRoom(index, b, "end", 100, true), [31, 40]);
  assert.deepEqual(rooms.edgeRoom(index, b, "start", 100, true), [20, 39]);
  assert.deepEqual(rooms.edgeRoom(index, b, "start", 100, false), [0, 39]);
  assert.deepEqual(rooms.edgeRoom(index, c, "end", 100, true), [41, 100]);
  assert.equal(rooms.neighbourAt(index, b, "end").id, "c");
  assert.equal(rooms.neighbourAt(index, c, "start").id, "b");
  assert.equal(rooms.neighbourAt(index, a, "end"), null);
  assert.deepEqual(rooms.sharedRoom(b, c), [31, 59]);
  const shift = (group, strict) => rooms.shiftRoom([{ index, strict }], group, 100);
  assert.deepEqual(shift([b], true), [-10, 0]);
  assert.deepEqual(shift([b, c], true), [-10, 40]);
  assert.deepEqual(shift([a, c], true), [0, 10]);
  assert.deepEqual(shift([a, b, c], false), [-10, 40]);
  assert.deepEqual(rooms.gapAround(index, 25, 100, true), [20, 30]);
  assert.deepEqual(rooms.gapAround(index, 70, 100, true), [60, 100]);
});

test("an edge that two labels share moves both; parted, the one that gives way", () => {
  const [a, b] = [item("a", 10, 20), item("b", 20, 30)];
  const moved = (edge, frame, parted) => {
    const [own, other] = edge === "end" ? [a, b] : [b, a];
    const drafts = shared(own, other, edge, frame, parted);
    return drafts.map(({ id, start_frame, end_frame }) => [id, start_frame, end_frame]);
  };
  assert.deepEqual(moved("end", 24, false), [
    ["a", 10, 24],
    ["b", 24, 30],
  ]);
  assert.deepEqual(moved("start", 14, false), [
    ["b", 14, 30],
    ["a", 10, 14],
  ]);
  for (const edge of ["start", "end"]) {
    assert.deepEqual(moved(edge, 24, true), [["b", 24, 30]]);
    assert.deepEqual(moved(edge, 14, true), [["a", 10, 14]]);
  }
});

test("a drag beyond an end of the view takes the view along, the further the faster", () => {
  assert.deepEqual(
    [0, 300, 600].map((x) => pace(x, 600)),
    [0, 0, 0],
  );
  assert.deepEqual(
    [-8, 640, 5000].map((x) => pace(x, 600)),
    [-2, 10, 20],
  );
});
