// Which labels and proposals are chosen, and which of them is the one that keys on a single one
// are about. Pure: every function gives a new selection.

/** @typedef {string | number} Id of a segment (text) or a proposal (number) */
/** `active` is one of `ids`, or null where nothing is chosen.
 * @typedef {{ids: ReadonlySet<Id>, active: Id | null}} Selection */

/** @type {Selection} */
export const NOTHING = { ids: new Set(), active: null };

/** @param {Id | null} id @returns {Selection} */
export const only = (id) => (id === null ? NOTHING : { ids: new Set([id]), active: id });

/** @param {Iterable<Id>} ids the last one is active @returns {Selection} */
export function all(ids) {
  const set = new Set(ids);
  return { ids: set, active: [...set].at(-1) ?? null };
}

/** Ctrl and a click: in or out. @param {Selection} selection @param {Id} id @returns {Selection} */
export function toggle({ ids }, id) {
  if (!ids.has(id)) return all([...ids, id]);
  return all([...ids].filter((other) => other !== id));
}

/** Shift and a click: everything from the active one to this one, in the order shown; the one
 * clicked on is active. @param {Selection} selection @param {Id} id @param {Id[]} order
 * @returns {Selection} */
export function extend({ ids, active }, id, order) {
  const from = active === null ? -1 : order.indexOf(active);
  const to = order.indexOf(id);
  if (to < 0) return { ids, active };
  if (from < 0) return only(id);
  const between = order.slice(Math.min(from, to), Math.max(from, to) + 1);
  return { ids: new Set([...ids, ...between]), active: id };
}

/** Items of the rows that a box touches. @param {{id: Id, tierId: number | null,
 *   start_frame: number, end_frame: number}[]} items @param {[number, number]} frames
 * @param {ReadonlySet<number | null>} tierIds null: the proposals @returns {Id[]} */
export const inBox = (items, [from, to], tierIds) =>
  items
    .filter((item) => tierIds.has(item.tierId) && item.start_frame < to && item.end_frame > from)
    .map(({ id }) => id);

/** Without what is no longer there. @param {Selection} selection
 * @param {(id: Id) => boolean} exists @returns {Selection} the same object where all is there */
export function kept(selection, exists) {
  const ids = [...selection.ids].filter(exists);
  if (ids.length === selection.ids.size) return selection;
  const { active } = selection;
  return active !== null && exists(active) ? { ids: new Set(ids), active } : all(ids);
}
