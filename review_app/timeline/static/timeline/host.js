// What gestures may ask of the desk.
import { frameCount } from "../time/clock.js";
import { strictTiers } from "../labels/overlap.js";
import { edgeRoom, gapAround, neighbourAt, sharedRoom, shiftRoom } from "./rooms.js";
import { GUTTER } from "./rows.js";
import { itemTip, rulerTip } from "./tips.js";

/** @typedef {import("./items.js").Item} Item */
/** @typedef {"start" | "end"} Edge */
/** @typedef {import("./rooms.js").Room} Room */
/** @typedef {ReturnType<typeof gestureHost>} Host */

/** @param {import("../desk.js").Desk} desk */
export function gestureHost(desk) {
  const { labels } = desk.actions;
  const count = frameCount(desk.times);
  const layerId = () => desk.scene.layers[0]?.id ?? 0;
  const tierIndex = (/** @type {number | null} */ tierId) =>
    desk.scene.indexOf(layerId()).tier(Number(tierId));
  const strict = (/** @type {number | null} */ tierId) =>
    strictTiers(desk.tiers).has(Number(tierId));
  /** The tier that a proposal's label would come to lie in. @param {Item} item */
  const tierOf = (item) => item.tierId ?? desk.classes.get(Number(item.classId))?.tier_id ?? null;
  const held = (/** @type {number | null} */ tierId) =>
    tierId === null ? null : desk.lockOf(layerId(), tierId);

  /** Why an item cannot be changed; null where it can. @param {Item} item */
  const whyNot = (item) => {
    if (!desk.canEdit) return "You can look at this recording; labels are changed by annotators.";
    if (item.kind === "segment" && item.layerId !== undefined && item.layerId !== layerId()) {
      return "This label is in another layer; it is only shown.";
    }
    const lock = held(tierOf(item));
    if (lock?.own) return "You locked this tier. Unlock it beside its name to change it.";
    return lock && `${lock.name} holds this tier. Take it over beside its name to change it.`;
  };

  return {
    get canEdit() {
      return desk.canEdit;
    },
    get times() {
      return desk.times;
    },
    get scene() {
      return desk.scene;
    },
    get view() {
      return desk.view;
    },
    /** Seconds. */
    get playhead() {
      return desk.times[desk.frame];
    },
    /** Seconds at which the movement rests, rising. */
    get rests() {
      return desk.board.movement.rests;
    },
    get selectedIds() {
      return desk.selectedIds;
    },
    /** @param {import("../time/view.js").View} view */
    setView: (view) => desk.setView(view),
    /** @param {number} frame */
    seek: (frame) => {
      if (desk.player.playing) desk.player.pause();
      desk.player.seek(frame);
    },
    /** @param {Item | null} item @param {"only" | "toggle" | "extend"} [how] */
    select: (item, how = "only") => desk.choose(item?.id ?? null, how),
    /** @param {(string | number)[]} ids */
    selectMany: (ids) => desk.selectMany(ids),
    /** Labels among what is chosen that can be moved. @returns {Item[]} */
    chosenSegments: () =>
      [...desk.selectedIds].flatMap((id) => {
        const item = desk.scene.find(id);
        return item?.kind === "segment" && !whyNot(item) ? [item] : [];
      }),
    /** @param {[number, number] | null} range */
    setRange: (range) => {
      desk.range = range;
      desk.redraw();
    },
    /** @param {Item} item */
    mayChange: (item) =>
      !whyNot(item) && (item.kind === "segment" || desk.scene.look(item).state !== "accepted"),
    /** @param {Item} item */
    sayWhyNot: (item) => {
      const sentence = whyNot(item);
      if (sentence) desk.status.say(sentence);
    },
    /** @param {number} tierId */
    mayAdd: (tierId) => desk.canEdit && !held(tierId),
    /** @param {number} tierId */
    newItem: (tierId) => labels.newItem(tierId),
    /** @param {Item} item */
    adopt: (item) => labels.adopt(item),
    /** The label that shares an edge and goes with it. @param {Item} item @param {Edge} edge */
    partner: (item, edge) =>
      item.kind === "segment" ? neighbourAt(tierIndex(item.tierId), item, edge) : null,
    /** Whether nothing overlaps in a tier. @param {number | null} tierId */
    isStrict: (tierId) => strict(tierId),
    /** @param {Item} item @param {Edge} edge @param {Item | null} partner @returns {Room} */
    edgeRoom: (item, edge, partner) =>
      partner
        ? sharedRoom(item, partner)
        : edgeRoom(tierIndex(item.tierId), item, edge, count, strict(item.tierId)),
    /** @param {Item[]} group @returns {Room} */
    shiftRoom: (group) => {
      const tiers = [...new Set(group.map(({ tierId }) => tierId))];
      const held = tiers.map((id) => ({ index: tierIndex(id), strict: strict(id) }));
      return shiftRoom(held, group, count);
    },
    /** @param {number} tierId @param {number} frame @returns {Room} */
    gapAround: (tierId, frame) => gapAround(tierIndex(tierId), frame, count, strict(tierId)),
    /** @param {Item[]} items @param {"create" | "move" | "resize"} kind */
    commit: (items, kind) => labels.commitDrafts(items, kind),
    /** @param {Item} item */
    activate: (item) => {
      if (item.kind === "proposal") labels.acceptProposal(item);
      else desk.pick(item);
    },
    /** @param {Item | null} item @param {number} x from the timeline's left edge */
    hover: (item, x) => showTip(desk, item ? itemTip(desk.scene, desk.times, item) : [], x),
    /** @param {number} seconds @param {number} x from the timeline's left edge */
    hoverRuler: (seconds, x) => {
      const { finished, layers } = desk.scene;
      const spans = { finished, seen: layers[0]?.seen ?? [], poor: desk.board.movement.poor };
      showTip(desk, rulerTip(spans, desk.times, seconds), x);
    },
    /** @param {Item} item as it is dragged @param {number} x pixels of the time axis */
    showTip: (item, x) => showTip(desk, itemTip(desk.scene, desk.times, item), x + GUTTER),
  };
}

/** @param {import("../desk.js").Desk} desk @param {string[]} lines none: no tip
 * @param {number} x from the timeline's left edge */
function showTip({ timeline }, lines, x) {
  const { tip } = timeline;
  tip.style.display = lines.length ? "block" : "none";
  if (!lines.length) return;
  const words = lines.join("\n");
  if (tip.textContent !== words) tip.textContent = words;
  const room = timeline.width + GUTTER - tip.offsetWidth - 4;
  tip.style.transform = `translateX(${Math.max(4, Math.min(room, x + 12))}px)`;
}
