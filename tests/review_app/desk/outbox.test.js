// Edits reach the server once each, in order, whatever happens on the way.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Outbox } from "../../../review_app/timeline/static/outbox.js";

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

const edit = (id) => ({ id, base_revision: 0, kind: "add", changes: [], undoes: null });

/** A server that remembers edits by id and can be out of order. */
class Server {
  applied = [];
  failure = null; // null, "before", "after", or a status
  send = async (edits) => {
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
  const onState = (state) => states.push(state.status);
  const outbox = new Outbox({ storage, scope, send: server.send, onState });
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
  while (outbox.state.status === "saving") await new Promise((done) => setTimeout(done, 5));
  assert.equal(outbox.state.status, "offline");
  server.failure = null;
  await outbox.retry();
  assert.deepEqual(server.applied, ["e"]);
  assert.deepEqual(outbox.state, { status: "saved", waiting: 0, message: "" });
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
  while (outbox.state.status === "saving") await new Promise((done) => setTimeout(done, 5));
  assert.deepEqual(outbox.state, { status: "blocked", waiting: 1, message: "No." });
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
