// Edits that still wait in this browser because the page that made them was closed before the
// server had them. They are sent when their recording is opened again.
import { h } from "../dom.js";
import { PREFIX, stored } from "./outbox.js";

/** @typedef {{video: number, name: string, count: number}} Unsent */

const EVERY_MS = 5000;

/** @param {import("./outbox.js").Keeper} storage
 * @param {string[]} [except] how the keys of the layers begin that are open here
 * @returns {Unsent[]} */
export function unsent(storage, except = []) {
  /** @type {Map<number, Unsent>} */
  const byVideo = new Map();
  for (const { key, video, name } of stored(storage, PREFIX)) {
    if (except.some((prefix) => key.startsWith(prefix))) continue;
    const count = (byVideo.get(video)?.count ?? 0) + 1;
    byVideo.set(video, { video, name, count });
  }
  return [...byVideo.values()];
}

/** One sentence for each recording. @param {Unsent[]} waiting */
export const unsentSentences = (waiting) =>
  waiting.map(({ video, name, count }) => {
    const [edits, them] = count === 1 ? ["1 edit", "it"] : [`${count} edits`, "them"];
    const open = h("a", { href: `review?video=${Number(video)}` }, `Open “${name}”`);
    const rest = ` to save ${edits} made there; until then only this browser has ${them}.`;
    return h("p", { class: "notice" }, open, rest);
  });

/** What Streamlit calls on pages without a desk, at every rerun with the same parent.
 * @param {{parentElement: ShadowRoot | HTMLElement}} component */
export default function unsentNotice({ parentElement }) {
  let place = parentElement.querySelector(".unsent");
  if (place) return;
  place = h("div", { class: "unsent", role: "status" });
  const sheet = new URL("../css/notices.css", import.meta.url).href;
  parentElement.append(h("link", { rel: "stylesheet", href: sheet }), place);
  const show = () => place.replaceChildren(...unsentSentences(unsent(window.localStorage)));
  show();
  const timer = setInterval(() => (place.isConnected ? show() : clearInterval(timer)), EVERY_MS);
}
