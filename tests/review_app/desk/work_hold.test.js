// A held class key marks what a person saw, however the picture moves meanwhile.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Hold, TAP_MS, momentAt } from "../../../review_app/timeline/static/work/hold.js";

const TIMES = Float64Array.from({ length: 501 }, (_, n) => n / 25);
const UNEVEN = Float64Array.from([0, 0.04, 0.05, 0.3, 0.34, 0.4, 1, 1.04]);

/** At frame `frame`, `late` ms after it came. */
const moment = (frame, rate = 1, at = 0, late = 0) =>
  momentAt(TIMES, { frame, at: at - late }, rate, at);
const hold = (began, reactionS = 0) => new Hold({ classId: 1, began, reactionS });

test("a moment lies between frames while the picture moves, and on one at rest", () => {
  assert.equal(moment(100, 1, 0, 30).seconds, 4.03);
  assert.equal(moment(100, 2, 0, 30).seconds, 4.06);
  assert.equal(moment(100, -1, 0, 30).seconds, 3.97);
  assert.equal(moment(100, 0, 0, 30_000).seconds, 4);
  assert.equal(moment(499, 1, 0, 90_000).seconds, 20); // not beyond the end
  assert.equal(moment(100, 1, 0, -20).seconds, 3.98); // pressed before the frame was told of
});

test("both ends are corrected by the reaction time and the speed", () => {
  const span = (rate) => hold(moment(100, rate), 0.24).span(TIMES, moment(200, rate), false);
  assert.deepEqual(span(1), [94, 194]);
  assert.deepEqual(span(2), [88, 188]);
  assert.deepEqual(span(0.25), [99, 199]); // 0.06 s are 1.5 frames
});

test("backwards it begins at its end, and people are late there too", () => {
  const one = hold(moment(200, -1), 0.24);
  assert.deepEqual(one.span(TIMES, moment(100, -1), false), [106, 206]);
});

test("when the speed changes meanwhile each end has its own", () => {
  const one = hold(moment(100, 1), 0.2);
  assert.deepEqual(one.span(TIMES, moment(200, 2), false), [95, 190]);
});

test("the draft follows the picture; only its start is corrected", () => {
  assert.deepEqual(hold(moment(100), 0.2).span(TIMES, moment(120), true), [95, 120]);
});

test("paused while held: the frame shown is the last, wherever it was stepped to", () => {
  const one = hold(moment(100), 0.2);
  one.advance(moment(150, 1, 2000));
  one.advance(moment(150, 0, 2100));
  assert.deepEqual(one.span(TIMES, moment(150, 0), false), [95, 151]);
  one.advance(moment(148, 0, 3000));
  assert.deepEqual(one.span(TIMES, moment(148, 0), false), [95, 149]);
  assert.deepEqual(one.span(TIMES, moment(20, 0), false), [20, 95]); // stepped to before it
});

test("nothing lies outside the recording", () => {
  assert.deepEqual(hold(moment(2), 0.5).span(TIMES, moment(30), true), [0, 30]);
  assert.deepEqual(hold(moment(400)).span(TIMES, moment(499, 0), false), [400, 500]);
  assert.deepEqual(hold(moment(498, -1), 0.5).span(TIMES, moment(400, -1), true), [400, 500]);
});

test("without a frame between there is nothing", () => {
  assert.equal(hold(moment(100)).span(TIMES, moment(100), false), null);
});

test("frames of different length: the nearest edge", () => {
  const at = (seconds) => ({ at: 0, frame: 0, seconds, rate: 1 });
  assert.deepEqual(hold(at(0.2)).span(UNEVEN, at(0.6), false), [3, 5]);
});

test("a loop that begins anew ends what is marked where it jumped from", () => {
  const one = hold(moment(140, 1, 0));
  one.advance(moment(148, 1, 320));
  one.advance(moment(149, 1, 360));
  one.advance(moment(100, 1, 400));
  one.advance(moment(120, 1, 1200));
  assert.deepEqual(one.span(TIMES, moment(120), false), [140, 150]);
});

test("a click elsewhere while it plays is a jump too, a slow machine is not", () => {
  const clicked = hold(moment(100, 1, 0));
  clicked.advance(moment(105, 1, 200));
  clicked.advance(moment(300, 1, 240));
  assert.deepEqual(clicked.span(TIMES, moment(320), false), [100, 106]);
  const slow = hold(moment(100, 1, 0));
  slow.advance(moment(105, 1, 200));
  slow.advance(moment(180, 1, 3200)); // three seconds without a frame
  assert.deepEqual(slow.span(TIMES, moment(180), false), [100, 180]);
});

test("turning round is no jump", () => {
  const one = hold(moment(100, 1, 0));
  one.advance(moment(150, 1, 2000));
  one.advance(moment(149, -1, 2040));
  one.advance(moment(140, -1, 2400));
  assert.deepEqual(one.span(TIMES, moment(140, -1), false), [100, 140]);
});

test("a short press is a tap", () => {
  const one = hold(moment(100, 1, 1000));
  assert.ok(one.isTap(1000 + TAP_MS - 1));
  assert.ok(!one.isTap(1000 + TAP_MS));
});
