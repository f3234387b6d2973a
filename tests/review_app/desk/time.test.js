// Frames, seconds, zooming, snapping, rows: the arithmetic of the desk.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as clock from "../../../review_app/timeline/static/time/clock.js";
import { Confidence } from "../../../review_app/timeline/static/labels/confidence.js";
import { SAME_MOMENT, offered } from "../../../review_app/timeline/static/labels/offered.js";
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
