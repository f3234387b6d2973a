// What the tests of modules use of `node:assert/strict`, for the browser.

/** @param {unknown} value @param {string} [message] */
function ok(value, message) {
  if (!value) throw new Error(message ?? `${show(value)} is not true`);
}

const equal = (actual, expected) =>
  ok(Object.is(actual, expected), `${show(actual)} is not ${show(expected)}`);

const notEqual = (actual, other) => ok(!Object.is(actual, other), `both are ${show(actual)}`);

const deepEqual = (actual, expected) =>
  ok(same(actual, expected), `${show(actual)} is not ${show(expected)}`);

const match = (text, pattern) => ok(pattern.test(text), `${show(text)} does not match ${pattern}`);

function same(a, b) {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || !a || !b) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (a instanceof Map || a instanceof Set) return same([...a], [...b]);
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  return keys.length === others.length && keys.every((key) => key in b && same(a[key], b[key]));
}

function show(value) {
  const plain = value instanceof Map || value instanceof Set ? [...value] : value;
  return JSON.stringify(plain) ?? String(plain);
}

export default { ok, equal, notEqual, deepEqual, match };
