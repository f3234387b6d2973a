// Whether everything is saved, how far the review is, undo and redo, and short messages.
import { button, h, icon } from "../dom.js";

/** @typedef {import("../sync/outbox.js").OutboxState} OutboxState */

const MESSAGE_MS = 4000;
const NOT_KEPT = "This browser keeps nothing: leave this page open until the server has the edits.";

export class StatusBar {
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;

  /** @param {{run: (command: string) => void, canEdit: boolean,
   *   company: HTMLElement, notices: HTMLElement}} parts */
  constructor({ run, canEdit, company, notices }) {
    this.canEdit = canEdit;
    this.saving = h("span", { class: "saving", role: "status" });
    this.progress = h("span", { class: "progress" });
    this.meter = h("i", {});
    /** @param {string} label @param {string} hint @param {string} command @param {any} picture */
    const press = (label, hint, command, picture) =>
      button({ label, hint, onPress: () => run(command) }, picture);
    this.undo = press("Undo", "Ctrl+Z", "undo", icon("undo"));
    this.redo = press("Redo", "Ctrl+Shift+Z", "redo", icon("redo"));
    this.finish = press("Mark as finished", "F", "finish", icon("finish"));
    this.element = h(
      "header",
      { class: "status" },
      h(
        "div",
        { class: "line" },
        this.saving,
        h("span", { class: "spring" }),
        this.undo,
        this.redo,
        this.finish,
        press("Keys and mouse", "?", "help", h("b", {}, "?")),
      ),
      h("div", { class: "meter" }, this.meter),
      h("div", { class: "line" }, this.progress, h("span", { class: "spring" }), company),
      notices,
    );
    this.toast = h("div", { class: "toast", role: "status", "aria-live": "polite" });
  }

  /** @param {OutboxState} state @param {number} refused edits nobody has taken note of */
  showSaving({ status, waiting, unkept, message }, refused) {
    const edits = waiting === 1 ? "1 edit" : `${waiting} edits`;
    const place = unkept ? "only in this page" : "kept here";
    const words = {
      saved: this.canEdit ? "Saved" : "Read only",
      saving: "Saving…",
      offline: `Offline, ${edits} ${place}`,
      blocked: `Not saved yet, ${edits} ${place}`,
      refused: refused === 1 ? "1 edit refused" : `${refused} edits refused`,
    };
    const shown = status === "saved" && refused ? "refused" : status;
    this.saving.textContent = words[shown];
    this.saving.dataset.status = shown;
    const kept = "Edits are kept in this browser until the server has them.";
    this.saving.title = message || (unkept ? NOT_KEPT : kept);
  }

  /** @param {{finished: number, open: number, canUndo: boolean, canRedo: boolean}} state */
  showProgress({ finished, open, canUndo, canRedo }) {
    const percent = finished >= 1 ? 100 : Math.min(99, Math.round(finished * 100));
    this.meter.style.width = `${finished * 100}%`;
    this.progress.textContent = `${percent} % finished · ${open ? `${open} to review` : "nothing to review"}`;
    this.undo.disabled = !canUndo;
    this.redo.disabled = !canRedo;
  }

  /** @param {string} sentence */
  say(sentence) {
    this.toast.textContent = sentence;
    this.toast.classList.add("shown");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.toast.classList.remove("shown"), MESSAGE_MS);
  }
}
