// Keys anywhere on the page, unless a field or a dialog wants them.
import { belongsElsewhere, comboOf, commandFor } from "./keys.js";

export class Keyboard {
  /** @param {{desk: import("../desk.js").Desk}} parts */
  constructor({ desk }) {
    this.desk = desk;
    document.addEventListener("keydown", this.#press, { capture: true });
    document.addEventListener("keyup", this.#release, { capture: true });
  }

  stop() {
    document.removeEventListener("keydown", this.#press, { capture: true });
    document.removeEventListener("keyup", this.#release, { capture: true });
  }

  /** @param {KeyboardEvent} event */
  #release = (event) => {
    this.desk.work.live.release(event);
    this.desk.player.shuttle.release(commandFor(comboOf(event)) ?? "");
  };

  /** @param {KeyboardEvent} event */
  #press = (event) => {
    const { desk } = this;
    if (!desk.element.isConnected || event.isComposing) return;
    const combo = comboOf(event);
    if (desk.help.open) {
      if (combo === "?") this.#take(event, () => desk.help.close());
      return; // the dialog closes itself on Escape
    }
    if (desk.work.open) return; // a dialog has the keys
    if (belongsElsewhere(event.composedPath()[0], combo)) return;
    const command = commandFor(combo);
    if (command)
      return this.#take(event, () => desk.actions.run(command, { repeated: event.repeat }));
    const kind = [...desk.classes.values()].find(({ key }) => key === combo);
    if (kind) this.#take(event, () => desk.work.live.press(event, kind.id));
  };

  /** @param {KeyboardEvent} event @param {() => void} act */
  #take(event, act) {
    event.preventDefault();
    event.stopImmediatePropagation(); // the page around has keys of its own, such as R and C
    act();
  }
}
