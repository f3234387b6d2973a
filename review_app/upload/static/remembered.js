// Uploads that have begun and not ended, kept in the browser so that a reload does not lose them.

const KEY = "rehab_review_uploads";

/** @typedef {{fingerprint: string, name: string, size: number, project_id: number,
 *   patient: import("./queue.js").Patient, upload_id: string, sent: number}} Interrupted */

/** @returns {Interrupted[]} */
export function interrupted() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept : [];
  } catch {
    return [];
  }
}

/** @param {Interrupted} upload */
export function keep(upload) {
  save([...interrupted().filter((other) => other.fingerprint !== upload.fingerprint), upload]);
}

/** @param {string} fingerprint */
export function forget(fingerprint) {
  save(interrupted().filter((other) => other.fingerprint !== fingerprint));
}

/** @param {Interrupted[]} uploads */
function save(uploads) {
  try {
    localStorage.setItem(KEY, JSON.stringify(uploads));
  } catch {
    // Without storage an upload still works; only the hint after a reload is missing.
  }
}
