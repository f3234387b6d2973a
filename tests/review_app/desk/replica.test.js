// A page's copy of a layer agrees with the log, however the log reaches it.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as operations from "../../../review_app/timeline/static/labels/operations.js";
import {
  apply,
  lastEdit,
  makeEdit,
  stateOf,
  target,
} from "../../../review_app/timeline/static/labels/state.js";
import { Layers } from "../../../review_app/timeline/static/labels/layers.js";
import { Replica, again, conflicts } from "../../../review_app/timeline/static/sync/replica.js";
import { random, segment, spans, stored, visible } from "./random.js";

const FRAMES = 200;

/** The rule of the server: an edit that expects what is no longer there is refused. */
class Server {
  log = [];
  state = stateOf(stored([]));

  receive(edit) {
    const known = this.log.find(({ id }) => id === edit.id);
    if (known) return { id: edit.id, status: "duplicate", revision: known.revision };
    const stale = edit.changes.some((change) =>
      change.op === "finish"
        ? JSON.stringify(change.expects_spans) !== JSON.stringify(this.state.finished)
        : change.expects !== lastEdit(this.state, target(change)),
    );
    if (stale) return { id: edit.id, status: "refused", revision: this.log.length };
    const { state, inverse } = apply(this.state, edit);
    this.state = state;
    this.log.push({ ...edit, inverse, revision: this.log.length + 1 });
    return { id: edit.id, status: "applied", revision: this.log.length };
  }

  stored() {
    const { segments, finished, comments } = this.state;
    const all = { segments: [...segments.values()], comments: [...comments.values()] };
    return { id: 1, revision: this.log.length, finished, ...all };
  }
}

/** One thing a person might do. */
function anything(state, pick, name) {
  const ids = [...state.segments.keys()];
  const id = ids[pick(Math.max(1, ids.length))];
  const start = pick(FRAMES - 1);
  const end = start + 1 + pick(FRAMES - start - 1);
  const choices = [
    () => operations.add(segment(name, start, end)),
    () => operations.add(segment(name, start, end)),
    () => id && operations.place(state, id, start, end, "move"),
    () => id && operations.split(state, id, start, `half-${name}`),
    () => id && operations.remove(id),
    () => operations.finish(state, [start, end]),
  ];
  return choices[pick(choices.length)]() || null;
}

function serverWith(seed, steps) {
  const server = new Server();
  const pick = random(seed);
  for (let n = 0; server.log.length < steps; n += 1) {
    const operation = anything(server.state, pick, `s${n}`);
    if (operation)
      server.receive(makeEdit(server.state, operation, { id: `e${n}`, base_revision: 0 }));
  }
  return server;
}

test("the log in any order, repeated and in pieces gives the server's state", () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const server = serverWith(seed, 30);
    const pick = random(seed + 99);
    const replica = new Replica(stored([]));
    const taken = [];
    const left = [...server.log, ...server.log.slice(5, 15)];
    while (left.length) {
      const piece = Array.from({ length: 1 + pick(4) }, () => left.splice(pick(left.length), 1)[0]);
      taken.push(...replica.take(piece.filter(Boolean)).taken);
    }
    assert.equal(replica.take([]).gap, false);
    assert.equal(replica.revision, 30);
    assert.deepEqual(
      taken.map(({ revision }) => revision),
      server.log.map((_, n) => n + 1),
    );
    assert.deepEqual(visible(replica.base), visible(server.state));
    assert.deepEqual([...replica.base.removed], [...server.state.removed]);
  }
});

test("a gap is said, and closed by the state or by what was missing", () => {
  const server = serverWith(7, 20);
  const replica = new Replica(stored([]));
  assert.deepEqual(replica.take(server.log.slice(0, 5)).gap, false);
  assert.deepEqual(replica.take(server.log.slice(9, 12)), { taken: [], gap: true });
  assert.equal(replica.revision, 5);
  const behind = serverWith(7, 8); // a state from before the gap ends
  assert.deepEqual(replica.reset(behind.stored()), []);
  assert.equal(replica.revision, 8);
  const { taken, gap } = replica.take([server.log[8]]);
  assert.deepEqual([taken.length, gap, replica.revision], [4, false, 12]);
  assert.equal(replica.reset(behind.stored()), null); // an answer that comes too late
  assert.deepEqual(replica.reset(server.stored()), []);
  assert.deepEqual(visible(replica.base), visible(server.state));
});

test("a whole state keeps the objects of what has not changed", () => {
  const server = new Server();
  const put = (id, edit) =>
    server.receive(
      makeEdit(server.state, operations.add(segment(id)), { id: edit, base_revision: 0 }),
    );
  put("a", "e1");
  put("b", "e2");
  const replica = new Replica(server.stored());
  const [a, b] = [replica.base.segments.get("a"), replica.base.segments.get("b")];
  server.receive(
    makeEdit(server.state, operations.place(server.state, "b", 3, 4, "move"), {
      id: "e3",
      base_revision: 0,
    }),
  );
  replica.reset(JSON.parse(JSON.stringify(server.stored())));
  assert.equal(replica.base.segments.get("a"), a);
  assert.notEqual(replica.base.segments.get("b"), b);
});

test("what waits is shown on top, once, whether or not the log has it already", () => {
  const replica = new Replica(stored([segment("a")]));
  const edit = makeEdit(replica.base, operations.place(replica.base, "a", 1, 9, "move"), {
    id: "mine", base_revision: 0,
  }); // prettier-ignore
  const { state, entries } = replica.shown([edit]);
  assert.deepEqual(spans(state), [["a", 1, 9]]);
  assert.deepEqual(spans(replica.base), [["a", 10, 20]]);
  assert.equal(entries[0].inverse[0].segment.start_frame, 10);
  const { inverse } = entries[0];
  const after = {
    id: "theirs",
    kind: "move",
    undoes: null,
    changes: [{ op: "put", segment: segment("a", 2, 8) }],
  };
  replica.take([
    { ...edit, inverse, revision: 1 },
    { ...after, inverse: [], revision: 2 },
  ]);
  assert.deepEqual(spans(replica.shown([edit]).state), [["a", 2, 8]]);
  const fresh = new Replica(stored([segment("a", 1, 9, { last_edit: "mine" })], { revision: 1 }));
  assert.deepEqual(fresh.shown([edit]).entries, []);
});

test("what older pages of the log deleted can be brought back", () => {
  const server = serverWith(11, 40);
  const replica = new Replica(server.stored());
  assert.equal(replica.base.removed.size, 0);
  replica.learn(server.log.slice(20));
  replica.learn(server.log.slice(0, 20));
  assert.ok(server.state.removed.size > 0);
  assert.deepEqual([...replica.base.removed].sort(), [...server.state.removed].sort());
});

test("a refusal is told apart: somebody else was first, or the edit itself is wrong", () => {
  const base = stateOf(stored([segment("a")]));
  const mine = makeEdit(base, operations.place(base, "a", 1, 9, "move"), {
    id: "m",
    base_revision: 0,
  });
  assert.equal(conflicts(base, mine), false);
  assert.equal(conflicts(apply(base, { ...mine, id: "other" }).state, mine), true);
  const finish = makeEdit(base, operations.finish(base, [0, 5]), { id: "f", base_revision: 0 });
  assert.equal(conflicts(base, finish), false);
  assert.equal(conflicts({ ...base, finished: [[7, 9]] }, finish), true);
});

test("mine on top of theirs: of each thing the last, spans as they were added and taken", () => {
  const base = stateOf(stored([segment("a"), segment("b", 50, 60)], { finished: [[0, 40]] }));
  const make = (state, operation, id) => makeEdit(state, operation, { id, base_revision: 0 });
  const first = make(base, operations.place(base, "a", 1, 9, "move"), "m1");
  const then = apply(base, first).state;
  const second = make(then, operations.relabel(then, "a", 2, 1), "m2");
  const third = make(then, operations.remove("b"), "m3");
  const fourth = make(then, operations.unfinish(then, [0, 10]), "m4");
  const fifth = make(then, operations.finish({ ...then, finished: [[10, 40]] }, [80, 90]), "m5");
  fifth.changes[0].expects_spans = [[10, 40]];
  const theirs = stateOf(stored([segment("a", 3, 4)], { finished: [[0, 60]] }));
  const wanted = again(theirs, [first, second, third, fourth, fifth]);
  const { state } = apply(theirs, make(theirs, wanted, "again"));
  const a = state.segments.get("a");
  assert.deepEqual([a.start_frame, a.end_frame, a.class_id], [1, 9, 2]);
  assert.deepEqual(state.finished, [
    [10, 60],
    [80, 90],
  ]);
  assert.equal(state.segments.size, 1);
  assert.equal(again(theirs, [third]), null); // it is gone already
});

test("two pages on one layer end with the server's state, whatever is refused and lost", () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const pick = random(seed);
    const server = new Server();
    const pages = [0, 1].map(() => ({ replica: new Replica(stored([])), pending: [] }));
    const deliver = (page, all) => {
      const count = all ? page.pending.length : pick(page.pending.length + 1);
      const batch = page.pending.slice(0, count);
      const results = batch.map((edit) => server.receive(edit));
      if (!all && pick(4) === 0) return; // the answer is lost
      page.pending = page.pending.filter((edit) => !results.some(({ id }) => id === edit.id));
      const since = page.replica.revision;
      if (pick(5) === 0) page.replica.reset(server.stored());
      else page.replica.take(server.log.filter(({ revision }) => revision > since));
    };
    for (let n = 0; n < 80; n += 1) {
      const page = pages[pick(2)];
      const { state } = page.replica.shown(page.pending);
      const operation = anything(state, pick, `s${n}`);
      if (operation)
        page.pending.push(makeEdit(state, operation, { id: `e${n}`, base_revision: 0 }));
      if (pick(2)) deliver(pages[pick(2)], false);
    }
    for (const page of [...pages, ...pages]) deliver(page, true);
    for (const page of pages) {
      assert.equal(page.pending.length, 0);
      assert.deepEqual(visible(page.replica.shown([]).state), visible(server.state));
    }
    const replayed = server.log.reduce(
      (state, edit) => apply(state, edit).state,
      stateOf(stored([])),
    );
    assert.deepEqual(visible(replayed), visible(server.state));
  }
});

const layer = (id, more) => ({
  ...stored([segment(`s${id}`)], { id }),
  kind: "own", author: `Person ${id}`, own: false, may_edit: false, seen: [], ...more,
}); // prettier-ignore

test("one's own layer is worked on, the result where it may be, others are looked at", () => {
  const all = [
    layer(3, {}),
    layer(2, { kind: "result", author: null, may_edit: true, revision: 4 }),
    layer(5, { own: true, may_edit: true, author: "Me" }),
  ];
  const layers = new Layers(all);
  assert.equal(layers.workedOnId, 5);
  assert.deepEqual(
    layers.all.map(({ id }) => id),
    [5, 2, 3],
  );
  assert.equal(layers.workOn(3), false);
  assert.equal(layers.workOn(2), true);
  assert.deepEqual(
    layers.others.map(({ id }) => id),
    [5, 3],
  );
  assert.equal(new Layers(all.slice(0, 2)).workedOnId, 2); // who has none sees the result
  assert.equal(
    new Layers([all[0], layer(9, stored([segment("x"), segment("y")], { id: 9 }))]).workedOnId,
    9,
  );
  assert.equal(new Layers([]).workedOn, undefined);
});

test("news move the layers they are about, and bring new ones", () => {
  const layers = new Layers([layer(5, { own: true, may_edit: true })]);
  assert.deepEqual([...layers.revisions], [[5, 0]]);
  const told = { kind: "own", author: "Other", own: false, may_edit: false, seen: [] };
  const put = { id: "e1", kind: "move", undoes: null, inverse: [], revision: 1 };
  const moved = { ...put, changes: [{ op: "put", segment: segment("s5", 1, 2) }] };
  const own = { ...told, own: true, may_edit: true, id: 5, revision: 1, seen: [[0, 9]] };
  assert.equal(layers.take({ ...own, log: [moved] }).taken.length, 1);
  assert.deepEqual(spans(layers.get(5).replica.base), [["s5", 1, 2]]);
  assert.deepEqual(layers.get(5).seen, [[0, 9]]);
  assert.equal(
    layers.take({ ...own, revision: 3, log: [{ ...moved, id: "e3", revision: 3 }] }).gap,
    true,
  );
  const state = stored([segment("x")], { id: 8, revision: 12 });
  assert.equal(layers.take({ ...told, id: 8, revision: 12, state }).reset, true);
  assert.deepEqual(
    [...layers.revisions],
    [
      [5, 1],
      [8, 12],
    ],
  );
  const later = { ...state, revision: 14, segments: [] };
  assert.equal(layers.take({ ...told, id: 8, revision: 14, state: later }).reset, true);
  assert.equal(layers.get(8).replica.base.segments.size, 0);
  const late = { ...state, revision: 13 }; // asked for before what came in between
  assert.equal(layers.take({ ...told, id: 8, revision: 13, state: late }, 13).reset, false);
  assert.equal(layers.get(8).replica.revision, 14);
  const restored = { ...state, revision: 2 }; // the server goes on from an older copy
  assert.equal(layers.take({ ...told, id: 8, revision: 2, state: restored }, 14).reset, true);
  assert.deepEqual(spans(layers.get(8).replica.base), [["x", 10, 20]]);
  assert.equal(layers.get(8).replica.revision, 2);
});
