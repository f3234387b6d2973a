// Keys mean one thing each, whatever the keyboard.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  KEY_MAP,
  comboOf,
  commandFor,
  keyNames,
} from "../../../review_app/timeline/static/keys/keys.js";

const press = (key, code = "", held = {}) =>
  comboOf({ key, code, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...held });

test("no key is bound twice, and none to a class key", () => {
  const keys = KEY_MAP.flatMap(({ bindings }) => bindings.flatMap((binding) => binding.keys));
  assert.equal(new Set(keys).size, keys.length);
  assert.ok(!keys.some((key) => /^[0-9]$/.test(key)));
});

test("combinations are named as they are written", () => {
  assert.equal(press(" "), "Space");
  assert.equal(press("A", "KeyA"), "a"); // caps lock
  assert.equal(press("Z", "KeyZ", { ctrlKey: true, shiftKey: true }), "Ctrl+Shift+Z");
  assert.equal(press("z", "KeyZ", { metaKey: true }), "Ctrl+z");
  assert.equal(press("?", "Slash", { shiftKey: true }), "?");
  assert.equal(press("ArrowLeft", "", { shiftKey: true }), "Shift+ArrowLeft");
  assert.equal(press("ф", "KeyA"), "a"); // another script: by the key's place
  assert.equal(press("ä", "Quote"), "ä");
});

test("every binding can be pressed and shown", () => {
  for (const { bindings } of KEY_MAP) {
    for (const { keys, command } of bindings) {
      for (const key of keys) {
        assert.equal(commandFor(key), command);
        assert.ok(keyNames(key).every((name) => name.length > 0));
      }
    }
  }
});
