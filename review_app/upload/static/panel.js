// The drop zone and what is below it: files waiting for a patient, and files on their way.
import { Batch } from "./batch.js";
import { filesIn } from "./files.js";
import { h, size } from "./dom.js";
import { Row } from "./row.js";
import { forget } from "./remembered.js";

const DONE_STAYS_MS = 5000;

export class Panel {
  /** @param {ShadowRoot | HTMLElement} parent @param {import("./queue.js").Queue} queue */
  constructor(parent, queue) {
    this.queue = queue;
    /** Tells Python that something happened. @type {(what: string) => void} */
    this.notify = () => {};
    /** @type {import("./index.js").Data} */
    this.data = { token: "", project_id: 0, patients: [], largest_gb: 0 };
    /** @type {Map<import("./queue.js").Item, Row>} */
    this.rows = new Map();

    this.input = /** @type {HTMLInputElement} */ (
      h("input", { type: "file", multiple: true, class: "hidden", "aria-label": "Choose videos" })
    );
    this.input.addEventListener("change", () => this.choose([...(this.input.files ?? [])]));
    this.limit = h("span");
    this.zone = h(
      "div",
      { class: "zone" },
      h("span", { class: "arrow", "aria-hidden": "true" }, "⇪"),
      h(
        "div",
        { class: "words" },
        h("strong", {}, "Drop videos or a folder here"),
        h("small", {}, "MP4, MOV, AVI, MKV or WebM, several at once", this.limit),
      ),
      h("button", { type: "button", class: "quiet", onclick: () => this.input.click() }, "Choose files"),
      this.input,
    );
    this.batch = new Batch((items) => queue.add(items));
    this.left = h("div", { class: "left" });
    this.list = h("div", { class: "list", role: "list", "aria-label": "Uploads" });
    const sheet = h("link", { rel: "stylesheet", href: new URL("styles.css", import.meta.url).href });
    this.element = h("div", { class: "uploads" }, this.zone, this.left, this.batch.element, this.list);
    parent.querySelector(".place")?.remove();
    parent.append(sheet, this.element);
    this.listenForDrops();
  }

  /** Called at every rerun of the page. @param {import("./index.js").Data} data */
  update(data) {
    const changed = data.project_id !== this.data.project_id;
    this.data = data;
    const { queue } = this;
    queue.tokens.set(data.project_id, data.token);
    queue.onChange = () => this.draw();
    queue.onImported = () => this.element.isConnected && this.notify("imported");
    queue.onSignedOut = () => this.element.isConnected && this.notify("signed_out");
    if (changed) this.batch.clear();
    this.batch.update(data, queue.interrupted(data.project_id));
    this.limit.textContent = `, up to ${data.largest_gb.toLocaleString()} GB each`;
    this.draw();
  }

  /** @param {File[]} files */
  choose(files) {
    this.input.value = "";
    this.batch.add(files);
  }

  /** Anywhere on the page: a video that misses the zone must not replace the application. */
  listenForDrops() {
    const listening = new AbortController();
    const { signal } = listening;
    let depth = 0;
    /** @param {DragEvent} event */
    const ours = (event) => {
      if (!this.element.isConnected) {
        listening.abort();
        return false;
      }
      if (!event.dataTransfer?.types.includes("Files")) return false;
      event.preventDefault();
      return true;
    };
    const light = (/** @type {number} */ change) => {
      depth = Math.max(0, depth + change);
      this.zone.classList.toggle("over", depth > 0);
    };
    window.addEventListener("dragenter", (event) => ours(event) && light(1), { signal });
    window.addEventListener("dragleave", (event) => ours(event) && light(-1), { signal });
    window.addEventListener("dragover", (event) => void ours(event), { signal });
    window.addEventListener(
      "drop",
      (event) => {
        if (!ours(event) || !event.dataTransfer) return;
        light(-depth);
        void filesIn(event.dataTransfer).then((files) => this.choose(files));
      },
      { signal },
    );
  }

  draw() {
    const { items } = this.queue;
    for (const [item, row] of this.rows) {
      if (items.includes(item)) continue;
      row.element.remove();
      this.rows.delete(item);
    }
    for (const item of items) {
      let row = this.rows.get(item);
      if (!row) {
        row = new Row(item, this.queue);
        this.rows.set(item, row);
        this.list.append(row.element);
      }
      row.draw();
      if (item.state === "done" && !row.leaving) {
        row.leaving = true;
        setTimeout(() => this.queue.remove(item), DONE_STAYS_MS);
      }
    }
    this.drawInterrupted();
  }

  drawInterrupted() {
    const uploads = this.queue.interrupted(this.data.project_id);
    const names = uploads.map((upload) => `${upload.name} (${size(upload.sent)} of ${size(upload.size)})`);
    const text = names.join(", ");
    if (this.left.dataset.text === text) return;
    this.left.dataset.text = text;
    this.left.replaceChildren();
    if (!uploads.length) return;
    const discard = () => {
      for (const upload of uploads) {
        forget(upload.fingerprint);
        this.queue.drop(upload.project_id, upload.upload_id);
      }
      this.draw();
    };
    this.left.append(
      h("span", {}, "Interrupted: ", h("strong", {}, text), ". Choose the same files again to go on where they stopped."),
      h("button", { type: "button", class: "quiet", onclick: discard }, "Discard"),
    );
  }
}
