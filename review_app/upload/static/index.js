// What Streamlit calls: once when the drop zone appears and again at every rerun of the page, with
// the same parent element. The queue belongs to the browser tab, not to the page: uploads go on
// while another page of the application is open.
import { Panel } from "./panel.js";
import { Queue } from "./queue.js";

const queue = new Queue(new URL("../../", import.meta.url)); // .../api/

/** @type {WeakMap<object, Panel>} */
const mounted = new WeakMap();

/** @typedef {{token: string, project_id: number, patients: {id: number, pseudonym: string}[],
 *   largest_gb: number}} Data */

/** @param {{data: Data, parentElement: ShadowRoot | HTMLElement,
 *   setTriggerValue: (name: string, value: unknown) => void}} component */
export default function uploads({ data, parentElement, setTriggerValue }) {
  let panel = mounted.get(parentElement);
  if (!panel) {
    panel = new Panel(parentElement, queue);
    mounted.set(parentElement, panel);
  }
  panel.notify = (what) => setTriggerValue(what, Date.now());
  panel.update(data);
}
