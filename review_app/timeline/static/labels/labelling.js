// The changes a person makes to labels: what is selected and where the playhead is becomes an
// operation on the annotation.
import { frameCount } from "../time/clock.js";
import * as operations from "./operations.js";
import { fitted, strictTiers } from "./overlap.js";
import { Several } from "./several.js";
import { SAME_MOMENT } from "./offered.js";
import { spanOf } from "../timeline/scene.js";
import { addSpan, covers, gaps, tiou } from "../time/spans.js";

/** @typedef {import("../timeline/rows.js").Item} Item */
/** @typedef {[number, number]} Span */

const NEW_SEGMENT_S = 2;
const NO_ROOM = "There is no room: in this tier labels do not overlap.";
const READ_ONLY = "You can look at this recording; labels are changed by annotators.";

export class Labelling {
  /** @param {import("../desk.js").Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.several = new Several({ desk, perform: (operation) => this.perform(operation) });
  }

  get #state() {
    return this.desk.annotation.state;
  }

  /** @param {string} sentence */
  #say(sentence) {
    this.desk.status.say(sentence);
  }

  /** As far as the rules of the tiers and the locks allow it.
   * @param {operations.Operation | null} operation @returns {boolean} whether it was done */
  perform(operation) {
    const { annotation, canEdit, recording, tiers } = this.desk;
    if (!canEdit) this.#say(READ_ONLY);
    if (!canEdit || !operation) return false;
    const fit = fitted(this.#state, operation, strictTiers(tiers));
    if (!fit.operation) this.#say(NO_ROOM);
    const lock = recording.inTheWay(fit.operation);
    if (lock) this.#say(lock);
    return !lock && annotation.perform(fit.operation);
  }

  /** @param {Item} item */
  #isOpen(item) {
    return item.kind === "proposal" && this.desk.scene.look(item).state === "open";
  }

  /** To the next proposal nobody has accepted or turned down: after `seconds`, else from the start.
   * @param {number} seconds */
  nextOpen(seconds) {
    const { desk } = this;
    const open = desk.scene.open().filter((item) => item.id !== desk.selectedId);
    const next = open.find((item) => desk.times[item.start_frame] > seconds) ?? open[0];
    if (next) return desk.pick(next);
    const left = gaps(this.#state.finished, frameCount(desk.times));
    if (!left.length) return this.#say("Everything here is reviewed and finished.");
    desk.goTo(left[0][0]);
    this.#say("No proposal is left. From here on nothing is marked as finished; F marks it.");
  }

  /** Accepts the selected proposal, or goes to the next one to look at. */
  accept() {
    const { desk } = this;
    const item = desk.selected();
    if (!item || !this.#isOpen(item)) return this.nextOpen(desk.times[desk.frame] - 1e-6);
    if (this.acceptProposal(item)) this.nextOpen(desk.times[item.start_frame]);
  }

  /** @param {Item} item @param {Partial<operations.Content>} [corrected] */
  acceptProposal(item, corrected = {}) {
    const { desk } = this;
    const { title, state } = desk.scene.look(item);
    const kind = desk.classes.get(Number(corrected.class_id ?? item.classId));
    if (state === "accepted") {
      this.#say("This proposal is accepted already; its label is in the row below.");
      return false;
    }
    if (!kind) {
      this.#say(`This project has no class “${title}”. Press the key of the class it should be.`);
      return false;
    }
    const id = desk.annotation.newId();
    const { start_frame, end_frame } = item;
    const proposed = { start_frame, end_frame, class_id: kind.id, tier_id: kind.tier_id };
    const segment = { id, ...proposed, ...corrected, proposal_id: Number(item.id) };
    if (!this.perform(operations.accept(segment))) return false;
    desk.select(id);
    return true;
  }

  /** Deletes a label; turns a proposal down, which says that nothing happens in its span. */
  remove() {
    const item = this.desk.selected();
    if (this.several.chosen) this.several.remove();
    else if (item?.kind === "segment") this.perform(operations.remove(String(item.id)));
    else if (item && this.#isOpen(item)) this.#turnDown(item);
  }

  /** Where the model offers two readings of one moment, turning the first down shows the second;
   * only when that is turned down too does the moment count as looked at.
   * @param {Item} item */
  #turnDown(item) {
    const { desk } = this;
    if (!desk.canEdit) return this.#say(READ_ONLY);
    desk.proposed.doubt(item);
    const readings = desk.scene
      .open()
      .filter((one) => tiou(spanOf(one), spanOf(item)) >= SAME_MOMENT);
    const other = readings.find(({ id }) => !desk.proposed.doubted.has(id));
    if (other) {
      desk.pick(other);
      return this.#say(
        "The model's other reading of it. Enter accepts it, Delete turns both down.",
      );
    }
    const finished = readings.reduce(
      (spans, one) => addSpan(spans, spanOf(one)),
      this.#state.finished,
    );
    const looked = {
      kind: "turn down",
      changes: [{ op: /** @type {const} */ ("finish"), spans: finished }],
    };
    if (!this.perform(looked)) return;
    this.nextOpen(desk.times[item.start_frame]);
    this.#say("Turned down.");
  }

  /** @returns {Span} */
  #rangeOrAll() {
    return this.desk.range ?? [0, frameCount(this.desk.times)];
  }

  finish() {
    const { desk } = this;
    const span = this.#rangeOrAll();
    if (covers(this.#state.finished, span)) {
      return this.#say("This is marked as finished already. Shift+F takes it back.");
    }
    const left = desk.scene.open().filter((item) => covers([span], spanOf(item))).length;
    const what = desk.range ? "The chosen range" : "The whole recording";
    if (!this.perform(operations.finish(this.#state, span))) return;
    const rest = left ? ` ${left} proposals in it are turned down with it.` : "";
    this.#say(`${what} is marked as finished.${rest}`);
    desk.range = null;
    desk.redraw();
  }

  unfinish() {
    if (!this.#state.finished.length) return this.#say("Nothing is marked as finished.");
    if (this.perform(operations.unfinish(this.#state, this.#rangeOrAll()))) {
      this.#say("No longer marked as finished.");
    }
  }

  /** A segment about to be drawn, of the class in use where that belongs to the tier.
   * @param {number} tierId @returns {Item | null} */
  newItem(tierId) {
    const { classes, activeClassId, annotation } = this.desk;
    const active = classes.get(activeClassId);
    const kind =
      active?.tier_id === tierId
        ? active
        : [...classes.values()].find((one) => one.tier_id === tierId);
    if (!kind) {
      this.#say("This tier has no classes yet.");
      return null;
    }
    const frames = { start_frame: 0, end_frame: 0, lane: 0, lanes: 1 };
    return { kind: "segment", id: annotation.newId(), tierId, classId: kind.id, ...frames };
  }

  /** A proposal whose edge is taken hold of, as the label it will become.
   * @param {Item} proposal @returns {Item | null} */
  adopt(proposal) {
    const kind = this.desk.classes.get(Number(proposal.classId));
    if (!kind || this.desk.scene.look(proposal).state === "accepted") return null;
    return { ...proposal, tierId: kind.tier_id, lane: 0, lanes: 1 };
  }

  /** What a drag has made, in one edit. @param {Item[]} items
   * @param {"create" | "move" | "resize"} how */
  commitDrafts(items, how) {
    if (items.length === 1) return this.commitDraft(items[0], how);
    const changes = items.flatMap(({ id, start_frame, end_frame }) => {
      const placed = operations.place(this.#state, String(id), start_frame, end_frame, "move");
      return placed?.changes ?? [];
    });
    if (changes.length) this.perform({ kind: how, changes });
  }

  /** @param {Item} item @param {"create" | "move" | "resize"} how */
  commitDraft(item, how) {
    const { id, start_frame, end_frame } = item;
    if (item.kind === "proposal") this.acceptProposal(item, { start_frame, end_frame });
    else if (how === "create") this.#create(item);
    else this.perform(operations.place(this.#state, String(id), start_frame, end_frame, how));
  }

  /** @param {Pick<Item, "id" | "tierId" | "classId" | "start_frame" | "end_frame">} item */
  #create({ id, tierId, classId, start_frame, end_frame }) {
    const place = { id: String(id), tier_id: Number(tierId), class_id: Number(classId) };
    const segment = { ...place, start_frame, end_frame, proposal_id: null };
    if (this.perform(operations.add(segment))) this.desk.select(segment.id);
  }

  /** @param {number} start_frame @param {number} end_frame */
  #createBetween(start_frame, end_frame) {
    const kind = this.desk.classes.get(this.desk.activeClassId);
    const item = kind && this.newItem(kind.tier_id);
    if (item) this.#create({ ...item, start_frame, end_frame });
    else this.#say("This project has no classes yet.");
  }

  /** From the playhead for two seconds, or until the next label starts. */
  add() {
    const { scene, frame, times } = this.desk;
    const until = times[frame] + NEW_SEGMENT_S;
    let end = frame + 1;
    while (end < frameCount(times) && times[end] < until) end += 1;
    const next = scene.items.find((item) => item.kind === "segment" && item.start_frame > frame);
    this.#createBetween(frame, Math.min(end, next?.start_frame ?? end));
  }

  startHere() {
    const { desk } = this;
    if (this.several.chosen) return this.several.trim("start");
    const item = desk.selected();
    if (item) return this.#reshape(item, desk.frame, item.end_frame, desk.frame);
    desk.markIn = desk.frame;
    this.#say(`A new segment starts at frame ${desk.frame}. Press ] where it ends.`);
  }

  endHere() {
    const { desk } = this;
    if (this.several.chosen) return this.several.trim("end");
    const item = desk.selected();
    if (item) return this.#reshape(item, item.start_frame, desk.frame + 1, desk.frame);
    const start = desk.markIn;
    if (start === null) return this.#say("Press [ where the segment starts first, or select one.");
    if (desk.frame < start) return this.#say("A segment ends after it starts.");
    desk.markIn = null;
    this.#createBetween(start, desk.frame + 1);
  }

  /** @param {"start" | "end"} edge @param {number} frames */
  nudge(edge, frames) {
    if (this.several.chosen) return this.several.nudge(edge, frames);
    const item = this.desk.selected();
    if (!item) return this.#say("Select a segment first.");
    const start = item.start_frame + (edge === "start" ? frames : 0);
    const end = item.end_frame + (edge === "end" ? frames : 0);
    this.#reshape(item, start, end, edge === "start" ? start : end - 1);
  }

  /** The whole selection, its length kept. @param {number} frames */
  move(frames) {
    if (this.several.chosen) return this.several.shift(frames);
    const item = this.desk.selected();
    if (!item) return this.#say("Select a segment first.");
    const [start, end] = [item.start_frame + frames, item.end_frame + frames];
    this.#reshape(item, start, end, start, "move");
  }

  /** @param {Item} item @param {number} start @param {number} end @param {number} show frame
   * @param {"move" | "resize"} [how] */
  #reshape(item, start, end, show, how = "resize") {
    const { desk } = this;
    if (start < 0 || end > frameCount(desk.times)) return;
    if (start >= end) return this.#say("A segment ends after it starts.");
    if (item.kind === "proposal") {
      this.acceptProposal(item, { start_frame: start, end_frame: end });
    } else {
      this.perform(operations.place(this.#state, String(item.id), start, end, how));
    }
    if (desk.player.playing) return; // an edge set while the video plays does not stop it
    desk.player.seek(show);
  }

  split() {
    const { desk } = this;
    const at = desk.frame;
    const inside = (/** @type {Item} */ item) =>
      item.kind === "segment" && item.start_frame < at && item.end_frame > at;
    const chosen = desk.selected();
    const item = chosen && inside(chosen) ? chosen : desk.scene.items.find(inside);
    if (!item) return this.#say("Put the playhead inside a segment to split it there.");
    const second = desk.annotation.newId();
    const operation = operations.split(this.#state, String(item.id), at, second);
    if (this.perform(operation)) desk.select(second);
  }

  /** A class key: relabels what is selected, or is the class of new segments.
   * @param {number} id */
  useClass(id) {
    const { desk } = this;
    const item = desk.selected();
    const kind = desk.classes.get(id);
    if (!kind) return;
    const { tier_id, title } = kind;
    desk.activeClassId = id;
    if (this.several.chosen) this.several.relabel(id, tier_id);
    else if (item?.kind === "segment") {
      this.perform(operations.relabel(this.#state, String(item.id), id, tier_id));
    } else if (item && this.#isOpen(item)) {
      this.acceptProposal(item, { class_id: id, tier_id });
    } else this.#say(`New segments: ${title}.`);
    desk.refresh();
  }

  /** @param {"undo" | "redo"} verb */
  async takeBack(verb) {
    try {
      const what = await this.desk.annotation[verb]();
      if (what) this.#say(`${verb === "undo" ? "Undone" : "Done again"}: ${what}.`);
      else this.#say(`Nothing to ${verb}.`);
    } catch (error) {
      this.#say(/** @type {Error} */ (error).message); // it is further back than this page knows
    }
  }
}
