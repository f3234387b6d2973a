// A person who does anything, in any order, with the desk's own modules and the real server.
import { Annotation } from "/api/ui/timeline/labels/annotation.js";
import { Api } from "/api/ui/timeline/sync/api.js";
import { newId } from "/api/ui/timeline/ids.js";
import * as operations from "/api/ui/timeline/labels/operations.js";
import { Outbox } from "/api/ui/timeline/sync/outbox.js";

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
    const { annotation, classes, video } = opened;
    const api = new Api({ base: new URL("/api/", location.href), token });
    this.pick = random(seed);
    this.classes = classes;
    this.frames = video.frame_count;
    this.outbox = new Outbox({
      storage: localStorage,
      about: { scope: `random/${annotation.id}`, video: video.id, name: video.name },
      revision: annotation.revision,
      send: (edits, since) => api.post(`annotations/${annotation.id}/edits`, { edits, since }),
    });
    this.annotation = new Annotation({
      stored: annotation,
      outbox: this.outbox,
      newId,
      onChange: () => {},
      onRefused: (messages) => void (this.refused += messages.length),
    });
  }

  /** One thing a person might do; now and then one the server refuses. */
  act() {
    const { annotation, pick } = this;
    const { state } = annotation;
    const ids = [...state.segments.keys()];
    const id = ids[pick(Math.max(1, ids.length))];
    const kind = this.classes[pick(this.classes.length)];
    const start = pick(this.frames - 1);
    const end = start + 1 + pick(this.frames - start - 1);
    const impossible = this.frames + 1 + pick(50);
    const place = { tier_id: kind.tier_id, class_id: kind.id, proposal_id: null };
    const segment = { id: newId(), ...place, start_frame: start, end_frame: end };
    const choices = [
      () => annotation.perform(operations.add(segment)),
      () => annotation.perform(operations.add({ ...segment, end_frame: impossible })),
      () => annotation.undo(),
      () => annotation.undo(),
      () => annotation.redo(),
      () => annotation.perform(operations.finish(state, [start, end])),
      () => annotation.perform(operations.unfinish(state, [start, end])),
    ];
    const onOne = [
      () => annotation.perform(operations.remove(id)),
      () => annotation.perform(operations.relabel(state, id, kind.id, kind.tier_id)),
      () => annotation.perform(operations.place(state, id, start, end, "move")),
      () => annotation.perform(operations.place(state, id, start, impossible, "resize")),
      () => annotation.perform(operations.split(state, id, start + 1, newId())),
    ];
    const all = id ? [...choices, ...onOne] : choices;
    all[pick(all.length)]();
  }

  /** Until the server has said what became of everything. */
  async settle() {
    await this.outbox.ask();
    while (this.outbox.state.status === "saving") await new Promise((done) => setTimeout(done, 1));
    if (this.outbox.state.status !== "saved") throw new Error(JSON.stringify(this.outbox.state));
  }

  async undoEverything() {
    do {
      while (this.annotation.undo());
      await this.settle(); // a refusal may leave more to undo
    } while (this.annotation.history.done.length);
  }

  visible() {
    const { segments, finished } = this.annotation.state;
    return { segments: [...segments.values()], finished };
  }
}

/** Alone: everything done, refusals among it, and all of it undone.
 * @param {{token: string, opened: any, seed: number, steps: number}} parts */
export async function alone({ steps, ...parts }) {
  const page = new Page(parts);
  for (let n = 0; n < steps; n += 1) {
    page.act();
    if (page.pick(4) === 0) await page.settle();
  }
  await page.settle();
  const after = page.visible();
  await page.undoEverything();
  return { refused: page.refused, after, undone: page.visible() };
}

/** Two pages on the same labels, neither waiting for the other.
 * @param {{token: string, opened: any, seed: number, steps: number}} parts */
export async function together({ steps, ...parts }) {
  const pages = [new Page(parts), new Page({ ...parts, seed: parts.seed + 1 })];
  for (let n = 0; n < steps; n += 1) {
    const page = pages[pages[0].pick(2)];
    page.act();
    if (page.pick(3) === 0) await page.settle();
  }
  for (const page of [...pages, ...pages]) await page.settle();
  return { refused: pages[0].refused + pages[1].refused, shown: pages.map((page) => page.visible()) };
}
