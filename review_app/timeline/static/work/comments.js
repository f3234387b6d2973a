// Comments beside the picture: read, answered, settled, and a box for a new one. They are edits of
// one's own layer, so they are as durable as labels.
import { button, h, icon } from "../dom.js";
import { say, unsay } from "../labels/operations.js";
import { formatTime } from "../time/clock.js";
import { aboutWhat, threadsOf } from "./threads.js";

/** @typedef {import("./threads.js").Said} Said */
/** @typedef {import("./threads.js").Thread} Thread */

const LONGEST = 2000;

export class Comments {
  /** @type {Thread | null} what is being answered */ #answering = null;
  #shown = "";

  /** @param {import("../desk.js").Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.number = h("span", {});
    this.count = button(
      { label: "Comments", hint: "C", class: "slim", onPress: () => desk.actions.run("comments") },
      icon("comment"),
      this.number,
    );
    this.list = h("div", { class: "threads" });
    this.about = h("p", { class: "about" });
    this.box = /** @type {HTMLTextAreaElement} */ (
      h("textarea", {
        rows: 2,
        maxlength: LONGEST,
        "aria-label": "Your comment",
        placeholder: "Enter sends it",
        onkeydown: (/** @type {KeyboardEvent} */ event) => this.#typed(event),
      })
    );
    const label = "Comments";
    this.element = h("section", { class: "comments", "aria-label": label }, this.list);
    if (desk.recording.own) this.element.append(this.about, this.box);
    this.element.hidden = true;
  }

  toggle() {
    this.element.hidden = !this.element.hidden;
    this.#answering = null;
    this.#shown = "";
    this.refresh();
    if (this.element.hidden) this.desk.element.focus({ preventScroll: true });
    else this.box.focus();
  }

  /** @returns {Said[]} */
  get #said() {
    const { layers, own } = this.desk.recording;
    return layers.all.flatMap((layer) => {
      const { comments } = layer.own && own ? own.state : layer.replica.base;
      const author = layer.own ? null : layer.author;
      return [...comments.values()].map((one) => ({ ...one, author }));
    });
  }

  /** Comments, the selection or the playhead may be others. */
  refresh() {
    const threads = threadsOf(this.#said);
    const open = threads.filter(({ resolved }) => !resolved).length;
    this.number.textContent = open ? String(open) : "";
    this.count.setAttribute("aria-pressed", String(!this.element.hidden));
    if (this.element.hidden) return;
    this.about.textContent = this.#answering
      ? `Answer to “${this.#answering.first.text.slice(0, 60)}” (Esc: a new comment)`
      : this.#aboutWords();
    const shown = JSON.stringify(threads);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const none = h("p", { class: "empty" }, "No comments yet.");
    this.list.replaceChildren(...(threads.length ? threads.map((one) => this.#thread(one)) : [none]));
  }

  get #place() {
    const { annotation, frame, range, selectedId } = this.desk;
    const segment = annotation.state.segments.get(String(selectedId)) ?? null;
    return aboutWhat({ segment, range, frame });
  }

  #aboutWords() {
    const { scene, times } = this.desk;
    const { segment_id, start_frame, end_frame } = this.#place;
    const item = segment_id === null ? null : scene.find(segment_id);
    if (item) return `About the label “${scene.look(item).title}”`;
    const [from, to] = [formatTime(times[start_frame], 2), formatTime(times[end_frame], 2)];
    return end_frame === start_frame + 1 ? `About ${from}` : `About ${from} – ${to}`;
  }

  /** @param {Thread} thread */
  #thread(thread) {
    const { first, replies, resolved } = thread;
    const { desk } = this;
    const may = desk.recording.own !== undefined;
    const press = (/** @type {string} */ label, /** @type {() => void} */ onPress) =>
      button({ label, class: "slim", onPress }, label);
    const time = formatTime(desk.times[first.start_frame], 1);
    const settle = () =>
      this.#say(thread, resolved ? "Opened again." : "Settled.", { resolves: !resolved });
    const last = replies.at(-1) ?? first;
    const tools = h("div", { class: "tools" }, press(time, () => this.#go(first)));
    if (may) tools.append(press("Answer", () => this.#answer(thread)));
    if (may) tools.append(press(resolved ? "Open again" : "Settle", settle));
    if (last.author === null) tools.append(press("Delete", () => this.#delete(last)));
    const said = [first, ...replies].map(({ author, text }) =>
      h("p", {}, h("b", {}, author ?? "You"), " ", text),
    );
    return h("article", { class: resolved ? "thread resolved" : "thread" }, ...said, tools);
  }

  /** @param {Said} said */
  #go({ segment_id, start_frame }) {
    const item = this.desk.scene.find(segment_id);
    if (item) this.desk.pick(item);
    else this.desk.goTo(start_frame);
  }

  /** @param {Thread} thread */
  #answer(thread) {
    this.#answering = thread;
    this.refresh();
    this.box.focus();
  }

  /** @param {Said} said one's own */
  #delete(said) {
    const { own } = this.desk.recording;
    own?.perform(unsay(own.state, said.id));
  }

  /** @param {KeyboardEvent} event */
  #typed(event) {
    if (event.key === "Escape") {
      event.stopPropagation();
      if (!this.#answering) return this.desk.element.focus({ preventScroll: true });
      this.#answering = null;
      this.refresh();
    }
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (this.#say(this.#answering, this.box.value)) this.box.value = "";
    this.#answering = null;
    this.refresh();
  }

  /** @param {Thread | null} thread null: a new one @param {string} text
   * @param {{resolves?: boolean}} [how] @returns {boolean} whether there was a word in it */
  #say(thread, text, { resolves = false } = {}) {
    const { recording, work } = this.desk;
    const { segment_id, start_frame, end_frame } = thread?.first ?? this.#place;
    const place = { segment_id, start_frame, end_frame };
    const reply_to = thread?.first.id ?? null;
    work.did("comment");
    const id = recording.newId();
    return recording.own?.perform(say({ id, ...place, reply_to, resolves, text })) ?? false;
  }
}
