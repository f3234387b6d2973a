// What a person can do at the desk, by the name a key or a button calls it. Moving about is here;
// changing labels is in labelling.js.
import { frameCount } from "../time/clock.js";
import { Labelling } from "../labels/labelling.js";
import { frameRange, wholeView, zoomAt } from "../time/view.js";

/** @typedef {import("../timeline/rows.js").Item} Item */

const SHUTTLE = new Set(["stop", "forward", "backward"]);

export class Actions {
  /** @param {import("../desk.js").Desk} desk */
  constructor(desk) {
    this.desk = desk;
    const labels = new Labelling(desk);
    this.labels = labels;
    /** @type {Record<string, (() => void) | undefined>} */
    this.commands = {
      toggle: () => desk.player.toggle(),
      stop: () => desk.player.shuttle.press("stop"),
      forward: () => desk.player.shuttle.press("forward"),
      backward: () => desk.player.shuttle.press("backward"),
      slower: () => desk.player.changeSpeed(-1),
      faster: () => desk.player.changeSpeed(1),
      loop: () => this.#loop(),
      back1: () => this.#step("few", -1),
      on1: () => this.#step("few", 1),
      back10: () => this.#step("many", -1),
      on10: () => this.#step("many", 1),
      first: () => desk.goTo(0),
      last: () => desk.goTo(frameCount(desk.times) - 1),
      goto: () => desk.transport.frameBox.focus(),
      toStart: () => this.#toEdge((item) => item.start_frame),
      toEnd: () => this.#toEdge((item) => item.end_frame - 1),
      nextItem: () => this.#neighbour(1),
      previousItem: () => this.#neighbour(-1),
      rangeStart: () => this.#setRange([desk.frame, desk.range?.[1] ?? frameCount(desk.times)]),
      rangeEnd: () => this.#setRange([desk.range?.[0] ?? 0, desk.frame + 1]),
      zoomIn: () => this.#zoom(1 / 1.6),
      zoomOut: () => this.#zoom(1.6),
      zoomSelection: () => this.#zoomSelection(),
      zoomAll: () => desk.setView(wholeView(desk.duration)),
      skeleton: () => desk.showSkeleton(!desk.skeleton),
      clear: () => desk.work.live.cancel() || this.#clear(),
      help: () => (desk.help.open ? desk.help.close() : desk.help.showModal()),
      accept: () => labels.accept(),
      next: () => labels.nextOpen(desk.times[desk.frame]),
      remove: () => labels.remove(),
      finish: () => desk.work.mayFinish() && labels.finish(),
      unfinish: () => labels.unfinish(),
      add: () => labels.add(),
      startHere: () => labels.startHere(),
      endHere: () => labels.endHere(),
      split: () => labels.split(),
      merge: () => labels.several.merge(),
      duplicate: () => labels.several.duplicate(),
      copyToTier: () => labels.several.copyToTier(),
      startEarlier: () => labels.nudge("start", -1),
      startLater: () => labels.nudge("start", 1),
      endEarlier: () => labels.nudge("end", -1),
      endLater: () => labels.nudge("end", 1),
      moveEarlier: () => labels.move(-1),
      moveLater: () => labels.move(1),
      undo: () => labels.takeBack("undo"),
      redo: () => labels.takeBack("redo"),
    };
  }

  /** @param {string} command @param {{repeated?: boolean}} [how] repeated: the key is still held,
   * which is no further action of a person */
  run(command, { repeated = false } = {}) {
    const { work } = this.desk;
    const act = this.commands[command] ?? work.commands[command];
    if (repeated && SHUTTLE.has(command)) return; // held, not pressed again
    if (act && !repeated) work.did(command);
    act?.();
  }

  /** @param {"few" | "many"} size @param {-1 | 1} direction */
  #step(size, direction) {
    const { desk } = this;
    desk.player.stepBy(size, direction);
    const seconds = desk.times[desk.player.wanted];
    if (seconds < desk.view.start || seconds > desk.view.start + desk.view.span) {
      desk.goTo(desk.player.wanted);
    }
  }

  #loop() {
    const { player, range, status } = this.desk;
    if (player.loop) return player.setLoop(null);
    const item = this.desk.selected();
    const span = range ?? (item && [item.start_frame, item.end_frame]);
    if (!span) return status.say("Select a segment first; then it is played again and again.");
    player.setLoop(/** @type {[number, number]} */ (span));
    player.play();
  }

  /** @param {(item: Item) => number} frameOf */
  #toEdge(frameOf) {
    const item = this.desk.selected();
    if (item) this.desk.goTo(frameOf(item));
  }

  /** @param {1 | -1} direction */
  #neighbour(direction) {
    const { desk } = this;
    const list = desk.scene.items.filter((item) => desk.scene.look(item).state !== "accepted");
    const at = list.findIndex(({ id }) => id === desk.selectedId);
    const after = list.findIndex(({ start_frame }) => start_frame >= desk.frame);
    const before = (after < 0 ? list.length : after) - 1;
    const next = list[at >= 0 ? at + direction : direction > 0 ? after : before];
    if (next) desk.pick(next);
  }

  /** @param {[number, number]} range */
  #setRange([from, to]) {
    this.desk.range = from < to ? [from, to] : null;
    this.desk.redraw();
  }

  /** @param {number} factor */
  #zoom(factor) {
    const { desk } = this;
    const here = desk.times[desk.frame];
    const inView = here >= desk.view.start && here <= desk.view.start + desk.view.span;
    const anchor = inView ? here : desk.view.start + desk.view.span / 2;
    desk.setView(zoomAt(desk.view, factor, anchor, desk.duration));
  }

  #zoomSelection() {
    const { desk } = this;
    const item = desk.selected();
    const span = item ? [item.start_frame, item.end_frame] : desk.range;
    if (!span) return this.#zoom(1 / 4);
    desk.setView(frameRange(desk.times[span[0]], desk.times[span[1]], desk.duration));
  }

  #clear() {
    const { desk } = this;
    if (desk.gestures.dragging) return desk.gestures.cancel();
    if (desk.patient.choosing) return desk.patient.toggle();
    desk.markIn = null;
    desk.range = null;
    desk.select(null);
  }
}
