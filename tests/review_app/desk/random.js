// Chance that repeats itself, and labels made by it.

/** @param {number} seed @returns {(below: number) => number} the same numbers for the same seed */
export function random(seed) {
  let state = seed;
  return (below) => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return Math.floor((state / 4294967296) * below);
  };
}

/** A segment of class 1 on tier 1, as edits see it. */
export const segment = (id, start = 10, end = 20, more = {}) => ({
  id,
  tier_id: 1,
  class_id: 1,
  start_frame: start,
  end_frame: end,
  proposal_id: null,
  ...more,
});

/** A layer as the server tells it. */
export const stored = (segments = [], more = {}) => ({
  id: 1,
  revision: 0,
  finished: [],
  segments: segments.map((one) => ({ last_edit: "before", ...one })),
  ...more,
});

/** What a person sees of a state: without who edited last. */
export const visible = (state) => {
  const plain = (things) =>
    [...things.values()]
      .map(({ last_edit, ...rest }) => rest)
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  const { segments, comments, finished } = state;
  return { segments: plain(segments), comments: plain(comments), finished };
};

/** [id, start, end] of every segment, in order of time. */
export const spans = (state) =>
  [...state.segments.values()]
    .map(({ id, start_frame, end_frame }) => [id, start_frame, end_frame])
    .sort((a, b) => a[1] - b[1] || a[2] - b[2]);
