// Edits reach the server once each, in order, whatever happens on the way.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Outbox } from "../../../review_app/timeline/static/sync/outbox.js";
import { unsent } from "../../../review_app/timeline/static/sync/unsent.js";

/** localStorage, in memory. */
class Keeper {
  map = new Map();
  get length() {
    return this.map.size;
  }
  key = (n) => [...this.map.keys()][n] ?? null;
  getItem = (key) => this.map.get(key) ?? null;
  setItem = (key, value) => void this.map.set(key, value);
  removeItem = (key) => void this.map.delete(key);
}

/** @param {string} id @param {string} segment what it changes */
const edit = (id, segment = id) => {
  const changes = [{ op: "remove", segment_id: segment }];
  return { id, base_revision: 0, kind: "delete", changes, undoes: null };
};

const settle = async (outbox) => {
  while (outbox.state.status === "saving") await new Promise((done) => setTimeout(done, 5));
};

/** A server that remembers edits by id and can be out of order. */
class Server {
  applied = [];
  failure = null; // null, "before", "after", or a status
  poison = null; // an edit it fails on whenever it is among those sent
  send = async (edits) => {
    if (edits.some(({ id }) => id === this.poison)) {
      throw Object.assign(new Error("Broken."), { status: 500 });
    }
    if (typeof this.failure === "number") {
      throw Object.assign(new Error("No."), { status: this.failure });
    }
    if (this.failure === "before") throw new TypeError("Failed to fetch");
    const results = edits.map(({ id }) => {
      const known = this.applied.includes(id);
      if (!known) this.applied.push(id);
      return {
        id,
        status: known ? "duplicate" : "applied",
        revision: this.applied.length,
        message: "",
      };
    });
    if (this.failure === "after") throw new TypeError("The connection was reset");
    return { results, revision: this.applied.length };
  };
}

function make(storage = new Keeper(), server = new Server(), scope = "a/1") {
  const states = [];
  const about = { scope, video: 3, name: "walk.mp4" };
  const outbox = new Outbox({ storage, about, since: () => 0, send: server.send });
  outbox.onState = (state) => states.push(state.status);
  return { outbox, server, storage, states };
}

test("edits are sent in order and forgotten when acknowledged", async () => {
  const { outbox, server, storage, states } = make();
  for (let n = 0; n < 120; n += 1) outbox.add(edit(`e${n}`));
  await outbox.flush();
  while (outbox.state.status !== "saved") await new Promise((done) => setTimeout(done, 5));
  assert.deepEqual(
    server.applied,
    Array.from({ length: 120 }, (_, n) => `e${n}`),
  );
  assert.equal(storage.length, 0);
  assert.equal(states.at(-1), "saved");
});

test("an edit whose acknowledgement is lost is applied once", async () => {
  const { outbox, server } = make();
  server.failure = "after";
  outbox.add(edit("e"));
  await outbox.flush();
  await settle(outbox);
  assert.equal(outbox.state.status, "offline");
  server.failure = null;
  await outbox.retry();
  assert.deepEqual(server.applied, ["e"]);
  assert.deepEqual(outbox.state, { status: "saved", waiting: 0, unkept: 0, message: "" });
});

test("edits of a closed page are delivered by the next one", async () => {
  const { outbox, server, storage } = make();
  server.failure = "before";
  for (const id of ["one", "two", "three"]) outbox.add(edit(id));
  outbox.stop();
  server.failure = null;
  const next = make(storage, server);
  assert.deepEqual(
    next.outbox.pending().map(({ id }) => id),
    ["one", "two", "three"],
  );
  await next.outbox.flush();
  assert.deepEqual(server.applied, ["one", "two", "three"]);
  assert.equal(storage.length, 0);
});

test("two pages on one storage lose nothing of each other", async () => {
  const server = new Server();
  const storage = new Keeper();
  server.failure = "before";
  const [first, second] = [make(storage, server).outbox, make(storage, server).outbox];
  for (let n = 0; n < 20; n += 1) (n % 2 ? first : second).add(edit(`e${n}`));
  server.failure = null;
  await Promise.all([first.retry(), second.retry()]);
  while (storage.length) await Promise.all([first.retry(), second.retry()]);
  await Promise.all([settle(first), settle(second)]);
  assert.equal(new Set(server.applied).size, 20);
  assert.equal(server.applied.length, 20);
  first.stop();
  second.stop();
});

test("another annotation's edits stay where they are", () => {
  const storage = new Keeper();
  const mine = make(storage).outbox;
  const other = make(storage, new Server(), "a/12").outbox;
  other.stop();
  other.add(edit("other"));
  assert.deepEqual(mine.pending(), []);
});

test("an answer that says no is shown and kept, and tried again when told to", async () => {
  const { outbox, server } = make();
  server.failure = 401;
  outbox.add(edit("e"));
  await outbox.flush();
  await settle(outbox);
  assert.deepEqual(outbox.state, { status: "blocked", waiting: 1, unkept: 0, message: "No." });
  server.failure = null;
  await outbox.retry();
  assert.equal(outbox.state.status, "saved");
});

test("a browser without storage still delivers", async () => {
  const storage = new Keeper();
  storage.setItem = () => {
    throw new Error("QuotaExceededError");
  };
  const { outbox, server } = make(storage);
  outbox.add(edit("e"));
  await outbox.flush();
  while (outbox.state.status !== "saved") await new Promise((done) => setTimeout(done, 5));
  assert.deepEqual(server.applied, ["e"]);
});

test("what only this page has is counted", async () => {
  const storage = new Keeper();
  storage.setItem = () => {
    throw new Error("QuotaExceededError");
  };
  const { outbox, server } = make(storage);
  server.failure = "before";
  outbox.add(edit("e"));
  await settle(outbox);
  assert.deepEqual(outbox.state, { status: "offline", waiting: 1, unkept: 1, message: "" });
  outbox.stop();
});

test("a page hears of its own edit although another page has delivered it", async () => {
  const server = new Server();
  const first = make(new Keeper(), server);
  server.failure = "before";
  first.outbox.add(edit("e"));
  await settle(first.outbox);
  server.failure = null;
  const second = make(first.storage, server);
  await second.outbox.flush();
  assert.equal(first.storage.length, 0);
  assert.equal(first.outbox.state.waiting, 1);
  const heard = [];
  first.outbox.onAnswer = ({ results }) => heard.push(...results.map(({ status }) => status));
  await first.outbox.retry();
  assert.deepEqual(heard, ["duplicate"]);
  assert.deepEqual(server.applied, ["e"]);
  assert.equal(first.outbox.state.status, "saved");
});

test("what a closed page left is found by one that is open already", async () => {
  const open = make();
  const closed = make(open.storage, open.server);
  open.server.failure = "before";
  closed.outbox.add(edit("left"));
  await settle(closed.outbox);
  closed.outbox.stop();
  open.server.failure = null;
  const found = [];
  open.outbox.onFound = (edits) => found.push(...edits.map(({ id }) => id));
  await open.outbox.wake();
  assert.deepEqual(found, ["left"]);
  assert.deepEqual(open.server.applied, ["left"]);
});

test("an edit the server fails on holds up only what builds on it", async () => {
  const { outbox, server, storage } = make();
  server.poison = "bad";
  outbox.stop(); // no waiting between the attempts
  for (const [id, segment] of [
    ["a", "s"],
    ["bad", "t"],
    ["c", "u"],
    ["d", "t"],
    ["e", "v"],
  ]) {
    outbox.add(edit(id, segment));
  }
  const again = make(storage, server).outbox;
  for (let n = 0; n < 6; n += 1) await again.retry();
  assert.deepEqual(server.applied, ["a", "c", "e"]);
  assert.equal(again.state.status, "blocked");
  assert.equal(again.state.message, "Broken.");
  assert.deepEqual(
    again.pending().map(({ id }) => id),
    ["bad", "d"],
  );
  server.poison = null;
  for (let n = 0; n < 3; n += 1) await again.retry();
  assert.deepEqual(server.applied, ["a", "c", "e", "bad", "d"]);
  assert.equal(again.state.status, "saved");
});

test("what cannot be read is left alone", async () => {
  const storage = new Keeper();
  storage.setItem("rehab-review/outbox/a/1/000000000000001-x", "{ half");
  storage.setItem("rehab-review/outbox/a/1/000000000000002-y", "null");
  const { outbox, server } = make(storage);
  outbox.add(edit("e"));
  await settle(outbox);
  assert.deepEqual(server.applied, ["e"]);
  assert.equal(storage.length, 2);
});

test("a clock that is put back does not change the order", () => {
  const { outbox, storage } = make();
  outbox.stop();
  const now = Date.now;
  try {
    outbox.add(edit("first"));
    Date.now = () => now() - 3_600_000;
    outbox.add(edit("second"));
  } finally {
    Date.now = now;
  }
  const next = make(storage).outbox;
  assert.deepEqual(
    next.pending().map(({ id }) => id),
    ["first", "second"],
  );
});

test("edits of other recordings are counted for each", async () => {
  const storage = new Keeper();
  for (const [scope, id] of [
    ["a/1", "x"],
    ["b/2", "y"],
    ["b/2", "z"],
  ]) {
    const about = { scope, video: scope === "a/1" ? 1 : 2, name: `${scope}.mp4` };
    const outbox = new Outbox({ storage, about, since: () => 0, send: async () => ({}) });
    outbox.stop();
    outbox.add(edit(id));
  }
  const here = make(storage).outbox;
  assert.deepEqual(unsent(storage, [here.prefix]), [{ video: 2, name: "b/2.mp4", count: 2 }]);
  assert.equal(unsent(storage).length, 2);
});
