// What the tests of modules use of `node:test`, for the browser.
const tests = [];

/** @param {string} name @param {() => unknown} work */
export const test = (name, work) => void tests.push({ name, work });

/** Runs everything that was registered. @returns {Promise<{name: string, error: string}[]>} */
export async function run() {
  const results = [];
  for (const { name, work } of tests.splice(0)) {
    try {
      await work();
      results.push({ name, error: "" });
    } catch (error) {
      results.push({ name, error: String(error?.stack ?? error) });
    }
  }
  return results;
}
