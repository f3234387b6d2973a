// Every key, in one dialog.
import { button, h } from "../dom.js";
import { KEY_MAP, keyNames } from "../keys/keys.js";

const MOUSE = [
  ["Wheel", "Zoom at the cursor"],
  ["Shift + wheel, or drag the pictures", "Pan"],
  ["Wheel over the names, or Alt + wheel", "Scroll the rows"],
  ["Drag an edge", "Move it; the picture follows. An edge that two labels share moves both"],
  ["Ctrl + drag a shared edge", "Part the two labels"],
  ["Drag a label", "Move it, or all that are chosen"],
  ["Alt while dragging", "Do not stick to edges, rests of the movement and the playhead"],
  ["Ctrl + click, Shift + click", "Choose one more; choose up to there"],
  ["Shift + drag over an empty place", "Choose all labels that the box touches"],
  ["Drag on the empty tier", "Add a segment of the class in use"],
  ["Drag the edge of a proposal", "Accept it with that edge corrected"],
  ["Double click on a proposal", "Accept it"],
  ["Shift + drag on the ruler", "Choose a range, for F and for looping"],
];

/** @returns {HTMLDialogElement} */
export function buildHelp() {
  const keys = (/** @type {string[]} */ combos) =>
    combos.flatMap((combo, n) => [
      ...(n ? [" or "] : []),
      ...keyNames(combo).map((name) => h("kbd", {}, name)),
    ]);
  const section = (/** @type {string} */ title, /** @type {HTMLElement[]} */ rows) =>
    h("section", {}, h("h3", {}, title), h("dl", {}, ...rows));
  const groups = KEY_MAP.map(({ title, bindings }) =>
    section(
      title,
      bindings.map(({ keys: combos, does }) =>
        h("div", {}, h("dt", {}, ...keys(combos)), h("dd", {}, does)),
      ),
    ),
  );
  const classes = h(
    "div",
    {},
    h("dt", {}, h("kbd", {}, "1"), " … ", h("kbd", {}, "0")),
    h(
      "dd",
      {},
      "Relabel the selection; accept a proposal as that class; else choose the class in use",
    ),
  );
  const live = h(
    "div",
    {},
    h("dt", {}, "Hold ", h("kbd", {}, "1"), " … ", h("kbd", {}, "0")),
    h("dd", {}, "While it plays: mark a segment from where the key goes down to where it comes up"),
  );
  groups[3].querySelector("dl")?.prepend(classes, live);
  const mouse = MOUSE.map(([what, does]) => h("div", {}, h("dt", {}, what), h("dd", {}, does)));
  const close = button({ label: "Close", hint: "Esc", onPress: () => dialog.close() }, "Close");
  const dialog = /** @type {HTMLDialogElement} */ (
    h(
      "dialog",
      { class: "help", "aria-label": "Keys and mouse" },
      h("header", {}, h("h2", {}, "Keys and mouse"), close),
      h("div", { class: "columns" }, ...groups, section("Mouse on the timeline", mouse)),
      h(
        "p",
        {},
        "Only what is marked as finished teaches the model that nothing else happens there. " +
          "A proposal that is turned down marks its own span as finished.",
      ),
      h(
        "p",
        {},
        "The number on a proposal says how likely it is right; below the one that is usually shown " +
          "it is dashed. A whisker on an edge shows how far off it may be: two edges of three lie " +
          "within theirs.",
      ),
    )
  );
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  return dialog;
}
