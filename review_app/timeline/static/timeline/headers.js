// The names of the rows, left of the time axis: real elements, so that keyboards and screen
// readers reach what can be folded, hidden or locked.
import { button, h, icon, setIcon } from "../dom.js";
import { GUTTER } from "./rows.js";

/** @typedef {import("./rows.js").Row} Row */
/** Who holds a tier. @typedef {{name: string, own: boolean} | null} Lock */
/** @typedef {{onFold: (key: string) => void, onHide: (key: string) => void,
 *   onLock: (layerId: number, tierId: number) => void,
 *   lockOf: (layerId: number, tierId: number) => Lock, canLock: boolean}} Actions */
/** @typedef {{element: HTMLElement, value: HTMLElement,
 *   show: (row: Row, lock: Lock) => void}} Head */

export class Headers {
  /** @type {Map<string, Head>} by the rows' keys */ #heads = new Map();

  /** @param {Actions} actions */
  constructor(actions) {
    this.actions = actions;
    this.element = h("div", { class: "heads", role: "list", "aria-label": "Rows" });
    this.element.style.width = `${GUTTER}px`;
  }

  /** @param {Row[]} rows */
  show(rows) {
    const kept = new Set(rows.map(({ key }) => key));
    for (const [key, { element }] of this.#heads) {
      if (kept.has(key)) continue;
      element.remove();
      this.#heads.delete(key);
    }
    rows.forEach((row, n) => {
      let head = this.#heads.get(row.key);
      if (!head) {
        head = makeHead(row, this.actions);
        this.#heads.set(row.key, head);
      }
      const { layerId, tierId } = row;
      const held = row.edited && layerId !== null && tierId !== null;
      head.show(row, held ? this.actions.lockOf(layerId, tierId) : null);
      const there = this.element.children[n];
      if (there !== head.element) this.element.insertBefore(head.element, there ?? null);
    });
  }

  /** What a row says beside its name, such as a curve's value. @param {string} key
   * @param {string} words */
  showValue(key, words) {
    const head = this.#heads.get(key);
    if (head && head.value.textContent !== words) head.value.textContent = words;
  }
}

/** @param {Row} first @param {Actions} actions @returns {Head} */
function makeHead(first, { onFold, onHide, onLock, canLock }) {
  const { key, layerId, tierId, edited } = first;
  const name = h("span", { class: "name" });
  const value = h("span", { class: "value" });
  const fold = icon("unfold");
  const eye = icon("eye");
  const lock = icon("unlocked");
  const foldable = first.folded !== null;
  const hideable = first.hidden !== null;
  const lockable = canLock && edited && layerId !== null && tierId !== null;
  const presses = {
    fold: button({ label: "", class: "small", onPress: () => onFold(key) }, fold),
    hide: button({ label: "", class: "small quiet", onPress: () => onHide(key) }, eye),
    lock: button(
      { label: "", class: "small quiet", onPress: () => onLock(Number(layerId), Number(tierId)) },
      lock,
    ),
  };
  const words = h("span", { class: "words" }, name, value);
  const element = h("div", { class: `head ${first.kind}`, role: "listitem" });
  if (foldable) element.append(presses.fold);
  element.append(words);
  if (lockable) element.append(presses.lock);
  if (hideable) element.append(presses.hide);
  element.dataset.row = key;
  if (tierId !== null && edited) element.dataset.tier = String(tierId);

  /** @type {Head["show"]} */
  const show = (row, held) => {
    element.style.transform = `translateY(${row.top}px)`;
    element.style.height = `${row.height}px`;
    element.classList.toggle("off", row.hidden === true);
    if (name.textContent !== row.title) name.textContent = row.title;
    words.title = held && !held.own ? `${row.title}: ${held.name} holds this tier` : row.title;
    if (foldable) {
      setIcon(fold, row.folded ? "unfold" : "fold");
      describe(presses.fold, `${row.folded ? "Unfold" : "Fold"} ${row.title}`);
      presses.fold.setAttribute("aria-expanded", String(!row.folded));
    }
    if (hideable) {
      setIcon(eye, row.hidden ? "hidden" : "eye");
      describe(presses.hide, `${row.hidden ? "Show" : "Hide"} ${row.title}`);
      presses.hide.setAttribute("aria-pressed", String(row.hidden));
    }
    if (!lockable) return;
    setIcon(lock, held ? "locked" : "unlocked");
    presses.lock.classList.toggle("held", held !== null);
    const whose = held && !held.own ? `held by ${held.name}; take it over` : "";
    describe(presses.lock, `${held ? "Unlock" : "Lock"} ${row.title}${whose && `, ${whose}`}`);
    presses.lock.setAttribute("aria-pressed", String(held !== null));
  };
  return { element, value, show };
}

/** @param {HTMLElement} element @param {string} label */
function describe(element, label) {
  element.title = label;
  element.setAttribute("aria-label", label);
}
