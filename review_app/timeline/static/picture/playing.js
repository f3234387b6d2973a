// How a person likes to play and to step. Pure; kept on the server as the preference "steps".

/** @typedef {{few: number, many: number, stopsAtEnd: boolean}} Playing frames of the short and the
 * long step, and whether playing stops at the end of the segment it began in */

/** @type {Playing} */
export const USUAL = Object.freeze({ few: 1, many: 10, stopsAtEnd: false });
export const LONGEST_STEP = 1000;
export const SPEEDS = [1 / 8, 1 / 4, 1 / 2, 1, 1.5, 2, 3, 4];
const SLOW = 1 / 4; // J or L while K is held

/** What was kept, as far as it makes sense. @param {unknown} kept @returns {Playing} */
export function playingFrom(kept) {
  const { few, many, stopsAtEnd } = /** @type {Partial<Playing>} */ (kept ?? {});
  return {
    few: stepFrom(few) ?? USUAL.few,
    many: stepFrom(many) ?? USUAL.many,
    stopsAtEnd: stopsAtEnd === true,
  };
}

/** Frames a step can have; null for anything else. @param {unknown} typed */
export function stepFrom(typed) {
  const frames = Number(typed);
  return Number.isInteger(frames) && frames >= 1 && frames <= LONGEST_STEP ? frames : null;
}

/** The next speed there is. @param {number} speed @param {1 | -1} direction */
export function nextSpeed(speed, direction) {
  const at = SPEEDS.indexOf(speed) + direction;
  return SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, at))];
}

/** @typedef {{direction: -1 | 0 | 1, speed: number}} Motion backwards, standing, forwards */

/** What J or L makes of the motion: again is faster, the other way is no faster than life, with K
 * held it is slow. @param {Motion} now @param {1 | -1} direction @param {boolean} held
 * @returns {Motion} */
export function shuttled(now, direction, held) {
  if (held) return { direction, speed: SLOW };
  if (now.direction === direction) return { direction, speed: nextSpeed(now.speed, 1) };
  return { direction, speed: now.direction ? Math.min(1, now.speed) : now.speed };
}
