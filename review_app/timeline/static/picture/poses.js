// The patient's joints near the playhead, fetched in pieces and kept while they are likely needed.

/** @typedef {{times: number[], keypoints: [number, number, number][][]}} Piece */

const PIECE_S = 20;
const KEPT = 30;

export class Poses {
  /** @type {Map<number, Piece | "coming" | "none">} */ #pieces = new Map();

  /** @param {{fetchPiece: (from: number, to: number) => Promise<Piece>, onArrival: () => void}} parts */
  constructor({ fetchPiece, onArrival }) {
    this.fetchPiece = fetchPiece;
    this.onArrival = onArrival;
  }

  /** Joints at a moment, between the two nearest ticks; null while unknown.
   * @param {number} seconds @returns {[number, number, number][] | null} */
  at(seconds) {
    const number = Math.floor(seconds / PIECE_S);
    this.#want(number);
    if (seconds % PIECE_S > PIECE_S * 0.6) this.#want(number + 1);
    const piece = this.#pieces.get(number);
    if (!piece || typeof piece === "string" || !piece.times.length) return null;
    const { times, keypoints } = piece;
    let after = times.findIndex((time) => time >= seconds);
    if (after < 0) after = times.length - 1;
    const before = Math.max(0, after - 1);
    const gap = times[after] - times[before];
    const share = gap > 0 ? Math.max(0, Math.min(1, (seconds - times[before]) / gap)) : 0;
    return keypoints[after].map((joint, n) => {
      const earlier = keypoints[before][n];
      if (!earlier[2] || !joint[2]) return share < 0.5 ? earlier : joint;
      const mix = (/** @type {number} */ k) => earlier[k] + (joint[k] - earlier[k]) * share;
      return /** @type {[number, number, number]} */ ([mix(0), mix(1), mix(2)]);
    });
  }

  forget() {
    this.#pieces.clear();
  }

  /** @param {number} number */
  #want(number) {
    if (this.#pieces.has(number)) return;
    this.#pieces.set(number, "coming");
    for (const oldest of this.#pieces.keys()) {
      if (this.#pieces.size <= KEPT) break;
      this.#pieces.delete(oldest);
    }
    // Pieces overlap by a little so that a moment near their border has a tick on both sides.
    this.fetchPiece(number * PIECE_S - 0.2, (number + 1) * PIECE_S + 0.2)
      .then((piece) => this.#pieces.set(number, piece))
      .catch(() => {
        this.#pieces.set(number, "none");
        setTimeout(() => this.#pieces.delete(number), 5000); // ask again, but not at every frame
      })
      .finally(this.onArrival);
  }
}
