// Labelling at speed and its measure, as parts of the desk: live marks, where to go next, what was
// looked at, and what all of it costs.
import { button, h } from "../dom.js";
import { setUnsure } from "../labels/many.js";
import { frameCount } from "../time/clock.js";
import { covers } from "../time/spans.js";
import { Comments } from "./comments.js";
import { Counting } from "./counting.js";
import { Going } from "./going.js";
import { Live } from "./live.js";
import { Looking } from "./looking.js";
import { reactionIn } from "./reaction.js";
import { ReactionDialog } from "./reaction_dialog.js";
import { SureDialog } from "./sure_dialog.js";

const SHOW_MS = 1000;
const SINCE = "Counted since this recording was opened; it stays on this server.";
const REACTION = "reaction";

export class Work {
  /** @param {import("../desk.js").Desk} desk with everything but this */
  constructor(desk) {
    this.desk = desk;
    const { preferences } = desk;
    this.live = new Live({ desk, tap: (classId) => this.useClass(classId) });
    this.going = new Going(desk);
    this.looking = new Looking({
      desk,
      onChange: () => {
        desk.seen = this.looking.seen.spans;
        desk.refresh();
      },
    });
    desk.seen = this.looking.seen.spans;
    this.counting = new Counting({ desk, mode: () => this.mode });
    this.comments = new Comments(desk);
    this.sure = new SureDialog(desk);
    this.reaction = new ReactionDialog({
      read: () => preferences.get(REACTION),
      save: (value) => {
        preferences.set(REACTION, value);
        this.#show();
      },
    });
    this.seenWords = h("span", { class: "looked" });
    this.effortWords = h("span", {
      class: "effort",
    });
    this.reactionButton = button({
      label: "Your reaction time",
      hint: "Shift+R",
      class: "slim",
      onPress: () => desk.actions.run("reaction"),
    });
    this.line = h(
      "div",
      { class: "line work" },
      this.seenWords,
      this.effortWords,
      h("span", { class: "spring" }),
      this.comments.count,
      this.reactionButton,
    );
    /** @type {Record<string, (() => void) | undefined>} */
    this.commands = {
      nextUncertain: () => this.going.nextUncertain(),
      nextDisagreement: () => this.going.nextDisagreement(),
      acceptSure: () => this.sure.open(),
      unsure: () => this.#toggleUnsure(),
      comments: () => this.comments.toggle(),
      reaction: () => this.reaction.open(),
    };
    desk.status.element.insertBefore(this.line, desk.keeping.notices.element);
    desk.panel.element.append(this.comments.element);
    desk.element.append(this.sure.element, this.reaction.element);
    this.timer = setInterval(() => this.#show(), SHOW_MS);
    window.addEventListener("pagehide", this.#leave);
    document.addEventListener("visibilitychange", this.#leave);
    this.#show();
  }

  stop() {
    this.#send();
    clearInterval(this.timer);
    window.removeEventListener("pagehide", this.#leave);
    document.removeEventListener("visibilitychange", this.#leave);
    this.live.stop();
    this.looking.stop();
    this.counting.stop();
  }

  /** Whether one of its dialogs has the keys. */
  get open() {
    return this.sure.element.open || this.reaction.element.open;
  }

  /** Whether this person sees what the model proposes. @returns {import("./effort.js").Mode} */
  get mode() {
    const { run, board } = this.desk;
    if (!run) return "none";
    return board.layout.hidden.includes(`model ${run.model_id}`) ? "hidden" : "shown";
  }

  /** @param {string} command a key, a button or the mouse did something */
  did(command) {
    this.counting.did(command);
  }

  /** A class key or button. @param {number} classId */
  useClass(classId) {
    this.did("class");
    this.desk.actions.labels.useClass(classId);
  }

  /** @param {number} frame @param {boolean} confirmed */
  onFrame(frame, confirmed) {
    this.live.onFrame(frame, confirmed);
    this.looking.onFrame(frame, confirmed);
  }

  refresh() {
    this.counting.refresh();
    this.comments.refresh();
  }

  #show() {
    const write = (/** @type {HTMLElement} */ element, /** @type {string} */ words) => {
      if (element.textContent !== words) element.textContent = words;
    };
    write(this.seenWords, `${this.looking.percent} % looked at`);
    if (this.desk.canEdit) {
      const { short, long } = this.counting.words;
      write(this.effortWords, short);
      this.effortWords.title = `${long} ${SINCE}`;
    }
    write(this.reactionButton, `${reactionIn(this.desk.preferences.get(REACTION)).ms} ms`);
    this.reactionButton.hidden = !this.desk.canEdit;
  }

  /** The page may be gone in a moment. */
  #leave = (/** @type {Event} */ event) => {
    if (event.type === "pagehide" || document.visibilityState === "hidden") this.#send();
  };

  #send() {
    void this.looking.send({ keepalive: true });
    void this.counting.send({ keepalive: true });
  }

  /** Before the range, or everything, is marked as finished. */
  mayFinish() {
    const { annotation, canEdit, range, times } = this.desk;
    const span = /** @type {[number, number]} */ (range ?? [0, frameCount(times)]);
    if (!canEdit || covers(annotation.state.finished, span)) return true;
    return this.looking.mayFinish(span);
  }

  #toggleUnsure() {
    const { actions, annotation, scene, selectedIds, status } = this.desk;
    const item = this.desk.selected();
    if (item?.kind === "proposal" && scene.look(item).state === "open") {
      actions.labels.acceptProposal(item, { unsure: true });
      return;
    }
    const { segments } = annotation.state;
    const ids = [...selectedIds].map(String).filter((id) => segments.has(id));
    if (!ids.length) return status.say("Select a label first, then mark it as unsure.");
    const unsure = ids.some((id) => !segments.get(id)?.unsure);
    if (!actions.labels.perform(setUnsure(annotation.state, ids, unsure))) return;
    status.say(unsure ? "Marked as unsure." : "No longer marked as unsure.");
  }
}
