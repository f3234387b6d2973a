// The mouse on the timeline: which gesture a press begins, and what it does until it ends. Each
// gesture is a module of its own; what they may ask of the desk is in host.js.
import { nearestEdge } from "../time/clock.js";
import { panBy, zoomAt } from "../time/view.js";
import { DragAlong } from "./drag_along.js";
import { dragBody } from "./drag_body.js";
import { dragBox } from "./drag_box.js";
import { dragEdge } from "./drag_edge.js";
import { dragNew } from "./drag_new.js";
import { choosePart, moveWindow, pan, scrub } from "./drag_view.js";
import { GUTTER } from "./rows.js";

/** @typedef {import("./items.js").Item} Item */
/** `end` is told whether the pointer moved at all; `along`: the view goes along with it.
 * @typedef {{move: (event: PointerEvent) => void, end: (moved: boolean) => void,
 *   along?: boolean}} Drag */
/** What a gesture works with. @typedef {{timeline: import("./timeline.js").Timeline,
 *   host: import("./host.js").Host, point: (event: MouseEvent) => {x: number, y: number},
 *   secondsUnder: (event: MouseEvent) => number,
 *   edgeUnder: (event: MouseEvent) => number}} Place */

const CLICK_PX = 4;
const LINE_PX = 16;

export class Gestures {
  /** @type {(Drag & {startX: number, startY: number, moved: boolean}) | null} */ #drag = null;

  /** @param {{timeline: import("./timeline.js").Timeline, host: import("./host.js").Host}} parts */
  constructor({ timeline, host }) {
    this.timeline = timeline;
    this.host = host;
    /** @type {Place} */
    this.place = {
      timeline,
      host,
      point: (event) => this.#point(event),
      secondsUnder: (event) => this.#secondsUnder(event),
      edgeUnder: (event) => nearestEdge(host.times, this.#secondsUnder(event)),
    };
    this.along = new DragAlong(this.place);
    const { element } = timeline;
    element.addEventListener("pointerdown", (event) => this.#press(event));
    element.addEventListener("pointermove", (event) => this.#move(event));
    element.addEventListener("pointerup", () => this.#release());
    element.addEventListener("pointercancel", () => this.cancel());
    element.addEventListener("pointerleave", () => this.#leave());
    element.addEventListener("dblclick", (event) => this.#double(event));
    element.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
  }

  /** Drops a drag that is under way; nothing is changed. */
  cancel() {
    this.#drag = null;
    this.along.stop();
    this.timeline.move({ drafts: [], snapAt: null, box: null });
  }

  get dragging() {
    return this.#drag !== null;
  }

  /** @param {MouseEvent} event */
  #point(event) {
    const box = this.timeline.element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  get #duration() {
    return this.host.times[this.host.times.length - 1];
  }

  /** @param {MouseEvent} event */
  #secondsUnder(event) {
    return Math.max(0, Math.min(this.#duration, this.timeline.secondsAt(this.#point(event).x)));
  }

  /** @param {PointerEvent} event */
  #press(event) {
    if (event.button > 1 || this.#onButton(event)) return;
    const { x, y } = this.#point(event);
    const part = this.timeline.partAt(x, y);
    if (part === "head" || part === "bar") return;
    const drag = this.#dragFor(event, part, x, y);
    this.#drag = { ...drag, startX: event.clientX, startY: event.clientY, moved: false };
    this.timeline.element.setPointerCapture(event.pointerId);
    this.host.hover(null, 0);
    this.timeline.setCursor(null);
    event.preventDefault();
  }

  /** Buttons and menus on the timeline have gestures of their own. @param {Event} event */
  #onButton(event) {
    return (
      event.target instanceof Element && event.target.closest("button, [role=dialog]") !== null
    );
  }

  /** @param {PointerEvent} event @param {"ruler" | "rows" | "minimap"} part @param {number} x
   * @param {number} y @returns {Drag} */
  #dragFor(event, part, x, y) {
    const { host, place } = this;
    if (part === "minimap") return moveWindow(place, event);
    if (event.button === 1) return pan(place, event);
    if (part === "ruler") return event.shiftKey ? choosePart(place, event) : scrub(place, event);
    const { row, item, edge } = this.timeline.hit(x, y);
    if (!item) {
      if (event.shiftKey) return dragBox(place, event);
      if (!row?.edited || !host.canEdit) return pan(place, event);
      return dragNew(place, event, Number(row.tierId)) ?? pan(place, event);
    }
    const several = event.shiftKey ? "extend" : event.ctrlKey || event.metaKey ? "toggle" : null;
    if (edge && !event.shiftKey && host.mayChange(item)) {
      const drag = dragEdge(place, event, item, edge);
      if (drag) return drag;
    }
    if (several) {
      host.select(item, several);
      return { move: () => {}, end: () => {} };
    }
    return dragBody(place, event, item);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const drag = this.#drag;
    if (!drag) return this.#hover(event);
    const far = Math.max(
      Math.abs(event.clientX - drag.startX),
      Math.abs(event.clientY - drag.startY),
    );
    if (far >= CLICK_PX) drag.moved = true;
    if (!drag.moved) return;
    drag.move(event);
    if (drag.along) this.along.follow(event, drag.move);
  }

  #release() {
    const drag = this.#drag;
    this.#drag = null;
    this.along.stop();
    drag?.end(drag.moved);
  }

  #leave() {
    if (this.#drag) return;
    this.host.hover(null, 0);
    this.timeline.setCursor(null);
  }

  /** @param {PointerEvent} event */
  #hover(event) {
    const { x, y } = this.#point(event);
    const part = this.timeline.partAt(x, y);
    const { style } = this.timeline.element;
    const { row, item, edge } = this.timeline.hit(x, y);
    if (part === "head" || part === "bar") style.cursor = "default";
    else if (part === "ruler") style.cursor = "text";
    else if (edge && item && this.host.mayChange(item)) style.cursor = "ew-resize";
    else if (item) style.cursor = "pointer";
    else style.cursor = row?.edited && this.host.canEdit ? "crosshair" : "grab";
    this.timeline.setCursor(part === "rows" || part === "ruler" ? x : null);
    if (part === "ruler") this.host.hoverRuler(this.#secondsUnder(event), x);
    else this.host.hover(item, x);
  }

  /** @param {MouseEvent} event */
  #double(event) {
    if (this.#onButton(event)) return;
    const { x, y } = this.#point(event);
    const { item } = this.timeline.hit(x, y);
    if (item) this.host.activate(item);
  }

  /** Over the names it scrolls the rows, as everywhere; elsewhere it zooms.
   * @param {WheelEvent} event */
  #wheel(event) {
    const { x, y } = this.#point(event);
    const part = this.timeline.partAt(x, y);
    if (part === "head" || part === "bar" || this.#onButton(event)) return;
    event.preventDefault();
    const { host, timeline } = this;
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1;
    if (event.altKey) {
      timeline.scroller.scrollTop += event.deltaY * lines;
      return;
    }
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const seconds = ((sideways * lines) / timeline.width) * host.view.span;
      return host.setView(panBy(host.view, seconds, this.#duration));
    }
    const factor = Math.exp(event.deltaY * lines * 0.0018);
    const share = (x - GUTTER) / timeline.width;
    const anchor = part === "minimap" ? share * this.#duration : this.#secondsUnder(event);
    host.setView(zoomAt(host.view, factor, anchor, this.#duration));
  }
}
