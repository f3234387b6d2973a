// Frames and seconds. `times` is Float64Array of N + 1 seconds: frame n is on screen during
// [times[n], times[n + 1]). Nothing here, or anywhere else, computes a time as n / fps.

/** @param {Float64Array} times */
export const frameCount = (times) => times.length - 1;

/** How many entries of `times` are <= seconds. @param {Float64Array} times @param {number} seconds */
function countUpTo(times, seconds) {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= seconds) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** @param {number} frame @param {Float64Array} times */
export const clampFrame = (frame, times) => Math.max(0, Math.min(frameCount(times) - 1, frame));

/** The frame on screen at `seconds`. @param {Float64Array} times @param {number} seconds */
export const frameAt = (times, seconds) => clampFrame(countUpTo(times, seconds) - 1, times);

/** The boundary 0..N closest to `seconds`; boundary n is where frame n starts.
 * @param {Float64Array} times @param {number} seconds */
export function nearestEdge(times, seconds) {
  const after = Math.max(1, Math.min(frameCount(times), countUpTo(times, seconds)));
  return times[after] - seconds <= seconds - times[after - 1] ? after : after - 1;
}

/** Where a video element must seek to show `frame`: the middle of its time on screen.
 * @param {Float64Array} times @param {number} frame */
export const midpoint = (times, frame) => (times[frame] + times[frame + 1]) / 2;

/** 83.25 -> "1:23.250"; hours only when there are any.
 * @param {number} seconds @param {number} [decimals] */
export function formatTime(seconds, decimals = 3) {
  const scale = 10 ** decimals;
  const whole = Math.round(Math.max(0, seconds) * scale);
  const hours = Math.floor(whole / (3600 * scale));
  const minutes = Math.floor(whole / (60 * scale)) % 60;
  const rest = ((whole / scale) % 60).toFixed(decimals).padStart(decimals ? 3 + decimals : 2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** What a person typed into the frame box: "1:02.5" or "62.5s" is a time, "1840" is a frame.
 * @param {string} text @param {Float64Array} times @returns {number | null} a frame */
export function parseMoment(text, times) {
  const typed = text.trim().toLowerCase();
  if (/^\d+$/.test(typed)) return clampFrame(Number(typed), times);
  const clock = typed.match(/^(?:(\d+):)?(\d+):(\d+(?:\.\d*)?)$/);
  if (clock) {
    const [, hours, minutes, seconds] = clock;
    return frameAt(times, Number(hours ?? 0) * 3600 + Number(minutes) * 60 + Number(seconds));
  }
  const plain = typed.match(/^(\d+(?:\.\d*)?|\.\d+)\s*s?$/);
  return plain ? frameAt(times, Number(plain[1])) : null;
}
