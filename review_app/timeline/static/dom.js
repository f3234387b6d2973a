// Elements without markup: everything a person typed becomes a text node.

const ICONS = {
  play: "M5 3.2v9.6L13 8z",
  pause: "M4.5 3h2.4v10H4.5zM9.1 3h2.4v10H9.1z",
  back: "M11 3.4v9.2L4.6 8z",
  on: "M5 3.4v9.2L11.4 8z",
  back10: "M8 3.4v9.2L2 8zM14 3.4v9.2L8 8z",
  on10: "M2 3.4v9.2L8 8zM8 3.4v9.2L14 8z",
  loop: "M4 4.2h6.2a3.3 3.3 0 0 1 3.3 3.3h-1.4a1.9 1.9 0 0 0-1.9-1.9H4v1.9L1.2 4.9 4 2.3zm8 7.6H5.8a3.3 3.3 0 0 1-3.3-3.3h1.4a1.9 1.9 0 0 0 1.9 1.9H12V8.5l2.8 2.6-2.8 2.6z",
  skeleton:
    "M8 1.2a1.7 1.7 0 1 1 0 3.4 1.7 1.7 0 0 1 0-3.4zM3 5.4h10v1.4H9.5v2.3l1.9 5.4-1.3.5L8 9.8 5.9 15l-1.3-.5 1.9-5.4V6.8H3z",
  person:
    "M8 1.8a2.9 2.9 0 1 1 0 5.8 2.9 2.9 0 0 1 0-5.8zM2.6 14.2c0-3.1 2.3-5.2 5.4-5.2s5.4 2.1 5.4 5.2z",
  undo: "M6.2 2.6v2.6h3.3a4 4 0 0 1 0 8H5v-1.5h4.5a2.5 2.5 0 0 0 0-5H6.2v2.6L2 6z",
  redo: "M9.8 2.6v2.6H6.5a4 4 0 0 0 0 8H11v-1.5H6.5a2.5 2.5 0 0 1 0-5h3.3v2.6L14 6z",
  finish: "M3.2 2h1.4v1h7.6l-1.7 2.8 1.7 2.8H4.6V14H3.2z",
  fold: "M3 5.5h10L8 11.5z",
  unfold: "M5.5 3v10l6-5z",
  eye: "M8 3.5c3.2 0 5.6 2 6.8 4.5-1.2 2.5-3.6 4.5-6.8 4.5S2.4 10.5 1.2 8C2.4 5.5 4.8 3.5 8 3.5zm0 1.4c-2.3 0-4.1 1.2-5.2 3.1 1.1 1.9 2.9 3.1 5.2 3.1s4.1-1.2 5.2-3.1C12.1 6.1 10.3 4.9 8 4.9zm0 1.1a2 2 0 1 1 0 4 2 2 0 0 1 0-4z",
  hidden: "M1.2 7.3h13.6v1.4H1.2z",
  locked: "M4.5 7V5.2a3.5 3.5 0 0 1 7 0V7h1v7h-9V7zm1.4 0h4.2V5.2a2.1 2.1 0 0 0-4.2 0z",
  unlocked: "M10.1 7V5.2a2.1 2.1 0 0 0-4.2 0H4.5a3.5 3.5 0 0 1 7 0V7h1v7h-9V7zm-5.2 1.4v4.2h6.2V8.4z",
  comment: "M2 3h12v8H7.5L4.5 14v-3H2z",
  rows: "M2 3h12v2H2zm0 4h12v2H2zm0 4h12v2H2z",
};

/** @param {string} tag @param {Record<string, unknown>} [props] `class`, `on...` handlers,
 * properties the element knows, attributes otherwise
 * @param {...(Node | string | null)} children */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name === "class") element.className = String(value);
    else if (typeof value === "function")
      element.addEventListener(name.slice(2), /** @type {any} */ (value));
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** @param {keyof typeof ICONS} name */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.append(path);
  setIcon(svg, name);
  return svg;
}

/** @param {SVGElement} svg @param {keyof typeof ICONS} name */
export const setIcon = (svg, name) => svg.firstElementChild?.setAttribute("d", ICONS[name]);

/** A button that leaves the keyboard with the desk when it is clicked.
 * @param {{label: string, hint?: string, class?: string, onPress: () => void}} props
 * @param {...(Node | string)} children */
export function button({ label, hint = "", class: extra = "", onPress }, ...children) {
  const element = h(
    "button",
    {
      type: "button",
      class: `button ${extra}`,
      "aria-label": label,
      title: hint ? `${label} (${hint})` : label,
      onclick: onPress,
      onmousedown: (/** @type {Event} */ event) => event.preventDefault(),
    },
    ...children,
  );
  return /** @type {HTMLButtonElement} */ (element);
}
