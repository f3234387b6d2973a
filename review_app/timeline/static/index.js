// What Streamlit calls: once when the component appears and again at every rerun of the page, with
// the same parent element. The desk is mounted once and updated afterwards.
import { h } from "./dom.js";
import { Opening } from "./opening.js";

const BOTTOM_GAP_PX = 14;
const LEAST_HEIGHT_PX = 460;

/** @typedef {{opening: Opening | null, about: string, element: HTMLElement,
 *   trigger: (name: string, value: unknown) => void, close: () => void}} Mounted */

/** @type {WeakMap<object, Mounted>} */
const mounted = new WeakMap();

/** @param {{data: import("./desk.js").Data, parentElement: ShadowRoot | HTMLElement,
 *   setTriggerValue: (name: string, value: unknown) => void}} component */
export default function reviewDesk({ data, parentElement, setTriggerValue }) {
  const place = mounted.get(parentElement) ?? mount(parentElement);
  mounted.set(parentElement, place);
  place.trigger = setTriggerValue;
  const about = `${data.video_id} ${data.user_id} ${data.can_edit}`;
  if (place.opening && place.about === about) place.opening.update(data);
  else openDesk(place, data, about);
  fit(place.element);
}

/** @param {Mounted} place @param {import("./desk.js").Data} data
 * @param {string} about whose layer of which video */
function openDesk(place, data, about) {
  place.opening?.close();
  place.about = about;
  place.opening = new Opening({
    element: place.element,
    base: new URL("../../", import.meta.url), // .../api/
    data,
    notify: (what) => place.trigger(what, Date.now()),
  });
}

/** @param {ShadowRoot | HTMLElement} parent @returns {Mounted} */
function mount(parent) {
  const styles = new URL("css/styles.css", import.meta.url).href;
  const sheet = h("link", { rel: "stylesheet", href: styles });
  const element = h("div", { class: "desk", tabindex: "-1" });
  element.style.opacity = "0"; // nothing is seen before it has its looks
  const dressed = () => {
    element.style.opacity = "";
    fit(element);
  };
  sheet.addEventListener("load", dressed);
  sheet.addEventListener("error", dressed);
  parent.append(sheet, element);
  const refit = () => fit(element);
  window.addEventListener("resize", refit);
  const page = document.querySelector('[data-testid="stMainBlockContainer"]') ?? document.body;
  const observer = new ResizeObserver(refit);
  observer.observe(page);
  const watcher = new MutationObserver(() => {
    if (!element.isConnected) place.close();
    else closeConnectionDialog();
  });
  watcher.observe(document.body, { childList: true, subtree: true });
  /** @type {Mounted} */
  const place = {
    opening: null,
    about: "",
    element,
    trigger: () => {},
    close: () => {
      watcher.disconnect();
      observer.disconnect();
      window.removeEventListener("resize", refit);
      place.opening?.close();
      mounted.delete(parent);
    },
  };
  return place;
}

/** Streamlit lays a dialog over the page when its server does not answer. The desk goes on working
 * without the server, and says so itself. */
function closeConnectionDialog() {
  for (const dialog of document.querySelectorAll('[role="dialog"]')) {
    const title = dialog.querySelector("h1, h2, h3, [slot='title']")?.textContent ?? "";
    if (!title.startsWith("Connection error")) continue;
    const close = dialog.querySelector('button[aria-label="Close"]');
    if (close instanceof HTMLElement) close.click();
  }
}

/** Exactly as high as the window leaves room for, so that nothing needs to be scrolled.
 * @param {HTMLElement} element */
function fit(element) {
  const scroller = element.getRootNode() instanceof ShadowRoot ? hostScroller(element) : null;
  const top = element.getBoundingClientRect().top + (scroller?.scrollTop ?? 0);
  const height = Math.max(LEAST_HEIGHT_PX, Math.floor(window.innerHeight - top - BOTTOM_GAP_PX));
  if (element.style.height !== `${height}px`) element.style.height = `${height}px`;
}

/** @param {HTMLElement} element */
function hostScroller(element) {
  const { host } = /** @type {ShadowRoot} */ (element.getRootNode());
  return host.closest('[data-testid="stMain"]');
}
