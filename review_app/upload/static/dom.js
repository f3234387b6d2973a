// Elements without markup: everything a person typed becomes a text node.

/** @param {string} tag @param {Record<string, unknown>} [props] `class`, `on...` handlers, else
 * attributes @param {...(Node | string | null)} children */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name === "class") element.className = String(value);
    else if (typeof value === "function") {
      element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    } else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** @param {number} bytes */
export function size(bytes) {
  for (const [unit, factor, digits] of /** @type {const} */ ([["GB", 1e9, 1], ["MB", 1e6, 0]])) {
    if (bytes >= factor) return `${(bytes / factor).toFixed(digits)} ${unit}`;
  }
  return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
}

/** @param {number} seconds */
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [whole / 3600, (whole % 3600) / 60, whole % 60].map(Math.floor);
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
