// Which rows there are, what is where, and what strips and curves are drawn from.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Curve } from "../../../review_app/timeline/static/timeline/curve.js";
import { edgesOf } from "../../../review_app/timeline/static/timeline/draw_strips.js";
import { whiskers } from "../../../review_app/timeline/static/timeline/edges.js";
import * as marks from "../../../review_app/timeline/static/timeline/marks.js";
import * as rows from "../../../review_app/timeline/static/timeline/rows.js";
import { snap, snapBody } from "../../../review_app/timeline/static/timeline/snapping.js";
import { targetsNear } from "../../../review_app/timeline/static/timeline/sticky.js";
import { indexItems } from "../../../review_app/timeline/static/timeline/items.js";

const tier = (id, title, lanes = 1, count = 1) => ({ id, title, lanes, count });
const has = (more = {}) => ({
  thumbnails: true,
  confidence: true,
  models: [{ id: 4, name: "model 1", lanes: 1 }],
  layers: [
    { id: 1, title: "Robin", edited: true, tiers: [tier(1, "Repetitions"), tier(2, "Phases")] },
    { id: 2, title: "Kim", edited: false, tiers: [tier(1, "Repetitions", 2)] },
  ],
  curves: [{ name: "knee", title: "Knee" }],
  ...more,
});

test("another's layer is one row until it is unfolded; what is hidden keeps its name", () => {
  const keys = (layout) =>
    rows.layRows(has(), { ...rows.USUAL_LAYOUT, ...layout }).map(({ key }) => key);
  const start = ["thumbnails", "confidence", "spread", "model 4", "tier 1", "tier 2", "layer 2"];
  assert.deepEqual(keys({}), [...start, "curve knee"]);
  assert.deepEqual(keys({ open: ["layer 2"] }), [...start, "layer 2 1", "curve knee"]);
  const hidden = rows.layRows(has(), { ...rows.USUAL_LAYOUT, hidden: ["tier 1"] });
  const [, , , proposals, first] = hidden;
  assert.equal(first.hidden, true);
  assert.ok(first.height < rows.layRows(has(), rows.USUAL_LAYOUT)[4].height);
  assert.equal(proposals.title, "Proposals");
  assert.equal(rows.heightOf([]), 0);
});

test("rows lie under each other and are found by their height", () => {
  const laid = rows.layRows(has(), rows.USUAL_LAYOUT);
  laid.slice(1).forEach((row, n) => {
    assert.equal(row.top, laid[n].top + laid[n].height + rows.ROW_GAP);
    assert.equal(rows.rowAt(laid, row.top + 1), row);
  });
  assert.equal(rows.rowAt(laid, rows.heightOf(laid) + 50), null);
  const [, , , , first, second] = laid;
  const between = rows.rowsBetween(laid, second.top + 2, first.top + first.height - 2);
  assert.deepEqual(between, [first, second]);
});

test("two models have a row each, by their names", () => {
  const models = [1, 2].map((id) => ({ id, name: `model ${id}`, lanes: 1 }));
  const laid = rows.layRows(has({ models }), rows.USUAL_LAYOUT);
  const titles = laid.filter(({ kind }) => kind === "proposals").map(({ title }) => title);
  assert.deepEqual(titles, ["model 1", "model 2"]);
});

test("an edge sticks to the closest target in reach, a body with either edge", () => {
  assert.equal(snap(5.02, [4.9, 5, 5.1], 0.1), 5);
  assert.equal(snap(5.5, [4.9, 5, 5.1], 0.1), null);
  assert.deepEqual(snapBody(1.5, 2.75, [2.5, 9], 0.5), { shift: -0.25, at: 2.5 });
  assert.equal(snapBody(1, 2, [5], 0.1), null);
});

test("edges, the playhead, the recording's ends and rests of the movement are stuck to", () => {
  const times = Float64Array.from({ length: 1001 }, (_, n) => n / 10);
  const item = (id, start_frame, end_frame) => ({
    ...{ kind: "segment", id, start_frame, end_frame, tierId: 1, classId: 1, lane: 0, lanes: 1 },
  });
  const own = item("a", 500, 600);
  const index = indexItems([own, item("b", 300, 499), item("c", 100, 200)]);
  const scene = { indexes: () => [index] };
  const targets = targetsNear({ times, scene, playhead: 70, rests: [49.5, 50.05, 80] }, [own]);
  const near = targets(50, 0.2).filter((at) => Math.abs(at - 50) <= 0.2);
  assert.deepEqual(near, [49.9, 50.05]);
  assert.ok(targets(50, 0.2).includes(70) && targets(50, 0.2).includes(0));
  assert.ok(!targets(50, 0.2).includes(50));
});

test("edges that may be off by more than a pixel have whiskers of a spread to either side", () => {
  const shown = { start: 10, span: 20 };
  assert.deepEqual(whiskers([15, 20], [0.5, 1], shown, 1000), [
    { left: 225, right: 275 },
    { left: 450, right: 550 },
  ]);
  assert.deepEqual(whiskers([15, 20], [0.02, 0.25], shown, 1000), [{ left: 487.5, right: 512.5 }]);
  assert.equal(whiskers([15, 20], [0.02, 0.1], { start: 14.9, span: 0.2 }, 1000).length, 2);
});

test("spans become at most as many strokes as there are pixels", () => {
  const spans = Array.from({ length: 10_000 }, (_, n) => [n, n + 0.5]);
  const x = (at) => (at - 4000) / 10;
  const strokes = marks.pixelsOf(spans, 4000, 5000, x);
  assert.deepEqual(strokes, [[0, 99.95]]);
  const apart = marks.pixelsOf(
    [
      [0, 10],
      [50, 51],
      [90, 200],
    ],
    5,
    100,
    (at) => at,
  );
  assert.deepEqual(apart, [
    [5, 10],
    [50, 51],
    [90, 100],
  ]);
  assert.equal(marks.firstEndingAfter(spans, 77.2), 77);
  assert.deepEqual(marks.momentsBetween([1, 2, 3, 5, 8], 2, 5), [2, 3, 5]);
});

test("a curve's lowest and highest values of any stretch are those of its ticks", () => {
  const values = Float32Array.from({ length: 333 }, (_, n) =>
    n % 37 === 5 ? NaN : (n * 53) % 101,
  );
  const curve = new Curve({ about: { name: "k", title: "Knee", unit: "°" }, values, hertz: 15 });
  for (const [first, last] of [
    [0, 333],
    [4, 5],
    [5, 6],
    [17, 200],
    [-3, 9],
    [320, 900],
  ]) {
    const known = [...values.slice(Math.max(0, first), last)].filter(
      (value) => !Number.isNaN(value),
    );
    const { low, high } = curve.between(first, last);
    assert.deepEqual([low, high], [Math.min(...known), Math.max(...known)]);
  }
  assert.deepEqual(curve.range, [0, 100]);
  assert.equal(curve.words(2 / 15), "5°");
  assert.equal(curve.words(5 / 15), "unknown");
  assert.equal(curve.at(1000), null);
  const none = new Curve({ about: curve.about, values: Float32Array.of(NaN), hertz: 15 });
  assert.ok(none.range[0] < none.range[1]);
});

test("edges of proposals are in order of time, each with how far it may be off", () => {
  const times = Float64Array.from({ length: 101 }, (_, n) => n / 10);
  const spreads = { start_spread_s: 0.1, end_spread_s: 0.2 };
  const edges = edgesOf(
    [
      { start_frame: 50, end_frame: 60, ...spreads },
      { start_frame: 10, end_frame: 55, ...spreads },
    ],
    times,
  );
  assert.deepEqual([...edges.at], [1, 5, 5.5, 6]);
  assert.deepEqual([...edges.spread], [0.1, 0.1, 0.2, 0.2]);
});
