// What there is to see: looks, states of proposals, and that nothing is worked out twice.
import assert from "node:assert/strict";
import { test } from "node:test";
import { itemTip, rulerTip } from "../../../review_app/timeline/static/timeline/tips.js";
import { Scene } from "../../../review_app/timeline/static/timeline/scene.js";

const classes = new Map([
  [1, { id: 1, tier_id: 1, name: "squat", title: "Squat", colour: "#112233", key: "1" }],
]);
const tiers = [
  { id: 1, name: "repetitions" },
  { id: 2, name: "phases" },
];
const segment = (id, start_frame, end_frame, more = {}) => ({
  ...{ id, tier_id: 1, class_id: 1, start_frame, end_frame, proposal_id: null, last_edit: null },
  ...more,
});
const proposal = (id, start_frame, end_frame, score = 0.9) => ({
  ...{ id, class_name: "squat", class_id: 1, start_frame, end_frame, score },
  ...{ start_spread_s: 0.1, end_spread_s: 0.2 },
});
const layer = (id, segments, more = {}) => ({
  ...{
    id,
    kind: "own",
    author: "Robin",
    own: id === 1,
    may_edit: id === 1,
    finished: [],
    seen: [],
  },
  segments: new Map(segments.map((one) => [one.id, one])),
  ...more,
});
const offer = (proposals, modelId = 1) => ({ modelId, name: `model ${modelId}`, proposals });
const make = (layers, offers) => {
  const scene = new Scene({ classes, tiers, sureScore: 0.5 });
  scene.update({ layers, offers });
  return scene;
};
const states = (scene) =>
  scene.items.filter(({ kind }) => kind === "proposal").map((item) => scene.look(item).state);

test("a proposal below the usual score is unsure, a label when its author says so", () => {
  const labels = [segment("s", 90, 99), segment("t", 100, 110, { unsure: true })];
  const scene = make(
    [layer(1, labels)],
    [offer([proposal(1, 0, 5, 0.49), proposal(2, 10, 15, 0.5)])],
  );
  const looks = scene.items.map((item) => scene.look(item));
  assert.deepEqual(
    looks.map(({ state, unsure, spreads }) => [state, unsure, spreads]),
    [
      ["open", true, [0.1, 0.2]],
      ["open", false, [0.1, 0.2]],
      ["label", false, null],
      ["label", true, null],
    ],
  );
});

test("a proposal is accepted, passed over or open as the labels around it change", () => {
  const offers = [offer([proposal(1, 0, 10), proposal(2, 100, 110), proposal(3, 200, 210)])];
  const scene = make([layer(1, [])], offers);
  const now = (segments, more) => {
    scene.update({ layers: [layer(1, segments, more)], offers });
    return states(scene);
  };
  assert.deepEqual(states(scene), ["open", "open", "open"]);
  const first = segment("a", 0, 10, { proposal_id: 1 });
  assert.deepEqual(now([first]), ["accepted", "open", "open"]);
  const moved = segment("a", 50, 60, { proposal_id: 1 });
  assert.deepEqual(now([moved]), ["accepted", "open", "open"]);
  assert.deepEqual(now([moved, segment("b", 102, 111)]), ["accepted", "passed", "open"]);
  assert.deepEqual(now([segment("b", 300, 311)]), ["open", "open", "open"]);
  assert.deepEqual(now([], { finished: [[190, 250]] }), ["open", "open", "passed"]);
  assert.deepEqual(
    scene.open().map(({ id }) => id),
    [1, 2],
  );
  const split = [first, segment("c", 10, 20, { proposal_id: 1 })];
  assert.deepEqual(now(split), ["accepted", "open", "open"]);
  assert.deepEqual(now([split[1]]), ["accepted", "open", "open"]);
});

test("nothing new is no change", () => {
  const offers = [offer([proposal(1, 0, 10)])];
  const own = layer(1, [segment("a", 0, 10)]);
  const scene = make([own], offers);
  const { version, items } = scene;
  scene.update({ layers: [own], offers });
  assert.equal(scene.version, version);
  assert.equal(scene.items, items);
  scene.update({ layers: [{ ...own, seen: [[0, 5]] }], offers }); // it grows all day
  assert.equal(scene.version, version);
  assert.equal(scene.items, items);
  scene.update({ layers: [{ ...own, finished: [[0, 5]] }], offers });
  assert.ok(scene.version > version);
});

test("everybody's labels are found, but only those that are edited are listed", () => {
  const scene = make([layer(1, [segment("a", 0, 10)]), layer(2, [segment("b", 5, 15)])], []);
  assert.deepEqual(
    scene.items.map(({ id }) => id),
    ["a"],
  );
  assert.equal(scene.find("b").layerId, 2);
  assert.equal(scene.find("nobody"), null);
  assert.equal(scene.find(4), null);
});

test("another layer is worked on: its labels decide what is open", () => {
  const offers = [offer([proposal(1, 0, 10)])];
  const layers = [layer(1, [segment("a", 0, 10, { proposal_id: 1 })]), layer(2, [])];
  const scene = make(layers, offers);
  assert.deepEqual(states(scene), ["accepted"]);
  scene.update({ layers: [layers[1], layers[0]], offers });
  assert.deepEqual(states(scene), ["open"]);
});

test("the tip says what an item is and whose, and what is known of a moment", () => {
  const times = Float64Array.from({ length: 301 }, (_, n) => n / 10);
  const theirs = layer(2, [segment("b", 10, 25, { unsure: true })]);
  const scene = make([layer(1, []), theirs], [offer([proposal(1, 100, 120)])]);
  assert.deepEqual(itemTip(scene, times, scene.find("b")), [
    "Squat",
    "0:01.000 – 0:02.500 (1.50 s)",
    "frames 10 – 24",
    "Robin",
    "marked as unsure",
  ]);
  assert.equal(
    itemTip(scene, times, scene.find(1)).at(-1),
    "score 0.90, edges ± 0.10 s and ± 0.20 s",
  );
  const spans = { finished: [[0, 50]], seen: [[0, 100]], poor: [[6, 7]] };
  const at = (seconds) => rulerTip(spans, times, seconds).slice(1).join(" ");
  assert.match(at(1), /^Finished/);
  assert.equal(at(6.5), "Looked at, not finished yet. The skeleton is poor here.");
  assert.equal(at(20), "Not looked at yet.");
});
