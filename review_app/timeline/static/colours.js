// Colours that follow the page's theme and can be told apart by colour-blind people. Form says
// the same again everywhere: proposals are outlined, labels are filled, scores are written.

/** @typedef {{text: string, faint: string, line: string, background: string, raised: string,
 *   primary: string, finished: string, font: string}} Theme */

/** @param {HTMLElement} element @returns {Theme} */
export function readTheme(element) {
  const style = getComputedStyle(element);
  /** @param {string} name */
  const value = (name) => style.getPropertyValue(name).trim();
  return {
    text: style.color,
    faint: value("--desk-faint"),
    line: value("--desk-line"),
    background: value("--desk-background"),
    raised: value("--desk-raised"),
    primary: value("--desk-primary"),
    finished: value("--desk-finished"),
    font: style.fontFamily,
  };
}

/** Black or white, whichever reads better on the colour. @param {string} hex "#rrggbb" */
export function inkOn(hex) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255);
  const linear = [red, green, blue].map((c) =>
    c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4,
  );
  const luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  return luminance > 0.22 ? "#10151c" : "#ffffff";
}

/** Joint confidence 0..1: blue is sure, yellow is doubtful, orange is poor (Okabe and Ito).
 * @param {number} confidence */
export function confidenceColour(confidence) {
  if (confidence >= 0.6) return "#56b4e9";
  return confidence >= 0.35 ? "#f0e442" : "#e69f00";
}

/** Tells people in the picture apart. */
export const PERSON_COLOURS = ["#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#f0e442", "#d55e00"];
