// The mouse on the timeline: scrub, pan, zoom, select, and drag of edges, bodies and new segments.
// While an edge moves, the picture shows the frame it would come to lie on.
import { frameCount, nearestEdge } from "../time/clock.js";
import { GUTTER } from "./timeline.js";
import { snap, snapBody } from "./snapping.js";
import { panBy, zoomAt } from "../time/view.js";

/** @typedef {import("./rows.js").Item} Item */
/** @typedef {import("../time/view.js").View} View */
/** What the desk lets a gesture do. @typedef {{canEdit: boolean, times: Float64Array, view: View,
 *   setView: (view: View) => void, seek: (frame: number) => void, select: (item: Item | null) => void,
 *   setRange: (range: [number, number] | null) => void, newItem: (tierId: number) => Item | null,
 *   adopt: (proposal: Item) => Item | null, setDraft: (item: Item | null, snapAt?: number | null) => void,
 *   commit: (item: Item, kind: "create" | "move" | "resize") => void, activate: (item: Item) => void,
 *   snapTargets: (exceptId: string | number) => number[],
 *   hover: (item: Item | null, x: number) => void}} Host */

const CLICK_PX = 4;
const SNAP_PX = 7;

export class Gestures {
  /** @type {{move: (event: PointerEvent) => void, end: (moved: boolean) => void,
   *   startX: number, moved: boolean} | null} */
  #drag = null;

  /** @param {{timeline: import("./timeline.js").Timeline, host: Host}} parts */
  constructor({ timeline, host }) {
    this.timeline = timeline;
    this.host = host;
    const { element } = timeline;
    element.addEventListener("pointerdown", (event) => this.#press(event));
    element.addEventListener("pointermove", (event) => this.#move(event));
    element.addEventListener("pointerup", () => this.#release());
    element.addEventListener("pointercancel", () => this.cancel());
    element.addEventListener("pointerleave", () => this.#drag || host.hover(null, 0));
    element.addEventListener("dblclick", (event) => this.#double(event));
    element.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
  }

  /** Drops a drag that is under way; nothing is changed. */
  cancel() {
    this.#drag = null;
    this.host.setDraft(null);
  }

  get dragging() {
    return this.#drag !== null;
  }

  /** @param {MouseEvent} event */
  #point(event) {
    const box = this.timeline.element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  /** @param {MouseEvent} event */
  #secondsUnder(event) {
    const duration = this.host.times[this.host.times.length - 1];
    return Math.max(0, Math.min(duration, this.timeline.secondsAt(this.#point(event).x)));
  }

  /** @param {MouseEvent} event the frame boundary under the pointer */
  #edgeUnder(event) {
    return nearestEdge(this.host.times, this.#secondsUnder(event));
  }

  /** @param {number} seconds */
  #seekSeconds(seconds) {
    this.host.seek(
      Math.min(nearestEdge(this.host.times, seconds), frameCount(this.host.times) - 1),
    );
  }

  /** @param {PointerEvent} event */
  #press(event) {
    if (event.button > 1) return;
    const { x, y } = this.#point(event);
    if (x < GUTTER) return;
    const hit = this.timeline.hit(x, y);
    const drag = this.#dragFor(event, hit);
    this.#drag = { ...drag, startX: event.clientX, moved: false };
    this.timeline.element.setPointerCapture(event.pointerId);
    this.host.hover(null, 0);
    event.preventDefault();
  }

  /** @param {PointerEvent} event @param {import("./rows.js").Hit} hit */
  #dragFor(event, { row, item, edge }) {
    const { host } = this;
    if (event.button === 1) return this.#pan(event);
    if (row.kind === "overview") return this.#overview(event);
    if (event.shiftKey && row.kind === "ruler") return this.#range(event);
    if (row.kind === "ruler") return this.#scrub(event);
    if (item && host.canEdit && edge) {
      host.select(item);
      const own = item.kind === "segment" ? item : host.adopt(item);
      if (own) return this.#resize(own, edge);
    }
    if (item) {
      host.select(item);
      return item.kind === "segment" && host.canEdit ? this.#body(event, item) : this.#nothing();
    }
    if (row.kind === "tier" && host.canEdit) return this.#create(event, Number(row.tierId));
    return this.#pan(event);
  }

  #nothing() {
    return { move: () => {}, end: () => {} };
  }

  /** @param {PointerEvent} event */
  #scrub(event) {
    this.#seekSeconds(this.#secondsUnder(event));
    const move = (/** @type {PointerEvent} */ now) => this.#seekSeconds(this.#secondsUnder(now));
    return { move, end: () => {} };
  }

  /** A click without movement puts the playhead there. @param {PointerEvent} event */
  #pan(event) {
    const { host } = this;
    const start = host.view;
    const duration = host.times[host.times.length - 1];
    const clicked = this.#secondsUnder(event);
    return {
      move: (/** @type {PointerEvent} */ now) => {
        const shift = ((event.clientX - now.clientX) / this.timeline.width) * start.span;
        host.setView(panBy(start, shift, duration));
      },
      end: (/** @type {boolean} */ moved) => {
        if (moved) return;
        host.select(null);
        this.#seekSeconds(clicked);
      },
    };
  }

  /** @param {PointerEvent} event */
  #overview(event) {
    const { host } = this;
    const duration = host.times[host.times.length - 1];
    const move = (/** @type {PointerEvent} */ now) => {
      const seconds = ((this.#point(now).x - GUTTER) / this.timeline.width) * duration;
      host.setView(panBy({ ...host.view, start: seconds - host.view.span / 2 }, 0, duration));
    };
    move(event);
    return { move, end: () => {} };
  }

  /** @param {PointerEvent} event */
  #range(event) {
    const { host } = this;
    const anchor = this.#edgeUnder(event);
    host.setRange(null);
    return {
      move: (/** @type {PointerEvent} */ now) => {
        const other = this.#edgeUnder(now);
        const [from, to] = [Math.min(anchor, other), Math.max(anchor, other)];
        host.setRange(from < to ? [from, to] : null);
      },
      end: () => {},
    };
  }

  /** @param {Item} item @param {"start" | "end"} edge */
  #resize(item, edge) {
    const { host } = this;
    let draft = item;
    return {
      move: (/** @type {PointerEvent} */ now) => {
        const { frame, at } = this.#sticky(now, item.id);
        draft =
          edge === "start"
            ? { ...item, start_frame: Math.min(frame, item.end_frame - 1) }
            : { ...item, end_frame: Math.max(frame, item.start_frame + 1) };
        host.setDraft(draft, at);
        host.seek(edge === "start" ? draft.start_frame : draft.end_frame - 1);
      },
      end: (/** @type {boolean} */ moved) => {
        host.setDraft(null);
        if (moved) host.commit(draft, "resize");
        else if (item.kind === "segment") {
          host.seek(edge === "start" ? item.start_frame : item.end_frame - 1);
        }
      },
    };
  }

  /** @param {PointerEvent} event @param {Item} item */
  #body(event, item) {
    const { host } = this;
    const { times } = host;
    const grabbed = this.#secondsUnder(event);
    const [start, end] = [times[item.start_frame], times[item.end_frame]];
    const duration = times[times.length - 1];
    let draft = item;
    return {
      move: (/** @type {PointerEvent} */ now) => {
        const seconds = this.timeline.secondsAt(this.#point(now).x);
        let shift = Math.max(-start, Math.min(duration - end, seconds - grabbed));
        const targets = now.altKey ? [] : host.snapTargets(item.id);
        const stuck = snapBody(start + shift, end + shift, targets, this.#reach());
        if (stuck) shift += stuck.shift;
        const start_frame = Math.min(nearestEdge(times, start + shift), times.length - 2);
        const end_frame = Math.max(nearestEdge(times, end + shift), start_frame + 1);
        draft = { ...item, start_frame, end_frame };
        host.setDraft(draft, stuck?.at ?? null);
        host.seek(start_frame);
      },
      end: (/** @type {boolean} */ moved) => {
        host.setDraft(null);
        if (moved) host.commit(draft, "move");
      },
    };
  }

  /** @param {PointerEvent} event @param {number} tierId */
  #create(event, tierId) {
    const { host } = this;
    const clicked = this.#secondsUnder(event);
    const item = host.newItem(tierId);
    if (!item) return this.#nothing();
    const anchor = this.#sticky(event, item.id).frame;
    let draft = item;
    return {
      move: (/** @type {PointerEvent} */ now) => {
        const { frame, at } = this.#sticky(now, item.id);
        const [start_frame, end_frame] = [Math.min(anchor, frame), Math.max(anchor, frame)];
        draft = { ...item, start_frame, end_frame };
        if (start_frame < end_frame) host.setDraft(draft, at);
        host.seek(frame < anchor ? start_frame : Math.max(start_frame, end_frame - 1));
      },
      end: (/** @type {boolean} */ moved) => {
        host.setDraft(null);
        if (moved && draft.start_frame < draft.end_frame) return host.commit(draft, "create");
        host.select(null);
        this.#seekSeconds(clicked);
      },
    };
  }

  /** The boundary under the pointer, or the one it sticks to; Alt lets go.
   * @param {PointerEvent} event @param {string | number} exceptId */
  #sticky(event, exceptId) {
    const seconds = this.#secondsUnder(event);
    const targets = event.altKey ? [] : this.host.snapTargets(exceptId);
    const at = snap(seconds, targets, this.#reach());
    return { frame: nearestEdge(this.host.times, at ?? seconds), at };
  }

  #reach() {
    return (SNAP_PX / this.timeline.width) * this.host.view.span;
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const drag = this.#drag;
    if (!drag) return this.#hover(event);
    if (Math.abs(event.clientX - drag.startX) >= CLICK_PX) drag.moved = true;
    if (drag.moved) drag.move(event);
  }

  #release() {
    const drag = this.#drag;
    this.#drag = null;
    drag?.end(drag.moved);
  }

  /** @param {PointerEvent} event */
  #hover(event) {
    const { x, y } = this.#point(event);
    const { row, item, edge } = this.timeline.hit(x, y);
    const { style } = this.timeline.element;
    if (x < GUTTER) style.cursor = "default";
    else if (edge && this.host.canEdit) style.cursor = "ew-resize";
    else if (item) style.cursor = "pointer";
    else if (row.kind === "tier" && this.host.canEdit) style.cursor = "crosshair";
    else style.cursor = row.kind === "ruler" ? "text" : "grab";
    this.host.hover(x < GUTTER ? null : item, x);
  }

  /** @param {MouseEvent} event */
  #double(event) {
    const { x, y } = this.#point(event);
    const { item } = this.timeline.hit(x, y);
    if (item) this.host.activate(item);
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    event.preventDefault();
    const { host, timeline } = this;
    const duration = host.times[host.times.length - 1];
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const seconds = ((sideways * lines) / timeline.width) * host.view.span;
      return host.setView(panBy(host.view, seconds, duration));
    }
    const factor = Math.exp(event.deltaY * lines * 0.0018);
    host.setView(zoomAt(host.view, factor, this.#secondsUnder(event), duration));
  }
}
