// "Accept all at least as sure as": the number of labels is shown before, and one undo takes all of
// them back.
import { button, h } from "../dom.js";
import { SAME_MOMENT } from "../labels/offered.js";
import { acceptAll } from "../labels/many.js";
import { fitted, strictTiers } from "../labels/overlap.js";
import { sure } from "./next.js";

const USUAL = 0.8;

export class SureDialog {
  /** @param {import("../desk.js").Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.words = h("p", { role: "status" });
    this.box = /** @type {HTMLInputElement} */ (
      h("input", {
        type: "number",
        min: 0,
        max: 1,
        step: "any",
        required: true,
        value: USUAL,
        "aria-label": "Least score",
        oninput: () => this.#show(),
      })
    );
    const close = () => this.element.close();
    const cancel = button({ label: "Cancel", hint: "Esc", class: "wide", onPress: close }, "Cancel");
    this.accept = /** @type {HTMLButtonElement} */ (
      h("button", { type: "submit", class: "button wide primary" }, "Accept")
    );
    const choices = h("div", { class: "answers" }, h("span", { class: "spring" }), cancel, this.accept);
    const label = h("label", {}, "At least as sure as ", this.box);
    const form = h("form", { method: "dialog" }, label, this.words, choices);
    form.addEventListener("submit", () => this.#perform());
    this.element = /** @type {HTMLDialogElement} */ (
      h(
        "dialog",
        { class: "ask", role: "dialog", "aria-label": "Accept all sure proposals" },
        h("h2", {}, "Accept all sure proposals"),
        form,
      )
    );
  }

  /** From the score of the proposal that is selected. */
  open() {
    const { scene } = this.desk;
    const item = this.desk.selected();
    const score = item?.kind === "proposal" ? scene.look(item).score : null;
    if (score !== null) this.box.value = String(Math.floor(score * 100) / 100);
    this.#show();
    this.element.showModal();
    this.box.select();
  }

  /** @returns {import("../labels/state.js").Operation | null} with all that has room */
  #operation() {
    const { annotation, classes, scene, tiers } = this.desk;
    const open = scene.open().map((item) => ({
      ...item,
      score: scene.look(item).score ?? 0,
      class_id: classes.has(Number(item.classId)) ? Number(item.classId) : null,
    }));
    const chosen = sure(open, Number(this.box.value || 2), SAME_MOMENT);
    const segments = chosen.flatMap(({ id, start_frame, end_frame, class_id }) => {
      const kind = classes.get(Number(class_id));
      if (!kind) return [];
      const place = { tier_id: kind.tier_id, class_id: kind.id, start_frame, end_frame };
      return [{ id: annotation.newId(), ...place, proposal_id: Number(id) }];
    });
    const all = acceptAll(segments);
    return all && fitted(annotation.state, all, strictTiers(tiers)).operation;
  }

  #show() {
    const open = this.desk.scene.open().length;
    const count = this.#operation()?.changes.length ?? 0;
    const labels = count === 1 ? "1 label" : `${count} labels`;
    this.words.textContent = open
      ? `${count} of the ${open} proposals that are open: ${labels}, and one undo takes all back.`
      : "No proposal is open.";
    this.accept.textContent = `Accept ${count}`;
    this.accept.disabled = count === 0;
  }

  #perform() {
    const operation = this.#operation();
    if (!operation || !this.desk.actions.labels.perform(operation)) return;
    const { length } = operation.changes;
    const were = length === 1 ? "1 proposal is a label" : `${length} proposals are labels`;
    this.desk.status.say(`${were} now. Ctrl+Z takes all of it back.`);
  }
}
