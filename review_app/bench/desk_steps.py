"""How long a step back takes at the review desk: from the key press to the frame on screen."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np
from numpy.typing import NDArray
from rich.console import Group, RenderableType

from review_app.terminal import table

if TYPE_CHECKING:
    from playwright.sync_api import Page

SIZE = (1280, 720)
GOAL_MS = {"median_ms": 50.0, "p95_ms": 120.0}
LOOKING_MS = 500  # how long a person looks at a frame jumped to before stepping back from it

#: Makes a page do without decoding single pictures, as one that is not served by HTTPS has to.
BY_SEEKING_ALONE = "delete window.VideoDecoder"

# The frame is on screen with the first animation frame after the desk confirmed it: that is when
# the browser paints. `pauses[n]`: milliseconds before press n; `jumps[n]`: where to go before it.
_PRESSES = """async (desk, { presses, pauses, jumps }) => {
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const painted = () => new Promise(requestAnimationFrame);
  const arrival = (frame) =>
    new Promise((resolve, reject) => {
      const there = () =>
        desk.dataset.confirmed === "true" && desk.dataset.frame === String(frame);
      if (there()) return resolve();
      const late = setTimeout(() => reject(new Error(`frame ${frame} did not come`)), 30_000);
      const watcher = new MutationObserver(() => {
        if (!there()) return;
        watcher.disconnect();
        clearTimeout(late);
        resolve();
      });
      watcher.observe(desk, { attributes: true });
    });
  const box = desk.querySelector(".frame-box");
  const goTo = (frame) => {
    box.focus();
    box.value = String(frame);
    box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    return arrival(frame);
  };
  const took = [];
  for (let n = 0; n < presses; n += 1) {
    if (jumps[n] !== undefined) await goTo(jumps[n]);
    if (pauses[n]) await wait(pauses[n]);
    const frame = Number(desk.dataset.frame) - 1;
    const began = performance.now();
    const press = { key: "ArrowLeft", code: "ArrowLeft", bubbles: true, cancelable: true };
    document.dispatchEvent(new KeyboardEvent("keydown", press));
    await arrival(frame);
    await painted();
    took.push(performance.now() - began);
  }
  return took;
}"""


def measure(page: "Page", *, frames: int, steps: int = 300, seed: int = 1) -> dict[str, Any]:
    """Steps back at the desk that is open and ready in `page`.

    frames: of the recording, more than `steps`. -> {"running": one press after the other from the
    last frame, as soon as the frame before is on screen; "after_jump": one press half a second
    after a jump to a random frame}, each {steps, median_ms, p95_ms, most_ms}.
    """
    desk = page.locator(".desk")
    rng = np.random.default_rng(seed)
    jumps = rng.integers(1, frames, max(1, steps // 10)).tolist()
    running = {"presses": steps, "pauses": [LOOKING_MS], "jumps": [frames - 1]}
    jumping = {"presses": len(jumps), "pauses": [LOOKING_MS] * len(jumps), "jumps": jumps}
    return {
        "running": _figures(desk.evaluate(_PRESSES, running)),
        "after_jump": _figures(desk.evaluate(_PRESSES, jumping)),
    }


def _figures(took: Sequence[float]) -> dict[str, float]:
    median, late = np.percentile(took, [50, 95])
    return {
        "steps": len(took),
        "median_ms": float(median),
        "p95_ms": float(late),
        "most_ms": max(took),
    }


def report(figures: dict[str, dict[str, dict[str, float]]]) -> RenderableType:
    """What `measure` gave, by how the pictures were had."""
    made = table("pictures", "steps back", "median ms", "95 % within ms")
    for how, kinds in figures.items():
        for kind, row in kinds.items():
            numbers = (f"{row[name]:.0f}" for name in GOAL_MS)
            made.add_row(how, kind.replace("_", " "), *numbers)
    median, late = GOAL_MS.values()
    return Group(made, f"Goal: median {median:.0f} ms, 95 % within {late:.0f} ms.")


def write_recording(path: Path, *, frames: int = 450, size: tuple[int, int] = SIZE) -> Path:
    """A recording (MP4, H.264, 30 a second, a key frame each half second) with as much in it to
    decode as in a filmed room: texture, noise and something that moves."""
    width, height = size
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=30, options={"preset": "veryfast", "crf": "22"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.gop_size = 15
        stream.codec_context.max_b_frames = 0
        for picture in _room(frames, width, height):
            frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv420p")
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return path


def _room(frames: int, width: int, height: int) -> Iterator[NDArray[np.uint8]]:
    rng = np.random.default_rng(0)
    wall = rng.normal(120, 12, (height, width))
    noises = rng.normal(0, 3, (8, height, width))
    for number in range(frames):
        picture = np.clip(wall + noises[number % 8], 0, 255).astype(np.uint8)
        left = int(width * (0.4 + 0.25 * np.sin(number / 11)))
        picture[height // 5 : -height // 8, left : left + width // 9] = 200
        yield picture
