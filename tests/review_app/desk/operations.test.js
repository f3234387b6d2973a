// Edits: whatever is done, in whatever order, undoing all of it gives the start.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Annotation } from "../../../review_app/timeline/static/labels/annotation.js";
import * as operations from "../../../review_app/timeline/static/labels/operations.js";
import { apply, stateOf } from "../../../review_app/timeline/static/labels/state.js";
import { Replica } from "../../../review_app/timeline/static/sync/replica.js";
import { random, segment, spans, stored, visible } from "./random.js";

const FRAMES = 400;

/** An outbox that keeps what it is given, and never delivers by itself. */
class Kept {
  sent = [];
  #settled = new Set();
  onAnswer = () => {};
  onFound = () => {};
  pending = () => this.sent.filter(({ id }) => !this.#settled.has(id));
  add = (edit) => void this.sent.push(edit);

  /** What the server says of edits. @param {Record<string, unknown>} more log or state */
  answer(edits, statuses, more = {}) {
    const results = edits.map(({ id }, n) => ({
      id,
      status: statuses[n].startsWith("refused") ? "refused" : statuses[n],
      revision: more.revision ?? n + 1,
      message: statuses[n],
    }));
    for (const { id } of edits) this.#settled.add(id);
    this.onAnswer({ results, revision: 0, ...more }, edits);
  }
}

const ME = { id: 1, name: "Me" };

function makeAnnotation(segments = [], { log = [], revision = 0, fetchOlder } = {}) {
  const outbox = new Kept();
  let count = 0;
  const refusals = [];
  const annotation = new Annotation({
    replica: new Replica(stored(segments, { revision })),
    log,
    me: ME,
    outbox,
    newId: () => `id-${(count += 1)}`,
    fetchOlder: fetchOlder ?? (async () => ({ edits: [] })),
    onChange: () => {},
    onRefused: (refusal) => refusals.push(refusal),
  });
  return { annotation, outbox, refusals };
}

/** One thing a person might do next. */
function anything(annotation, pick, n) {
  const { state } = annotation;
  const ids = [...state.segments.keys()];
  const id = ids[pick(Math.max(1, ids.length))];
  const start = pick(FRAMES - 1);
  const end = start + 1 + pick(FRAMES - start - 1);
  const choices = [
    () => operations.add(segment(`new-${n}`, start, end)),
    () => id && operations.place(state, id, start, end, "move"),
    () => id && operations.relabel(state, id, 1 + pick(4), 1),
    () => id && operations.split(state, id, start, `half-${n}`),
    () => id && operations.remove(id),
    () => operations.finish(state, [start, end]),
    () => operations.unfinish(state, [start, end]),
  ];
  return choices[pick(choices.length)]() || null;
}

test("undoing everything gives the start, redoing everything the end", async () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const pick = random(seed);
    const { annotation } = makeAnnotation([{ ...segment("first"), last_edit: "edit-0" }]);
    const start = visible(annotation.state);
    for (let n = 0; n < 40; n += 1) annotation.perform(anything(annotation, pick, n));
    const end = visible(annotation.state);
    while (await annotation.undo());
    assert.deepEqual(visible(annotation.state), start);
    while (await annotation.redo());
    assert.deepEqual(visible(annotation.state), end);
    while (await annotation.undo());
    assert.deepEqual(visible(annotation.state), start);
  }
});

test("an edit says which edit it believes was the last, also after undo and redo", async () => {
  const { annotation, outbox } = makeAnnotation();
  annotation.perform(operations.add(segment("s")));
  annotation.perform(operations.place(annotation.state, "s", 11, 20, "resize"));
  await annotation.undo();
  await annotation.undo();
  await annotation.redo();
  const [add, resize, undoResize, undoAdd, redoAdd] = outbox.sent;
  assert.equal(add.changes[0].expects, null);
  assert.equal(resize.changes[0].expects, add.id);
  assert.equal(undoResize.changes[0].expects, resize.id);
  assert.equal(undoResize.undoes, resize.id);
  assert.deepEqual([undoAdd.changes[0].op, undoAdd.changes[0].expects], ["remove", undoResize.id]);
  assert.deepEqual([redoAdd.changes[0].op, redoAdd.changes[0].expects], ["put", undoAdd.id]);
  assert.equal(redoAdd.undoes, undoAdd.id);
});

test("an edit after an undo ends what could be redone", async () => {
  const { annotation } = makeAnnotation();
  annotation.perform(operations.add(segment("a")));
  await annotation.undo();
  annotation.perform(operations.add(segment("b")));
  assert.equal(await annotation.redo(), null);
  assert.deepEqual([...annotation.state.segments.keys()], ["b"]);
});

test("what changes nothing is no edit", () => {
  const { annotation, outbox } = makeAnnotation([{ ...segment("s"), last_edit: "e" }]);
  const { state } = annotation;
  assert.equal(annotation.perform(operations.place(state, "s", 10, 20, "move")), false);
  assert.equal(annotation.perform(operations.relabel(state, "s", 1, 1)), false);
  assert.equal(annotation.perform(operations.place(state, "s", 20, 20, "resize")), false);
  assert.equal(annotation.perform(operations.split(state, "s", 10, "t")), false);
  assert.equal(annotation.perform(operations.place(state, "gone", 1, 2, "move")), false);
  assert.equal(outbox.sent.length, 0);
});

test("a split counts its proposal once", () => {
  const { annotation } = makeAnnotation([{ ...segment("s"), proposal_id: 7, last_edit: "e" }]);
  annotation.perform(operations.split(annotation.state, "s", 14, "t"));
  const [first, second] = [annotation.state.segments.get("s"), annotation.state.segments.get("t")];
  assert.deepEqual([first.start_frame, first.end_frame, first.proposal_id], [10, 14, 7]);
  assert.deepEqual([second.start_frame, second.end_frame, second.proposal_id], [14, 20, null]);
});

test("a refused edit gives way to what the server holds, cannot be undone, can be made again", async () => {
  const { annotation, outbox, refusals } = makeAnnotation([segment("s"), segment("t", 30, 40)]);
  annotation.perform(operations.place(annotation.state, "s", 12, 20, "resize"));
  const theirs = segment("s", 1, 5);
  const log = [entry("x", 1, [{ op: "put", segment: theirs }], 2)];
  outbox.answer(outbox.sent, ["refused: too late"], { log });
  assert.deepEqual(spans(annotation.state)[0], ["s", 1, 5]);
  assert.equal(await annotation.undo(), null); // theirs is not mine to undo
  assert.deepEqual(refusals[0].messages, ["refused: too late"]);
  assert.equal(refusals[0].conflict, true);
  assert.equal(annotation.makeAgain(refusals[0]), true);
  assert.deepEqual(spans(annotation.state)[0], ["s", 12, 20]);
  assert.equal(outbox.sent[1].changes[0].expects, "x");
});

test("an edit that is wrong in itself is not offered again", () => {
  const { annotation, outbox, refusals } = makeAnnotation([segment("s")]);
  annotation.perform(operations.place(annotation.state, "s", 12, 9999, "resize"));
  outbox.answer(outbox.sent, ["refused: no such frame"], { log: [] });
  assert.equal(refusals[0].conflict, false);
  assert.deepEqual(spans(annotation.state), [["s", 10, 20]]);
});

test("what was deleted before a refusal can still be brought back", async () => {
  const { annotation, outbox } = makeAnnotation([segment("s"), segment("t", 30, 40)]);
  annotation.perform(operations.remove("s"));
  annotation.perform(operations.place(annotation.state, "t", 31, 40, "resize"));
  const [removal, resize] = outbox.sent;
  outbox.answer([removal, resize], ["applied", "refused"], {
    log: [
      entry("x", 1, [{ op: "put", segment: segment("t", 30, 50) }], 2),
      { ...removal, user_id: 1, revision: 2, inverse: [{ op: "put", segment: segment("s") }] },
    ],
  });
  assert.equal(await annotation.undo(), "delete");
  assert.equal(outbox.sent[2].undoes, removal.id);
  assert.equal(outbox.sent[2].changes[0].expects, removal.id);
});

test("what another page has done is shown, and what waits here on top of it", () => {
  const { annotation, outbox } = makeAnnotation([]);
  annotation.perform(operations.add(segment("mine")));
  const theirs = { ...segment("theirs", 50, 60), last_edit: "x" };
  const state = { id: 1, revision: 3, finished: [[0, 9]], segments: [theirs] };
  outbox.onAnswer({ revision: 3, results: [], state }, []);
  assert.deepEqual([...annotation.state.segments.keys()].sort(), ["mine", "theirs"]);
  assert.deepEqual(annotation.state.finished, [[0, 9]]);
});

test("what the server applied right after what the page knew becomes its log", async () => {
  const { annotation, outbox } = makeAnnotation([segment("s")]);
  annotation.perform(operations.remove("s"));
  outbox.answer(outbox.sent.slice(), ["applied"]);
  assert.deepEqual(
    annotation.log.entries.map(({ revision, kind, author }) => [revision, kind, author]),
    [[1, "delete", "Me"]],
  );
  assert.equal(await annotation.undo(), "delete");
  assert.deepEqual(spans(annotation.state), [["s", 10, 20]]);
});

test("undo and redo go on after a reload, into pages of the log that are fetched", async () => {
  const whole = [];
  let state = stateOf(stored([]));
  for (let n = 1; n <= 12; n += 1) {
    const changes = [{ op: "put", segment: segment(`s${n}`, n, n + 5) }];
    const edit =
      n === 9 ? entry("e9", 9, [{ op: "remove", segment_id: "s3" }]) : entry(`e${n}`, n, changes);
    const after = apply(state, edit);
    state = after.state;
    whole.push({ ...edit, inverse: after.inverse });
  }
  const asked = [];
  const fetchOlder = async (before) => {
    asked.push(before);
    return { edits: whole.slice(Math.max(0, before - 5), before - 1) };
  };
  const { annotation, outbox } = makeAnnotation([...state.segments.values()], {
    log: whole.slice(10),
    revision: 12,
    fetchOlder,
  });
  assert.equal(await annotation.redo(), null);
  assert.deepEqual(asked, []); // an edit ends what could be redone: no need to look further back
  for (let n = 0; n < 12; n += 1) assert.equal(await annotation.undo(), "add");
  assert.equal(await annotation.undo(), null);
  assert.deepEqual(asked, [11, 7, 3]);
  assert.equal(annotation.state.segments.size, 0);
  assert.equal(outbox.sent[3].changes[0].expects, "e9"); // what was deleted long ago
  for (let n = 0; n < 12; n += 1) await annotation.redo();
  assert.deepEqual(visible(annotation.state), visible(state));
});

test("an undo that the server does not answer changes nothing and can be tried again", async () => {
  const old = { ...entry("e1", 1, [{ op: "put", segment: segment("s") }]) };
  const page = [{ ...old, inverse: [{ op: "remove", segment_id: "s" }] }];
  let away = true;
  const fetchOlder = async () => {
    if (away) throw new Error("The server does not answer.");
    return { edits: page };
  };
  const { annotation } = makeAnnotation([segment("s", 10, 20, { last_edit: "e1" })], {
    revision: 1,
    fetchOlder,
  });
  const said = await annotation.undo().catch((error) => error.message);
  assert.equal(said, "The server does not answer.");
  away = false;
  assert.equal(await annotation.undo(), "add");
});

test("any edit is taken back while it stands, and everything back to a moment", async () => {
  const { annotation, outbox } = makeAnnotation();
  annotation.perform(operations.add(segment("a")));
  annotation.perform(operations.add(segment("b", 50, 60)));
  annotation.perform(operations.place(annotation.state, "b", 51, 60, "move"));
  outbox.answer(outbox.sent.slice(), ["applied", "applied", "applied"]);
  const [first, second] = annotation.entries;
  assert.equal(annotation.takeBack(second), false); // it was moved since
  assert.equal(annotation.takeBack(first), true);
  assert.deepEqual(spans(annotation.state), [["b", 51, 60]]);
  assert.equal(await annotation.backTo(2), true); // what waits is undone with it
  assert.deepEqual(spans(annotation.state), [["a", 10, 20], ["b", 50, 60]]); // prettier-ignore
  assert.equal(await annotation.backTo(2), false);
  assert.equal(await annotation.undo(), "restore");
  assert.deepEqual(spans(annotation.state), [["b", 51, 60]]);
});

/** An entry of the log. */
function entry(id, revision, changes, user_id = 1) {
  const author = user_id === 1 ? "Me" : "Somebody";
  return { id, kind: "add", changes, inverse: [], undoes: null, user_id, author, revision };
}
