// Comments of all layers as conversations: what was said first, and what was answered. Pure.

/** @typedef {import("../labels/state.js").Comment} Comment */
/** `author`: null for one's own. @typedef {Omit<Comment, "author"> & {author: string | null}} Said */
/** `resolved`: the last word on it was that it is settled.
 * @typedef {{first: Said, replies: Said[], resolved: boolean}} Thread */

/** One's own that are on their way have no time yet: they are the newest.
 * @param {Said} a @param {Said} b */
function byAge(a, b) {
  if (!a.created_at || !b.created_at) return Number(!a.created_at) - Number(!b.created_at);
  return a.created_at.localeCompare(b.created_at) || a.id.localeCompare(b.id);
}

/** In order of the recording. An answer to something that was deleted begins a thread itself.
 * @param {Said[]} said @returns {Thread[]} */
export function threadsOf(said) {
  const byId = new Map(said.map((one) => [one.id, one]));
  /** @type {Map<Said, Said[]>} */
  const replies = new Map();
  for (const one of [...said].sort(byAge)) {
    const first = firstOf(one, byId);
    if (!replies.has(first)) replies.set(first, []);
    if (first !== one) replies.get(first)?.push(one);
  }
  return [...replies]
    .map(([first, after]) => ({ first, replies: after, resolved: after.at(-1)?.resolves ?? false }))
    .sort((a, b) => a.first.start_frame - b.first.start_frame || byAge(a.first, b.first));
}

/** @param {Said} one @param {Map<string, Said>} byId */
function firstOf(one, byId) {
  const passed = new Set([one]);
  let first = one;
  for (;;) {
    const before = first.reply_to === null ? undefined : byId.get(first.reply_to);
    if (!before || passed.has(before)) return first;
    passed.add(before);
    first = before;
  }
}

/** What a new comment is about: the label selected, the chosen range, or the frame shown.
 * @param {{segment: import("../labels/state.js").Content | null, range: [number, number] | null,
 *   frame: number}} place
 * @returns {Pick<Comment, "segment_id" | "start_frame" | "end_frame">} */
export function aboutWhat({ segment, range, frame }) {
  if (segment) {
    const { id, start_frame, end_frame } = segment;
    return { segment_id: id, start_frame, end_frame };
  }
  const [start_frame, end_frame] = range ?? [frame, frame + 1];
  return { segment_id: null, start_frame, end_frame };
}
