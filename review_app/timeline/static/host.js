// What mouse gestures may ask of the desk.
import { formatTime } from "./time/clock.js";

/** @typedef {import("./timeline/rows.js").Item} Item */

/** @param {import("./desk.js").Desk} desk @returns {import("./timeline/gestures.js").Host} */
export function gestureHost(desk) {
  const { labels } = desk.actions;
  return {
    get canEdit() {
      return desk.canEdit;
    },
    get times() {
      return desk.times;
    },
    get view() {
      return desk.view;
    },
    setView: (view) => desk.setView(view),
    seek: (frame) => {
      if (desk.player.playing) desk.player.pause();
      desk.player.seek(frame);
    },
    select: (item) => desk.select(item?.id ?? null),
    setRange: (range) => {
      desk.range = range;
      desk.redraw();
    },
    newItem: (tierId) => labels.newItem(tierId),
    adopt: (item) => labels.adopt(item),
    setDraft: (item, snapAt = null) => {
      desk.draft = item && { item, snapAt };
      desk.redraw();
    },
    commit: (item, kind) => labels.commitDraft(item, kind),
    activate: (item) => {
      if (item.kind === "proposal") labels.acceptProposal(item);
      else desk.pick(item);
    },
    snapTargets: (exceptId) => snapTargets(desk, exceptId),
    hover: (item, x) => showTip(desk, item, x),
  };
}

/** Edges in view and the playhead, in seconds. @param {import("./desk.js").Desk} desk
 * @param {string | number} exceptId */
function snapTargets(desk, exceptId) {
  const [from, to] = desk.timeline.framesInView();
  const near = desk.scene.items.filter(
    ({ id, start_frame, end_frame }) => id !== exceptId && end_frame >= from && start_frame <= to,
  );
  const edges = near.flatMap(({ start_frame, end_frame }) => [start_frame, end_frame]);
  return [...edges.map((frame) => desk.times[frame]), 0, desk.duration];
}

/** @param {import("./desk.js").Desk} desk @param {Item | null} item @param {number} x */
function showTip(desk, item, x) {
  const { tip } = desk;
  tip.style.display = item ? "block" : "none";
  if (!item) return;
  const look = desk.scene.look(item);
  const [start, end] = [desk.times[item.start_frame], desk.times[item.end_frame]];
  const words = [
    look.title,
    `${formatTime(start)} – ${formatTime(end)} (${(end - start).toFixed(2)} s)`,
    `frames ${item.start_frame} – ${item.end_frame - 1}`,
  ];
  const proposal = item.kind === "proposal" ? desk.scene.proposals.get(Number(item.id)) : null;
  if (proposal) {
    words.push(
      `score ${proposal.score.toFixed(2)}, ` +
        `edges ± ${proposal.start_spread_s.toFixed(2)} s and ± ${proposal.end_spread_s.toFixed(2)} s`,
    );
  }
  tip.textContent = words.join("\n");
  const room = desk.timeline.element.clientWidth - tip.offsetWidth - 4;
  tip.style.left = `${Math.max(4, Math.min(room, x + 12))}px`;
}
