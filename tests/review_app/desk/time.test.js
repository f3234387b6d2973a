// Frames, seconds, zooming, snapping, rows: the arithmetic of the desk.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as clock from "../../../review_app/timeline/static/time/clock.js";
import { Confidence } from "../../../review_app/timeline/static/labels/confidence.js";
import * as rows from "../../../review_app/timeline/static/timeline/rows.js";
import { whiskers } from "../../../review_app/timeline/static/timeline/edges.js";
import { SAME_MOMENT, offered } from "../../../review_app/timeline/static/labels/offered.js";
import { Scene } from "../../../review_app/timeline/static/timeline/scene.js";
import { snap, snapBody } from "../../../review_app/timeline/static/timeline/snapping.js";
import * as spans from "../../../review_app/timeline/static/time/spans.js";
import { bestTitle, shortenings } from "../../../review_app/timeline/static/titles.js";
import * as view from "../../../review_app/timeline/static/time/view.js";

const times = Float64Array.from([0, 0.04, 0.1, 0.11, 0.5, 1]);

test("every frame is found at its start, its middle and just before its end", () => {
  for (let frame = 0; frame < clock.frameCount(times); frame += 1) {
    assert.equal(clock.frameAt(times, times[frame]), frame);
    assert.equal(clock.frameAt(times, clock.midpoint(times, frame)), frame);
    assert.equal(clock.frameAt(times, times[frame + 1] - 1e-9), frame);
  }
  assert.deepEqual(
    [-1, 99].map((seconds) => clock.frameAt(times, seconds)),
    [0, 4],
  );
  assert.deepEqual(
    [0, 0.06, 0.08, 0.3, 0.9, 9].map((s) => clock.nearestEdge(times, s)),
    [0, 1, 2, 3, 5, 5],
  );
});

test("a typed moment is a frame or a time", () => {
  const read = (text) => clock.parseMoment(text, times);
  assert.deepEqual(
    [read("3"), read(" 99 "), read("0.05"), read("0.2s"), read("0:00.45")],
    [3, 4, 1, 3, 3],
  );
  assert.deepEqual([read("abc"), read(""), read("1:"), read("-4")], [null, null, null, null]);
  assert.equal(clock.formatTime(83.25), "1:23.250");
  assert.equal(clock.formatTime(59.9996), "1:00.000");
  assert.equal(clock.formatTime(3600, 0), "1:00:00");
});

test("zooming keeps the moment under the cursor where it is", () => {
  const before = { start: 100, span: 50 };
  for (const factor of [0.3, 0.9, 1.2]) {
    const after = view.zoomAt(before, factor, 130, 1000);
    assert.ok(Math.abs(view.xOf(after, 800, 130) - view.xOf(before, 800, 130)) < 1e-6);
  }
  assert.deepEqual(view.zoomAt(before, 1000, 130, 1000), { start: 0, span: 1000 });
  assert.equal(view.panBy(before, -500, 1000).start, 0);
  assert.equal(view.panBy(before, 5000, 1000).start, 950);
});

test("revealing moves no more than it must", () => {
  const before = { start: 100, span: 50 };
  assert.equal(view.reveal(before, 120, 125, 1000), before);
  const after = view.reveal(before, 200, 203, 1000);
  assert.ok(after.span === 50 && after.start < 200 && after.start + after.span > 203);
  assert.ok(view.reveal(before, 300, 400, 1000).span > 100);
  assert.equal(view.reveal({ start: 0, span: 1000 }, 300, 303, 1000).span, 24);
});

test("the ruler's labels keep their distance and name distinct times", () => {
  for (const span of [0.3, 2, 47, 600, 7200]) {
    const marks = view.rulerMarks({ start: span / 3, span }, 900);
    const names = marks.major.map((at) => clock.formatTime(at, marks.decimals));
    assert.equal(new Set(names).size, names.length);
    assert.ok((marks.step / span) * 900 >= 83 && marks.major.length >= 1);
  }
});

test("an edge sticks to the closest target in reach, a body with either edge", () => {
  assert.equal(snap(5.02, [4.9, 5, 5.1], 0.1), 5);
  assert.equal(snap(5.5, [4.9, 5, 5.1], 0.1), null);
  assert.deepEqual(snapBody(1.5, 2.75, [2.5, 9], 0.5), { shift: -0.25, at: 2.5 });
  assert.equal(snapBody(1, 2, [5], 0.1), null);
});

test("spans stay sorted, apart and inside", () => {
  assert.deepEqual(
    spans.addSpan(
      [
        [0, 5],
        [10, 15],
      ],
      [5, 10],
    ),
    [[0, 15]],
  );
  assert.deepEqual(spans.addSpan([[10, 15]], [0, 5]), [
    [0, 5],
    [10, 15],
  ]);
  assert.deepEqual(spans.removeSpan([[0, 15]], [5, 10]), [
    [0, 5],
    [10, 15],
  ]);
  assert.deepEqual(spans.removeSpan([[0, 15]], [0, 15]), []);
  assert.deepEqual(
    spans.gaps(
      [
        [0, 5],
        [10, 15],
      ],
      20,
    ),
    [
      [5, 10],
      [15, 20],
    ],
  );
  assert.ok(spans.covers([[0, 15]], [3, 15]) && !spans.covers([[0, 15]], [3, 16]));
  assert.equal(spans.tiou([0, 10], [5, 15]), 5 / 15);
});

const item = (id, start_frame, end_frame) => ({
  kind: "segment",
  id,
  start_frame,
  end_frame,
  tierId: 1,
  classId: 1,
});

test("what touches shares a lane, what overlaps gets its own", () => {
  const index = rows.indexItems([
    item("c", 40, 60),
    item("a", 0, 20),
    item("b", 18, 38),
    item("d", 45, 55),
  ]);
  const found = Object.fromEntries(index.items.map(({ id, lane, lanes }) => [id, [lane, lanes]]));
  assert.deepEqual(found, { a: [0, 1], b: [0, 1], c: [0, 2], d: [1, 2] });
});

test("the items in view are those that touch it", () => {
  const many = Array.from({ length: 500 }, (_, n) =>
    item(n, n * 10, n * 10 + (n % 50 === 0 ? 900 : 8)),
  );
  const index = rows.indexItems(many);
  for (const [from, to] of [
    [0, 5],
    [995, 1003],
    [4990, 6000],
    [8, 10],
  ]) {
    const wanted = many.filter((one) => one.end_frame > from && one.start_frame < to);
    const found = rows.itemsBetween(index, from, to);
    assert.deepEqual(found.map(({ id }) => id).sort(), wanted.map(({ id }) => id).sort());
  }
});

test("edges are hit before bodies, and those of the selected item first", () => {
  const row = { kind: "tier", top: 0, height: 30, title: "", tierId: 1 };
  const lone = (one) => ({ ...one, lane: 0, lanes: 1 });
  const drawn = [
    { item: lone(item("a", 0, 10)), left: 0, right: 100 },
    { item: lone(item("b", 10, 20)), left: 100, right: 200 },
  ];
  assert.deepEqual(rows.hitTest(row, drawn, 50, 10, null).item.id, "a");
  assert.equal(rows.hitTest(row, drawn, 50, 10, null).edge, null);
  assert.deepEqual(
    [rows.hitTest(row, drawn, 101, 10, "a")].map(({ item, edge }) => [item.id, edge]),
    [["a", "end"]],
  );
  assert.deepEqual(
    [rows.hitTest(row, drawn, 99, 10, "b")].map(({ item, edge }) => [item.id, edge]),
    [["b", "start"]],
  );
  assert.equal(rows.hitTest(row, drawn, 260, 10, null).item, null);
});

test("the strongest class of any stretch is that of its strongest moment", () => {
  const times = Array.from({ length: 300 }, (_, n) => n * 0.2);
  const scores = times.map((_, n) => [((n * 37) % 101) / 101, ((n * 53) % 97) / 97]);
  const strip = new Confidence({ times, classes: ["a", "b"], scores });
  for (const [first, last] of [
    [0, 0],
    [3, 17],
    [0, 299],
    [128, 255],
    [290, 299],
  ]) {
    const best = strip.strongest(times[first], times[last] + 0.2);
    const wanted = Math.max(...scores.slice(first, last + 1).flat());
    assert.ok(Math.abs(best.score - wanted) < 1e-6);
    assert.equal(
      best.className,
      scores.slice(first, last + 1).some(([a]) => a === wanted) ? "a" : "b",
    );
  }
  assert.equal(strip.strongest(100, 110), null);
});

test("titles lose what they share, not what tells them apart", () => {
  const all = [
    "Deep squat",
    "Standing shoulder abduction",
    "Standing shoulder scaption",
    "Standing leg raise",
  ];
  const short = shortenings(all[1], all);
  assert.deepEqual(short, ["Standing shoulder abduction", "Shoulder abduction", "Abduction"]);
  assert.equal(
    bestTitle(short, (title) => title.length < 20),
    "Shoulder abduction",
  );
  assert.equal(
    bestTitle(short, () => false),
    "Abduction",
  );
  assert.deepEqual(shortenings("Deep squat", all), ["Deep squat"]);
});

const proposal = (id, start_frame, end_frame, score) => ({ id, start_frame, end_frame, score });

test("the best reading of a moment is offered, the next when it is doubted", () => {
  const all = [
    proposal(1, 0, 100, 0.9),
    proposal(2, 10, 110, 0.6),
    proposal(3, 20, 100, 0.5),
    proposal(4, 70, 200, 0.4),
    proposal(5, 500, 600, 0.1),
  ];
  const ids = (least, ...doubted) => offered(all, least, new Set(doubted)).map(({ id }) => id);
  assert.deepEqual(ids(0.2), [1, 4]);
  assert.deepEqual(ids(0), [1, 4, 5]);
  assert.deepEqual(ids(0.2, 1), [1, 2, 4]);
  assert.deepEqual(ids(0.2, 1, 2), [1, 2, 3, 4]);
});

test("what is offered does not depend on how many proposals there are elsewhere", () => {
  const all = Array.from({ length: 300 }, (_, n) =>
    proposal(n, (n * 37) % 900, ((n * 37) % 900) + 20 + (n % 50), ((n * 61) % 97) / 97),
  );
  const slow = [];
  for (const one of [...all].sort((a, b) => b.score - a.score || a.id - b.id)) {
    const span = [one.start_frame, one.end_frame];
    if (!slow.some((kept) => spans.tiou([kept.start_frame, kept.end_frame], span) >= SAME_MOMENT))
      slow.push(one);
  }
  assert.deepEqual(offered(all, 0, new Set()), slow);
});

test("edges that may be off by more than a pixel have whiskers of a spread to either side", () => {
  const shown = { start: 10, span: 20 };
  assert.deepEqual(whiskers([15, 20], [0.5, 1], shown, 1000), [
    { left: 225, right: 275 },
    { left: 450, right: 550 },
  ]);
  assert.deepEqual(whiskers([15, 20], [0.02, 0.25], shown, 1000), [{ left: 487.5, right: 512.5 }]);
  const near = { start: 14.9, span: 0.2 };
  assert.equal(whiskers([15, 20], [0.02, 0.1], near, 1000).length, 2);
});

test("a proposal below the usual score is unsure; a label never is", () => {
  const state = { finished: [], segments: new Map([["s", label("s")]]) };
  const proposals = [0.49, 0.5].map((score, n) => ({
    ...{ id: n, class_name: "a", class_id: 1, start_frame: 10 * n, end_frame: 10 * n + 5 },
    ...{ score, start_spread_s: 0.1, end_spread_s: 0.2 },
  }));
  const tiers = [{ id: 1, name: "exercise" }];
  const scene = new Scene({ classes: new Map(), tiers, state, proposals, sureScore: 0.5 });
  const looks = scene.items.map((item) => scene.look(item));
  assert.deepEqual(
    looks.map(({ state, unsure, spreads }) => [state, unsure, spreads]),
    [
      ["open", true, [0.1, 0.2]],
      ["open", false, [0.1, 0.2]],
      ["label", false, null],
    ],
  );
});

/** @param {string} id */
const label = (id) => ({
  ...{ id, class_id: 1, tier_id: 1, start_frame: 90, end_frame: 99, proposal_id: null },
  last_edit: "",
});
