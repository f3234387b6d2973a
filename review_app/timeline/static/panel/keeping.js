// What the desk says of keeping in step with the server: saved or not, edits that were refused or
// wait elsewhere, which layer is worked on and who else is here.
import { unsent } from "../sync/unsent.js";
import { Company } from "./company.js";
import { Notices } from "./notices.js";
import { refusedNotice } from "./refusal.js";
import { StatusBar } from "./status.js";

export class Keeping {
  /** @param {{desk: import("../desk.js").Desk, run: (command: string) => void}} parts */
  constructor({ desk, run }) {
    const { recording, canEdit } = desk;
    this.recording = recording;
    this.notices = new Notices({ onChange: () => this.show() });
    this.company = new Company({
      recording,
      canEdit,
      onProblem: (words) => this.status.say(words),
    });
    const { element: notices } = this.notices;
    const { element: company } = this.company;
    this.status = new StatusBar({ run, canEdit, company, notices });
    recording.onState = () => this.show();
    recording.onRefused = (refusal, annotation) =>
      this.notices.refuse(refusedNotice(desk, refusal, annotation));
  }

  show() {
    const { saving, storage, prefixes } = this.recording;
    this.status.showSaving(saving, this.notices.refused);
    this.notices.showUnsent(unsent(storage, prefixes));
  }

  /** Holds a tier of a layer, or lets go of it. @param {number} layerId @param {number} tierId */
  async toggleLock(layerId, tierId) {
    try {
      await this.recording.toggleLock(layerId, tierId);
    } catch (error) {
      this.status.say(/** @type {Error} */ (error).message);
    }
  }
}
