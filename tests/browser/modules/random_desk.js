// A person who does anything, in any order, with the desk's own modules and the real server.
import { newId } from "/api/ui/timeline/ids.js";
import * as many from "/api/ui/timeline/labels/many.js";
import * as operations from "/api/ui/timeline/labels/operations.js";
import { Api } from "/api/ui/timeline/sync/api.js";
import { Recording } from "/api/ui/timeline/sync/recording.js";

/** @param {number} seed @returns {(below: number) => number} the same numbers for the same seed */
function random(seed) {
  let state = seed;
  return (below) => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return Math.floor((state / 4294967296) * below);
  };
}

/** One page on the labels. */
export class Page {
  refused = 0;

  /** @param {{token: string, opened: any, seed: number}} parts */
  constructor({ token, opened, seed }) {
    const { classes, video, user, layers, locks } = opened;
    const api = new Api({ base: new URL("/api/", location.href), token });
    this.pick = random(seed);
    this.classes = classes;
    this.frames = video.frame_count;
    const storage = localStorage;
    this.recording = new Recording({ api, storage, newId, video, user, layers, locks });
    this.recording.onRefused = ({ messages }) => void (this.refused += messages.length);
  }

  get annotation() {
    return this.recording.annotation;
  }

  /** One thing a person might do; now and then one the server refuses. */
  act() {
    const { annotation, pick } = this;
    const { state } = annotation;
    const ids = [...state.segments.keys()];
    const id = ids[pick(Math.max(1, ids.length))];
    const some = ids.filter(() => pick(3) === 0);
    const kind = this.classes[pick(this.classes.length)];
    const start = pick(this.frames - 1);
    const end = start + 1 + pick(this.frames - start - 1);
    const impossible = this.frames + 1 + pick(50);
    const place = { tier_id: kind.tier_id, class_id: kind.id, proposal_id: null };
    const segment = { id: newId(), ...place, start_frame: start, end_frame: end };
    const remark = { id: newId(), segment_id: null, reply_to: null, resolves: false, text: "?" };
    const choices = [
      () => annotation.perform(operations.add(segment)),
      () => annotation.perform(operations.add({ ...segment, end_frame: impossible })),
      () => annotation.undo(),
      () => annotation.undo(),
      () => annotation.redo(),
      () => annotation.perform(operations.finish(state, [start, end])),
      () => annotation.perform(operations.unfinish(state, [start, end])),
      () => annotation.perform(operations.say({ ...remark, start_frame: start, end_frame: end })),
      () => annotation.perform(many.setUnsure(state, some, pick(2) === 1)),
      () => annotation.perform(many.shift(state, some, pick(9) - 4, this.frames)),
    ];
    const onOne = [
      () => annotation.perform(operations.remove(id)),
      () => annotation.perform(operations.relabel(state, id, kind.id, kind.tier_id)),
      () => annotation.perform(operations.place(state, id, start, end, "move")),
      () => annotation.perform(operations.place(state, id, start, impossible, "resize")),
      () => annotation.perform(operations.split(state, id, start + 1, newId())),
      () => annotation.takeBack(annotation.entries[pick(annotation.entries.length)]),
    ];
    const all = id ? [...choices, ...onOne] : choices;
    return all[pick(all.length)]();
  }

  /** Until the server has said what became of everything, and the page knows what is new. */
  async settle() {
    this.recording.wake();
    while (this.recording.saving.status === "saving")
      await new Promise((done) => setTimeout(done, 1));
    if (this.recording.saving.status !== "saved")
      throw new Error(JSON.stringify(this.recording.saving));
    await this.recording.ask();
  }

  async undoEverything() {
    do {
      while (await this.annotation.undo());
      await this.settle(); // a refusal may leave more to undo
    } while (this.annotation.log.stacks([]).done.length);
  }

  visible() {
    const { segments, finished, comments } = this.annotation.state;
    return { segments: [...segments.values()], finished, comments: [...comments.values()] };
  }
}

/** Alone: everything done, refusals among it, and all of it undone.
 * @param {{token: string, opened: any, seed: number, steps: number}} parts */
export async function alone({ steps, ...parts }) {
  const page = new Page(parts);
  for (let n = 0; n < steps; n += 1) {
    await page.act();
    if (page.pick(4) === 0) await page.settle();
  }
  await page.settle();
  const after = page.visible();
  await page.undoEverything();
  return { refused: page.refused, after, undone: page.visible() };
}

/** The same page, opened again: all that was done before can be undone.
 * @param {{token: string, opened: any, seed: number}} parts */
export async function undone(parts) {
  const page = new Page(parts);
  await page.undoEverything();
  return page.visible();
}

/** Two pages on the same labels, neither waiting for the other.
 * @param {{token: string, opened: any, seed: number, steps: number}} parts */
export async function together({ steps, ...parts }) {
  const pages = [new Page(parts), new Page({ ...parts, seed: parts.seed + 1 })];
  for (let n = 0; n < steps; n += 1) {
    const page = pages[pages[0].pick(2)];
    await page.act();
    if (page.pick(3) === 0) await page.settle();
  }
  for (const page of [...pages, ...pages]) await page.settle();
  return {
    refused: pages[0].refused + pages[1].refused,
    shown: pages.map((page) => page.visible()),
  };
}
