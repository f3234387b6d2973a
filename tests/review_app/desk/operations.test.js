// Edits: whatever is done, in whatever order, undoing all of it gives the start.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Annotation } from "../../../review_app/timeline/static/labels/annotation.js";
import * as operations from "../../../review_app/timeline/static/labels/operations.js";
import { random, segment, visible } from "./random.js";

const FRAMES = 400;

/** An outbox that keeps what it is given. */
const makeOutbox = () => {
  const sent = [];
  return { sent, revision: 0, pending: () => [], add: (edit) => sent.push(edit) };
};

function makeAnnotation(segments = []) {
  const outbox = makeOutbox();
  let count = 0;
  const annotation = new Annotation({
    stored: { id: 1, revision: 0, finished: [], segments },
    outbox,
    newId: () => `id-${(count += 1)}`,
    onChange: () => {},
    onRefused: () => {},
  });
  return { annotation, outbox };
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

test("undoing everything gives the start, redoing everything the end", () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const pick = random(seed);
    const { annotation } = makeAnnotation([{ ...segment("first"), last_edit: "edit-0" }]);
    const start = visible(annotation.state);
    for (let n = 0; n < 40; n += 1) annotation.perform(anything(annotation, pick, n));
    const end = visible(annotation.state);
    while (annotation.undo());
    assert.deepEqual(visible(annotation.state), start);
    while (annotation.redo());
    assert.deepEqual(visible(annotation.state), end);
    while (annotation.undo());
    assert.deepEqual(visible(annotation.state), start);
  }
});

test("an edit says which edit it believes was the last, also after undo and redo", () => {
  const { annotation, outbox } = makeAnnotation();
  annotation.perform(operations.add(segment("s")));
  annotation.perform(operations.place(annotation.state, "s", 11, 20, "resize"));
  annotation.undo();
  annotation.undo();
  annotation.redo();
  const [add, resize, undoResize, undoAdd, redoAdd] = outbox.sent;
  assert.equal(add.changes[0].expects, null);
  assert.equal(resize.changes[0].expects, add.id);
  assert.equal(undoResize.changes[0].expects, resize.id);
  assert.equal(undoResize.undoes, resize.id);
  assert.deepEqual([undoAdd.changes[0].op, undoAdd.changes[0].expects], ["remove", undoResize.id]);
  assert.deepEqual([redoAdd.changes[0].op, redoAdd.changes[0].expects], ["put", undoAdd.id]);
  assert.equal(redoAdd.undoes, undoAdd.id);
});

test("an edit after an undo ends what could be redone", () => {
  const { annotation } = makeAnnotation();
  annotation.perform(operations.add(segment("a")));
  annotation.undo();
  annotation.perform(operations.add(segment("b")));
  assert.equal(annotation.redo(), null);
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

test("a refused edit gives way to what the server holds, and cannot be undone", () => {
  const { annotation, outbox } = makeAnnotation([{ ...segment("s"), last_edit: "e" }]);
  const said = [];
  annotation.onRefused = (messages) => said.push(...messages);
  annotation.perform(operations.place(annotation.state, "s", 12, 20, "resize"));
  const state = {
    id: 1,
    revision: 9,
    finished: [],
    segments: [{ ...segment("s", 1, 5), last_edit: "x" }],
  };
  outbox.onAnswer(
    {
      revision: 9,
      results: [{ id: outbox.sent[0].id, status: "refused", revision: 9, message: "Too late." }],
      state,
    },
    outbox.sent,
  );
  assert.equal(annotation.state.segments.get("s").end_frame, 5);
  assert.equal(annotation.undo(), null);
  assert.deepEqual(said, ["Too late."]);
});

test("what was deleted before a refusal can still be brought back", () => {
  const stored = [segment("s"), segment("t", 30, 40)].map((one) => ({ ...one, last_edit: "e" }));
  const { annotation, outbox } = makeAnnotation(stored);
  annotation.perform(operations.remove("s"));
  annotation.perform(operations.place(annotation.state, "t", 31, 40, "resize"));
  const [removal, resize] = outbox.sent;
  outbox.onAnswer(
    {
      revision: 2,
      results: [{ id: resize.id, status: "refused", revision: 2, message: "Too late." }],
      state: { id: 1, revision: 2, finished: [], segments: [{ ...stored[1], last_edit: "x" }] },
    },
    outbox.sent,
  );
  annotation.undo();
  assert.equal(outbox.sent[2].undoes, removal.id);
  assert.equal(outbox.sent[2].changes[0].expects, removal.id);
});

test("what another page has done is shown, and what waits here on top of it", () => {
  const { annotation, outbox } = makeAnnotation([]);
  annotation.perform(operations.add(segment("mine")));
  outbox.pending = () => outbox.sent;
  const theirs = { ...segment("theirs", 50, 60), last_edit: "x" };
  const state = { id: 1, revision: 3, finished: [[0, 9]], segments: [theirs] };
  outbox.onAnswer({ revision: 3, results: [], state }, []);
  assert.deepEqual([...annotation.state.segments.keys()].sort(), ["mine", "theirs"]);
  assert.deepEqual(annotation.state.finished, [[0, 9]]);
});

test("an edit found from another page that is refused changes nothing that is known", () => {
  const stored = [{ ...segment("s"), last_edit: "e" }];
  const { annotation, outbox } = makeAnnotation(stored);
  annotation.perform(operations.remove("s"));
  const [removal] = outbox.sent;
  outbox.onAnswer({ revision: 1, results: [{ id: removal.id, status: "applied" }] }, [removal]);
  const theirs = { id: "theirs", changes: [{ op: "remove", segment_id: "s", expects: null }] };
  outbox.onFound([theirs]);
  const results = [{ id: "theirs", status: "refused", revision: 1, message: "Too late." }];
  const state = { id: 1, revision: 1, finished: [], segments: [] };
  outbox.onAnswer({ revision: 1, results, state }, [theirs]);
  annotation.undo();
  assert.equal(outbox.sent[1].changes[0].expects, removal.id);
});
