// What models propose whose work is not under review, fetched when a person wants to see it.

/** @typedef {{id: number, model_id: number, model_name: string}} RunName */
/** @typedef {import("./scene.js").Offer} Offer */

const AGAIN_MS = 5000;

export class OtherModels {
  /** @type {RunName[]} newest run of each model but the one under review */ runs = [];
  /** @type {Map<number, Offer | "coming">} by run */ #offers = new Map();

  /** @param {{api: import("../sync/api.js").Api, videoId: number, onArrival: () => void}} parts */
  constructor({ api, videoId, onArrival }) {
    this.api = api;
    this.path = `videos/${videoId}/proposals`;
    this.onArrival = onArrival;
  }

  /** @param {RunName[]} runs newest of each model @param {number | null} reviewed a model */
  setRuns(runs, reviewed) {
    this.runs = runs.filter(({ model_id }) => model_id !== reviewed);
  }

  /** Those of the chosen that have come; the others are asked for.
   * @param {string[]} chosen ids of models @returns {Offer[]} */
  offers(chosen) {
    return this.runs.flatMap((run) => {
      if (!chosen.includes(String(run.model_id))) return [];
      const offer = this.#offers.get(run.id);
      if (!offer) void this.#fetch(run);
      return offer && offer !== "coming" ? [offer] : [];
    });
  }

  /** @param {RunName} run */
  async #fetch({ id, model_id, model_name }) {
    this.#offers.set(id, "coming");
    try {
      const { proposals } = await this.api.json(this.path, { run: id });
      this.#offers.set(id, { modelId: model_id, name: model_name, proposals });
      this.onArrival();
    } catch {
      setTimeout(() => this.#offers.delete(id), AGAIN_MS); // the row is absent, not empty
    }
  }
}
