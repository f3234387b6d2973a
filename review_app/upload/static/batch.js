// Chosen files that wait to be given a patient. A patient is never guessed from a file's name.
import { h, size } from "./dom.js";
import { Item } from "./queue.js";

const NEW = "new";
const SAME = "same";

/** @typedef {import("./queue.js").Patient} Patient */

/** Chooses a known patient or names a new one. */
class PatientChoice {
  /** @param {{label: string, same: boolean, onChange: () => void}} how
   * same: offers the patient of the whole batch first */
  constructor({ label, same, onChange }) {
    this.same = same;
    this.select = /** @type {HTMLSelectElement} */ (
      h("select", { "aria-label": label, onchange: () => this.changed(onChange) })
    );
    this.name = /** @type {HTMLInputElement} */ (
      h("input", {
        type: "text",
        maxlength: 80,
        placeholder: "New pseudonym",
        "aria-label": `${label}: new pseudonym`,
        oninput: onChange,
      })
    );
    this.element = h("span", { class: "patient" }, this.select, this.name);
  }

  /** @param {{id: number, pseudonym: string}[]} patients */
  offer(patients) {
    const chosen = this.select.value;
    const first = this.same
      ? h("option", { value: SAME }, "Same patient")
      : h("option", { value: "", disabled: true, selected: true }, "Choose a patient");
    this.select.replaceChildren(
      first,
      ...patients.map(({ id, pseudonym }) => h("option", { value: id }, pseudonym)),
      h("option", { value: NEW }, "New patient …"),
    );
    if ([...this.select.options].some((option) => option.value === chosen)) this.select.value = chosen;
    this.name.hidden = this.select.value !== NEW;
  }

  /** @param {() => void} onChange */
  changed(onChange) {
    this.name.hidden = this.select.value !== NEW;
    if (!this.name.hidden) this.name.focus();
    onChange();
  }

  /** @param {Patient} patient */
  choose(patient) {
    this.select.value = patient.id === null ? NEW : String(patient.id);
    this.name.value = patient.id === null ? patient.pseudonym : "";
    this.name.hidden = this.select.value !== NEW;
  }

  /** The patient, or null while none is chosen. @returns {Patient | null} */
  get patient() {
    const { value } = this.select;
    if (value === NEW) {
      const pseudonym = this.name.value.trim();
      return pseudonym ? { id: null, pseudonym } : null;
    }
    const pseudonym = this.select.selectedOptions[0]?.textContent ?? "";
    return value && value !== SAME ? { id: Number(value), pseudonym } : null;
  }

  get follows() {
    return this.select.value === SAME;
  }
}

export class Batch {
  /** @param {(items: Item[]) => void} onStart */
  constructor(onStart) {
    this.onStart = onStart;
    /** @type {{file: File, choice: PatientChoice, element: HTMLElement}[]} */
    this.files = [];
    /** @type {import("./index.js").Data | null} */
    this.data = null;
    /** @type {import("./remembered.js").Interrupted[]} */
    this.interrupted = [];
    this.all = new PatientChoice({ label: "Patient", same: false, onChange: () => this.draw() });
    this.start = /** @type {HTMLButtonElement} */ (
      h("button", { type: "button", class: "primary", onclick: () => this.begin() })
    );
    this.list = h("div", { class: "chosen" });
    const question = h("label", { class: "who" }, "Who is in them?");
    this.head = h("div", { class: "head" }, question, this.all.element);
    const clear = h("button", { type: "button", class: "quiet", onclick: () => this.clear() }, "Clear");
    this.element = h(
      "div",
      { class: "batch", hidden: true },
      this.head,
      this.list,
      h("div", { class: "foot" }, clear, this.start),
    );
    this.question = question;
  }

  /** @param {import("./index.js").Data} data
   * @param {import("./remembered.js").Interrupted[]} interrupted */
  update(data, interrupted) {
    this.data = data;
    this.interrupted = interrupted;
    for (const choice of [this.all, ...this.files.map((entry) => entry.choice)]) {
      choice.offer(data.patients);
    }
    this.draw();
  }

  /** @param {File[]} files */
  add(files) {
    for (const file of files) {
      const known = this.files.some(
        (entry) => entry.file.name === file.name && entry.file.size === file.size,
      );
      if (known) continue;
      const choice = new PatientChoice({
        label: `Patient in ${file.name}`,
        same: true,
        onChange: () => this.draw(),
      });
      choice.offer(this.data?.patients ?? []);
      const before = this.interrupted.find(
        (upload) => upload.fingerprint.startsWith(`${file.name}|${file.size}|${file.lastModified}|`),
      );
      if (before) choice.choose(before.patient);
      const entry = { file, choice, element: h("div", { class: "file" }) };
      const remove = () => {
        this.files = this.files.filter((other) => other !== entry);
        this.draw();
      };
      entry.element.append(
        h("span", { class: "name", title: file.name }, file.name),
        h("small", {}, before ? `goes on at ${size(before.sent)} of ${size(file.size)}` : size(file.size)),
        choice.element,
        h("button", { type: "button", class: "icon", "aria-label": `Leave out ${file.name}`, onclick: remove }, "✕"),
      );
      this.files.push(entry);
    }
    this.draw();
  }

  clear() {
    this.files = [];
    this.draw();
  }

  draw() {
    const count = this.files.length;
    this.element.hidden = count === 0;
    this.list.replaceChildren(...this.files.map((entry) => entry.element));
    const [only] = this.files;
    const single = count === 1 && only.choice.follows;
    this.question.textContent = count === 1 ? "Who is in this video?" : `Who is in these ${count} videos?`;
    this.element.classList.toggle("single", single);
    this.head.hidden = !this.files.some((entry) => entry.choice.follows);
    this.start.textContent = count === 1 ? "Import video" : `Import ${count} videos`;
    this.start.disabled = this.files.some((entry) => this.patientOf(entry.choice) === null);
    this.start.title = this.start.disabled ? "Choose a patient for every video first" : "";
  }

  /** @param {PatientChoice} choice */
  patientOf(choice) {
    return choice.follows ? this.all.patient : choice.patient;
  }

  begin() {
    const items = [];
    for (const { file, choice } of this.files) {
      const patient = this.patientOf(choice);
      if (patient && this.data) items.push(new Item(file, patient, this.data.project_id));
    }
    this.clear();
    this.onStart(items);
  }
}
