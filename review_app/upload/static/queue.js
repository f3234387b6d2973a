// Files on their way to the server, one after the other, in chunks.
import { fingerprint } from "./fingerprint.js";
import { forget, interrupted, keep } from "./remembered.js";
import { Refused, Unreachable, ask } from "./server.js";

/** @typedef {{id: number | null, pseudonym: string}} Patient an id, or a new pseudonym */
/** @typedef {"waiting" | "sending" | "checking" | "offline" | "done" | "duplicate" | "failed"}
 *   State */

const PAUSES_MS = [500, 1000, 2000, 5000]; // before the server is asked again, then always the last
const MOST_CONFLICTS = 20;
const SPEED_OVER_MS = 5000;

/** One file. */
export class Item {
  /** @param {File} file @param {Patient} patient @param {number} projectId */
  constructor(file, patient, projectId) {
    this.file = file;
    this.patient = patient;
    this.projectId = projectId;
    this.state = /** @type {State} */ ("waiting");
    this.sent = 0;
    this.message = "";
    this.fingerprint = "";
    this.uploadId = "";
    this.abort = new AbortController();
    /** @type {{at: number, sent: number}[]} */
    this.samples = [];
  }

  get active() {
    return ["waiting", "sending", "checking", "offline"].includes(this.state);
  }

  /** Bytes a second over the last few seconds; 0 while unknown. */
  get speed() {
    const [first, last] = [this.samples[0], this.samples[this.samples.length - 1]];
    return first && last.at > first.at ? (1000 * (last.sent - first.sent)) / (last.at - first.at) : 0;
  }

  /** @param {number} sent */
  progress(sent) {
    const at = performance.now();
    this.sent = sent;
    this.samples.push({ at, sent });
    while (at - this.samples[0].at > SPEED_OVER_MS) this.samples.shift();
  }
}

export class Queue {
  /** @param {URL} base ends in api/ */
  constructor(base) {
    this.base = base;
    /** @type {Item[]} */
    this.items = [];
    /** @type {Map<number, string>} the newest token of each project */
    this.tokens = new Map();
    this.onChange = () => {};
    this.onImported = () => {};
    this.onSignedOut = () => {};
    this.running = false;
    window.addEventListener("beforeunload", (event) => {
      if (this.items.some((item) => item.active)) event.preventDefault();
    });
  }

  /** @param {Item[]} items */
  add(items) {
    this.items.push(...items);
    this.onChange();
    void this.run();
  }

  /** Cancels an upload and lets the server drop what it has. @param {Item} item */
  cancel(item) {
    item.abort.abort(new DOMException("Cancelled", "AbortError"));
    if (item.fingerprint) forget(item.fingerprint);
    this.remove(item);
    if (item.uploadId) this.drop(item.projectId, item.uploadId);
  }

  /** @param {number} projectId @param {string} uploadId */
  drop(projectId, uploadId) {
    this.ask(`uploads/${uploadId}`, "DELETE", projectId, new AbortController().signal).catch(() => {});
  }

  /** @param {Item} item */
  retry(item) {
    item.abort = new AbortController();
    item.state = "waiting";
    item.message = "";
    this.onChange();
    void this.run();
  }

  /** @param {Item} item */
  remove(item) {
    this.items = this.items.filter((other) => other !== item);
    this.onChange();
  }

  async run() {
    if (this.running) return;
    this.running = true;
    for (;;) {
      const item = this.items.find((other) => other.state === "waiting");
      if (!item) break;
      await this.send(item);
    }
    this.running = false;
  }

  /** One file from start to end; what goes wrong stays on its row and the next one follows.
   * @param {Item} item */
  async send(item) {
    for (let failures = 0; ; failures += 1) {
      const before = item.sent;
      try {
        await this.attempt(item);
        return;
      } catch (error) {
        if (item.abort.signal.aborted) return;
        const signedOut = error instanceof Refused && error.status === 401;
        if (signedOut) this.onSignedOut();
        else if (!(error instanceof Unreachable)) {
          item.state = "failed";
          item.message = sentence(error);
          this.onChange();
          return;
        }
        if (item.sent > before) failures = 0;
        item.state = "offline";
        item.samples = [];
        this.onChange();
        const pause = PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)];
        await new Promise((resolve) => setTimeout(resolve, pause));
        if (item.abort.signal.aborted) return;
      }
    }
  }

  /** @param {Item} item */
  async attempt(item) {
    const { file, projectId, patient } = item;
    const { signal } = item.abort;
    item.fingerprint ||= await fingerprint(file);
    const about = JSON.stringify({
      name: file.name,
      size: file.size,
      fingerprint: item.fingerprint,
      patient_id: patient.id,
      pseudonym: patient.pseudonym,
    });
    const begun = await this.ask("uploads", "POST", projectId, signal, { body: about });
    item.uploadId = begun.upload_id;
    if (begun.result) return this.ended(item, begun.result);
    item.progress(begun.offset);
    this.keep(item);

    let conflicts = 0; // in a row: the server had got further, or another connection sends as well
    while (item.sent < file.size) {
      const offset = item.sent;
      item.state = "sending";
      try {
        const answer = await this.ask(`uploads/${item.uploadId}?offset=${offset}`, "PUT", projectId, signal, {
          body: file.slice(offset, offset + begun.chunk),
          onSent: (bytes) => {
            item.progress(Math.min(file.size, offset + bytes));
            this.onChange();
          },
        });
        item.progress(answer.offset);
        conflicts = 0;
      } catch (error) {
        const elsewhere = error instanceof Refused && error.status === 409 ? error.offset : undefined;
        conflicts += 1;
        if (elsewhere === undefined || conflicts > MOST_CONFLICTS) throw error;
        item.progress(elsewhere);
        await new Promise((resolve) => setTimeout(resolve, PAUSES_MS[0]));
      }
      this.keep(item);
      this.onChange();
    }
    item.state = "checking";
    this.onChange();
    const result = await this.ask(`uploads/${item.uploadId}/finish`, "POST", projectId, signal);
    return this.ended(item, result);
  }

  /** @param {Item} item @param {{duplicate?: boolean, message?: string}} result */
  ended(item, result) {
    item.sent = item.file.size;
    item.state = result.duplicate ? "duplicate" : "done";
    item.message = result.message ?? "";
    forget(item.fingerprint);
    this.onChange();
    this.onImported();
  }

  /** @param {Item} item */
  keep(item) {
    keep({
      fingerprint: item.fingerprint,
      name: item.file.name,
      size: item.file.size,
      project_id: item.projectId,
      patient: item.patient,
      upload_id: item.uploadId,
      sent: item.sent,
    });
  }

  /** Uploads of a project that an earlier visit to the page left unfinished. @param {number} projectId */
  interrupted(projectId) {
    const here = new Set(this.items.map((item) => item.fingerprint));
    return interrupted().filter(
      (upload) => upload.project_id === projectId && !here.has(upload.fingerprint),
    );
  }

  /** @param {string} path @param {string} method @param {number} projectId
   * @param {AbortSignal} signal
   * @param {{body?: Blob | string, onSent?: (bytes: number) => void}} [more] */
  ask(path, method, projectId, signal, more = {}) {
    const token = this.tokens.get(projectId) ?? "";
    return ask({ url: new URL(path, this.base), method, token, signal, ...more });
  }
}

/** @param {unknown} error */
function sentence(error) {
  if (error instanceof Refused) return error.message;
  // The browser could not read the file: it was moved, changed or its disk is gone.
  return "The file can no longer be read. Choose it again.";
}
