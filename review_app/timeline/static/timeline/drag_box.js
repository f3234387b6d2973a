// A box over an empty area chooses every label of the edited tiers that it touches.

/** @typedef {import("./gestures.js").Place} Place */

/** @param {Place} place @param {PointerEvent} event @returns {import("./gestures.js").Drag} */
export function dragBox(place, event) {
  const { host, timeline } = place;
  const start = onAxis(place, event);
  const before = event.ctrlKey || event.metaKey ? [...host.selectedIds] : [];
  let chosen = "";
  return {
    move: (now) => {
      const end = onAxis(place, now);
      const box = { left: start.x, right: end.x, top: start.y, bottom: end.y };
      timeline.move({ box });
      const touched = timeline.itemsIn(box).map(({ id }) => id);
      if (touched.join() === chosen) return; // the list beside the picture is dear to show anew
      chosen = touched.join();
      host.selectMany([...before, ...touched]);
    },
    end: (moved) => {
      timeline.move({ box: null });
      if (!moved) host.select(null);
    },
  };
}

/** @param {Place} place @param {PointerEvent} event */
function onAxis({ point, timeline }, event) {
  const { x, y } = point(event);
  return { x: timeline.axisX(x), y };
}
