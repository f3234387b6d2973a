// J, K and L: backwards, stop, forwards; with K held, J and L play slowly for as long as they are
// held.
import { shuttled } from "./playing.js";

export class Shuttle {
  #held = false; // K
  /** The speed there was before playing slowly. @type {number | null} */ #before = null;

  /** @param {import("./player.js").Player} player */
  constructor(player) {
    this.player = player;
  }

  /** @param {"backward" | "stop" | "forward"} command whose key went down */
  press(command) {
    const { player } = this;
    if (command === "stop") {
      this.#held = true;
      return player.pause();
    }
    const wish = command === "forward" ? 1 : -1;
    const { speed } = player;
    const direction = player.playing ? 1 : player.reversing ? -1 : 0;
    const motion = shuttled({ direction, speed }, wish, this.#held);
    if (this.#held) this.#before ??= speed;
    player.setSpeed(motion.speed);
    if (direction === wish) return;
    if (wish > 0) player.play();
    else player.reverse();
  }

  /** @param {string} command whose key went up; those of others are passed over */
  release(command) {
    if (command === "stop") this.#held = false;
    const ends = ["stop", "backward", "forward"].includes(command) && this.#before !== null;
    if (!ends) return;
    this.player.pause();
    this.player.setSpeed(Number(this.#before));
    this.#before = null;
  }
}
