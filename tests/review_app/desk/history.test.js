// Undo, redo and going back are worked out from the log, so a reload forgets nothing.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Log,
  about,
  backTo,
  nextOf,
  stacks,
  takeable,
} from "../../../review_app/timeline/static/labels/history.js";
import * as operations from "../../../review_app/timeline/static/labels/operations.js";
import { apply, makeEdit, stateOf } from "../../../review_app/timeline/static/labels/state.js";
import { random, segment, stored, visible } from "./random.js";

const FRAMES = 200;

/** A layer whose log is kept, and a person who undoes and redoes by it. */
class Layer {
  log = [];
  state = stateOf(stored([]));

  /** @param {string} [undoes] */
  commit(operation, undoes = null, user_id = 1) {
    const id = `e${this.log.length + 1}`;
    const edit = makeEdit(this.state, operation, { id, base_revision: 0, undoes });
    const { state, inverse } = apply(this.state, edit);
    this.state = state;
    this.log.push({ ...edit, inverse, revision: this.log.length + 1, user_id });
    return this.log.at(-1);
  }

  take(verb, mine = () => true) {
    const { done, undone } = stacks(this.log.filter(mine));
    const entry = nextOf(this.state, verb === "undo" ? done : undone);
    if (!entry) return null;
    this.commit({ kind: `${verb} ${about(entry.kind)}`, changes: entry.inverse }, entry.id);
    return about(entry.kind);
  }
}

const names = ({ done, undone }) => [done.map(({ id }) => id), undone.map(({ id }) => id)];

test("undo and redo go back and forth along the log", () => {
  const layer = new Layer();
  layer.commit(operations.add(segment("a")));
  layer.commit(operations.place(layer.state, "a", 5, 9, "move"));
  assert.equal(layer.take("undo"), "move");
  assert.equal(layer.take("undo"), "add");
  assert.equal(layer.take("undo"), null);
  assert.equal(layer.state.segments.size, 0);
  assert.equal(layer.take("redo"), "add");
  assert.deepEqual(names(stacks(layer.log)), [["e5"], ["e3"]]);
  layer.commit(operations.finish(layer.state, [0, 10]));
  assert.deepEqual(names(stacks(layer.log)), [["e5", "e6"], []]);
});

test("taking an older edit back is an edit like any other", () => {
  const layer = new Layer();
  const first = layer.commit(operations.add(segment("a")));
  layer.commit(operations.add(segment("b", 50, 60)));
  layer.commit({ kind: "take back add", changes: first.inverse }, first.id);
  assert.equal(layer.take("undo"), "take back add");
  assert.deepEqual([...layer.state.segments.keys()].sort(), ["a", "b"]);
});

test("what somebody else changed since cannot be taken back, what lies below can", () => {
  const layer = new Layer();
  const mine = ({ user_id }) => user_id === 1;
  layer.commit(operations.add(segment("a")));
  const added = layer.commit(operations.add(segment("b", 50, 60)));
  layer.commit(operations.place(layer.state, "b", 51, 60, "resize"), null, 2);
  assert.equal(takeable(layer.state, added), false);
  assert.equal(layer.take("undo", mine), "add");
  assert.deepEqual([...layer.state.segments.keys()], ["b"]);
  assert.equal(layer.take("undo", mine), null);
});

test("an edit is takeable again when what followed it is taken back", () => {
  const layer = new Layer();
  const added = layer.commit(operations.add(segment("a")));
  layer.commit(operations.place(layer.state, "a", 5, 9, "move"));
  assert.equal(takeable(layer.state, added), false);
  layer.take("undo");
  assert.equal(takeable(layer.state, added), true);
});

test("a log that arrives in pages gives the same stacks as a whole one", () => {
  for (let seed = 1; seed <= 30; seed += 1) {
    const layer = anything(seed, 60);
    const whole = new Log({ revision: 0, log: [] });
    whole.add(layer.log);
    const at = 1 + random(seed + 1000)(layer.log.length - 1);
    const paged = new Log({ revision: layer.log.length, log: layer.log.slice(at) });
    assert.equal(paged.more, true);
    assert.equal(paged.oldest, at + 1);
    paged.addOlder(layer.log.slice(0, at));
    assert.equal(paged.more, false);
    assert.deepEqual(names(paged.stacks([])), names(whole.stacks([])));
    assert.deepEqual(names(whole.stacks([])), names(stacks(layer.log)));
  }
});

test("pages that do not fit are not taken, and an unknown stretch is forgotten", () => {
  const { log } = anything(5, 20);
  const kept = new Log({ revision: 20, log: log.slice(10) });
  kept.addOlder(log.slice(0, 5));
  assert.equal(kept.oldest, 11);
  kept.forget(30);
  assert.deepEqual([kept.oldest, kept.entries.length, kept.more], [31, 0, true]);
});

test("what is on its way counts as done, and can be taken back", () => {
  const { log } = anything(3, 10);
  const kept = new Log({ revision: 10, log });
  const pending = { id: "mine", kind: "add", changes: [], inverse: [], undoes: null };
  assert.equal(kept.stacks([pending]).done.at(-1), pending);
  assert.deepEqual(kept.stacks([pending]).undone, []);
  assert.equal(kept.entries.length, 10);
});

test("undoing all by a log of any shape gives the start, redoing all the end", () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const layer = anything(seed, 40);
    const end = visible(layer.state);
    const redone = stacks(layer.log).undone.length;
    while (layer.take("undo"));
    assert.deepEqual(visible(layer.state), { segments: [], comments: [], finished: [] });
    while (layer.take("redo"));
    for (let n = 0; n < redone; n += 1) layer.take("undo");
    assert.deepEqual(visible(layer.state), end);
  }
});

test("back to here: one edit gives any earlier state, comments stay, undo gives the later one", () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const layer = new Layer();
    const states = [layer.state];
    const pick = random(seed);
    for (let n = 0; n < 30; n += 1) {
      step(layer, pick, n);
      states[layer.log.length] = layer.state;
    }
    const now = visible(layer.state);
    const at = pick(layer.log.length);
    const restore = backTo(layer.state, layer.log.slice(at));
    const then = visible(states[at]);
    const changed =
      JSON.stringify({ ...then, comments: 0 }) !== JSON.stringify({ ...now, comments: 0 });
    assert.equal(restore !== null, changed);
    if (!restore) continue;
    layer.commit(restore);
    assert.deepEqual(visible(layer.state), { ...then, comments: now.comments });
    assert.equal(layer.take("undo"), "restore");
    assert.deepEqual(visible(layer.state), now);
  }
});

/** One more edit, an undo or a redo. */
function step(layer, pick, n) {
  const ids = [...layer.state.segments.keys()];
  const id = ids[pick(Math.max(1, ids.length))];
  const start = pick(FRAMES - 1);
  const end = start + 1 + pick(FRAMES - start - 1);
  const remark = { id: `k${n}`, segment_id: null, reply_to: null, resolves: false, text: "?" };
  const choices = [
    () => operations.add(segment(`s${n}`, start, end)),
    () => id && operations.place(layer.state, id, start, end, "move"),
    () => id && operations.split(layer.state, id, start, `half${n}`),
    () => id && operations.remove(id),
    () => operations.finish(layer.state, [start, end]),
    () => operations.say({ ...remark, start_frame: start, end_frame: end }),
    () => void layer.take("undo"),
    () => void layer.take("redo"),
  ];
  const operation = choices[pick(choices.length)]();
  if (operation) layer.commit(operation);
}

function anything(seed, steps) {
  const layer = new Layer();
  const pick = random(seed);
  for (let n = 0; layer.log.length < steps; n += 1) step(layer, pick, n);
  return layer;
}
