// What the server shall have is kept until it has it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Kept, keysWith } from "../../../review_app/timeline/static/work/kept.js";

class Storage {
  map = new Map();
  get length() {
    return this.map.size;
  }
  key = (n) => [...this.map.keys()][n] ?? null;
  getItem = (key) => this.map.get(key) ?? null;
  setItem = (key, text) => void this.map.set(key, text);
  removeItem = (key) => void this.map.delete(key);
}

const refused = (status) => Promise.reject(Object.assign(new Error("no"), { status }));

test("kept until it is taken", async () => {
  const storage = new Storage();
  const kept = new Kept({ storage, key: "a" });
  kept.keep({ n: 1 });
  assert.equal(await kept.send(() => refused(undefined)), null);
  assert.deepEqual(new Kept({ storage, key: "a" }).read(), { n: 1 });
  assert.equal(await kept.send(() => refused(503)), null);
  assert.deepEqual(kept.read(), { n: 1 });
  const sent = [];
  assert.equal(await kept.send(async (value) => (sent.push(value), "ok")), "ok");
  assert.deepEqual(sent, [{ n: 1 }]);
  assert.equal(storage.length, 0);
  assert.equal(await kept.send(async () => "again"), null);
});

test("what changed while it was sent is sent again", async () => {
  const kept = new Kept({ storage: new Storage(), key: "a" });
  kept.keep(1);
  await kept.send(async () => kept.keep(2));
  assert.equal(kept.read(), 2);
});

test("what the server will never take is given up", async () => {
  const kept = new Kept({ storage: new Storage(), key: "a" });
  kept.keep(1);
  await kept.send(() => refused(409));
  assert.equal(kept.read(), null);
});

test("a storage that keeps nothing, and one that holds something else", async () => {
  const full = new Storage();
  full.setItem = () => {
    throw new Error("full");
  };
  const kept = new Kept({ storage: full, key: "a" });
  kept.keep([1]);
  assert.deepEqual(kept.read(), [1]);
  const storage = new Storage();
  storage.setItem("b", "{");
  assert.equal(new Kept({ storage, key: "b" }).read(), null);
});

test("keys by how they begin", () => {
  const storage = new Storage();
  for (const key of ["x/2", "x/1", "y/1"]) storage.setItem(key, "1");
  assert.deepEqual(keysWith(storage, "x/"), ["x/1", "x/2"]);
});
