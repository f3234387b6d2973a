// One file on its way: name, patient, bar, words, and what can be done about it.
import { duration, h, size } from "./dom.js";

/** @typedef {import("./queue.js").Item} Item */

export class Row {
  /** @param {Item} item @param {import("./queue.js").Queue} queue */
  constructor(item, queue) {
    this.item = item;
    this.leaving = false;
    this.words = h("small", { class: "words", role: "status" });
    this.bar = h("div", {});
    this.track = h(
      "div",
      { class: "track", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100, "aria-label": item.file.name },
      this.bar,
    );
    this.again = h("button", { type: "button", class: "quiet", onclick: () => queue.retry(item) }, "Try again");
    this.stop = h("button", { type: "button", class: "quiet", onclick: () => queue.cancel(item) }, "Cancel");
    this.close = h(
      "button",
      { type: "button", class: "icon", "aria-label": "Hide", onclick: () => queue.remove(item) },
      "✕",
    );
    this.element = h(
      "div",
      { class: "upload", role: "listitem" },
      h(
        "div",
        { class: "line" },
        h("span", { class: "name", title: item.file.name }, item.file.name),
        h("small", { class: "who" }, item.patient.pseudonym),
      ),
      this.words,
      this.again,
      this.stop,
      this.close,
      this.track,
    );
  }

  draw() {
    const { item } = this;
    const share = item.file.size ? item.sent / item.file.size : 0;
    this.element.dataset.state = item.state;
    this.words.textContent = words(item, share);
    this.words.title = item.message;
    this.bar.style.width = `${100 * share}%`;
    this.track.setAttribute("aria-valuenow", String(Math.round(100 * share)));
    this.track.hidden = !item.active || item.state === "waiting";
    this.again.hidden = item.state !== "failed";
    this.stop.hidden = !item.active || item.state === "checking";
    this.close.hidden = item.active;
  }
}

/** @param {Item} item @param {number} share */
function words(item, share) {
  const percent = `${Math.floor(100 * share)} %`;
  switch (item.state) {
    case "waiting":
      return `${size(item.file.size)}, waiting for its turn`;
    case "sending": {
      if (!item.speed) return percent;
      const left = duration((item.file.size - item.sent) / item.speed);
      return `${percent} · ${(item.speed / 1e6).toFixed(1)} MB/s · ${left} left`;
    }
    case "checking":
      return "Arrived, being checked";
    case "offline":
      return `${percent} · the server does not answer, trying again`;
    case "done":
      return "Uploaded; it is now read and proposed below";
    default:
      return item.message;
  }
}
