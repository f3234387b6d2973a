// Which key does what. Pure, except for reading a KeyboardEvent's fields.

/** @typedef {{keys: string[], command: string, does: string}} Binding */

/** @type {{title: string, bindings: Binding[]}[]} */
export const KEY_MAP = [
  {
    title: "Play",
    bindings: [
      { keys: ["Space"], command: "toggle", does: "Play or pause" },
      { keys: ["k"], command: "stop", does: "Pause; held with J or L: play slowly" },
      { keys: ["l"], command: "forward", does: "Play; again: faster" },
      { keys: ["j"], command: "backward", does: "Play backwards; again: faster" },
      { keys: ["<"], command: "slower", does: "Slower" },
      { keys: [">"], command: "faster", does: "Faster" },
      { keys: ["\\", "y"], command: "loop", does: "Loop the selected segment" },
    ],
  },
  {
    title: "Move",
    bindings: [
      { keys: ["ArrowLeft"], command: "back1", does: "A short step back: one frame, or as many as you chose" },
      { keys: ["ArrowRight"], command: "on1", does: "A short step on" },
      { keys: ["Shift+ArrowLeft"], command: "back10", does: "A long step back: 10 frames, or as many as you chose" },
      { keys: ["Shift+ArrowRight"], command: "on10", does: "A long step on" },
      { keys: ["Home"], command: "first", does: "First frame" },
      { keys: ["End"], command: "last", does: "Last frame" },
      { keys: ["{"], command: "rangeStart", does: "Start the chosen range at the playhead" },
      { keys: ["}"], command: "rangeEnd", does: "End the chosen range at the playhead" },
      { keys: ["g"], command: "goto", does: "Go to a frame or time typed in" },
      { keys: ["i"], command: "toStart", does: "To the start of the selection" },
      { keys: ["Shift+I"], command: "toEnd", does: "To the end of the selection" },
    ],
  },
  {
    title: "Review",
    bindings: [
      { keys: ["Enter"], command: "accept", does: "Accept the proposal and go to the next" },
      { keys: ["n"], command: "next", does: "Next that nobody has looked at" },
      { keys: ["Shift+N"], command: "nextUncertain", does: "Next that the model is not sure of" },
      { keys: ["Shift+D"], command: "nextDisagreement", does: "Next where others say otherwise" },
      { keys: ["Shift+Enter"], command: "acceptSure", does: "Accept all that are sure enough" },
      { keys: ["ArrowDown"], command: "nextItem", does: "Next segment or proposal" },
      { keys: ["ArrowUp"], command: "previousItem", does: "Previous segment or proposal" },
      {
        keys: ["Delete", "Backspace"],
        command: "remove",
        does: "Delete the label; turn a proposal down",
      },
      { keys: ["f"], command: "finish", does: "Mark the range, or everything, as finished" },
      { keys: ["Shift+F"], command: "unfinish", does: "Take that mark back" },
    ],
  },
  {
    title: "Label",
    bindings: [
      { keys: ["a"], command: "add", does: "Add a segment at the playhead" },
      { keys: ["["], command: "startHere", does: "Start the selection at the playhead" },
      { keys: ["]"], command: "endHere", does: "End the selection after the frame shown" },
      { keys: ["s"], command: "split", does: "Split the selection at the playhead" },
      { keys: ["m"], command: "merge", does: "Merge the selection, or with the next of its class" },
      { keys: ["d"], command: "duplicate", does: "The selection once more, right after it" },
      { keys: ["Shift+C"], command: "copyToTier", does: "Copy it to the tier of the class in use" },
      { keys: ["q"], command: "startEarlier", does: "Start one frame earlier" },
      { keys: ["w"], command: "startLater", does: "Start one frame later" },
      { keys: ["o"], command: "endEarlier", does: "End one frame earlier" },
      { keys: ["p"], command: "endLater", does: "End one frame later" },
      { keys: [","], command: "moveEarlier", does: "Move the selection one frame earlier" },
      { keys: ["."], command: "moveLater", does: "Move the selection one frame later" },
      { keys: ["u"], command: "unsure", does: "Mark the selection as unsure, or as sure again" },
      { keys: ["Shift+R"], command: "reaction", does: "Your reaction time, for live marks" },
      { keys: ["c"], command: "comments", does: "Comments, and a box for a new one" },
      { keys: ["Ctrl+z"], command: "undo", does: "Undo" },
      { keys: ["Ctrl+Shift+Z", "Ctrl+y"], command: "redo", does: "Redo" },
    ],
  },
  {
    title: "View",
    bindings: [
      { keys: ["+", "="], command: "zoomIn", does: "Zoom in at the playhead" },
      { keys: ["-"], command: "zoomOut", does: "Zoom out" },
      { keys: ["z"], command: "zoomSelection", does: "Zoom to the selection" },
      { keys: ["Shift+Z"], command: "zoomAll", does: "Show the whole recording" },
      { keys: ["v"], command: "skeleton", does: "Show or hide the skeleton" },
      { keys: ["Escape"], command: "clear", does: "Clear the selection; close what is open" },
      { keys: ["?"], command: "help", does: "This list" },
    ],
  },
];

/** "Ctrl+Shift+Z", "a", "?": letters carry Shift, signs are what they are. Ctrl and Cmd are one.
 * @param {Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "shiftKey" | "altKey">} event */
export function comboOf(event) {
  let key = event.key === " " ? "Space" : event.key;
  const latin = /^Key([A-Z])$/.exec(event.code ?? "");
  const printable = key.length === 1;
  if (printable && latin && !/[a-z]/i.test(key)) key = latin[1]; // other scripts: by position
  const letter = /^[a-z]$/i.test(key);
  if (letter) key = event.shiftKey ? key.toUpperCase() : key.toLowerCase();
  const shift = event.shiftKey && (letter || key.length > 1);
  const control = event.ctrlKey || event.metaKey;
  return `${control ? "Ctrl+" : ""}${event.altKey ? "Alt+" : ""}${shift ? "Shift+" : ""}${key}`;
}

const COMMANDS = new Map(
  KEY_MAP.flatMap(({ bindings }) =>
    bindings.flatMap(({ keys, command }) =>
      keys.map((key) => /** @type {[string, string]} */ ([key, command])),
    ),
  ),
);

/** @param {string} combo @returns {string | undefined} */
export const commandFor = (combo) => COMMANDS.get(combo);

/** "ArrowLeft" -> "←", for people. @param {string} combo */
export function keyNames(combo) {
  /** @type {Record<string, string>} */
  const signs = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc" };
  const parts = combo === "+" ? ["+"] : combo.split("+");
  return parts.map((part) => signs[part] ?? (part.length === 1 ? part.toUpperCase() : part));
}

/** Whether a key press belongs to the field or button it was made in, not to the desk.
 * @param {EventTarget | undefined} target the innermost element @param {string} combo */
export function belongsElsewhere(target, combo) {
  if (!(target instanceof Element)) return false;
  if (target.closest('input:not([type="checkbox"]), textarea, select, [contenteditable="true"]')) {
    return true;
  }
  if (target.closest('[role="dialog"], [role="listbox"]:not(.list), [role="combobox"]'))
    return true;
  if (target.closest('[role="separator"]') && combo.startsWith("Arrow")) return true;
  const pressable = target.closest('button, a[href], summary, [role="button"], [role="option"]');
  return pressable !== null && (combo === "Space" || combo === "Enter");
}
