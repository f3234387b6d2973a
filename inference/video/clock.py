"""Conversions between displayed frames, seconds and the model's fixed clock.

`times` is always `VideoIndex.times`, (N + 1,) seconds with the end of the last frame at its end.
"""

import numpy as np
from numpy.typing import NDArray

MODEL_HZ = 15.0


def frame_at(times: NDArray[np.float64], seconds: float) -> int:
    """The frame on screen at `seconds`, clamped to the recording."""
    return int(np.clip(np.searchsorted(times, seconds, side="right") - 1, 0, len(times) - 2))


def nearest_edge(times: NDArray[np.float64], seconds: float) -> int:
    """The frame boundary 0..N closest to `seconds`; boundary n is where frame n starts."""
    after = int(np.clip(np.searchsorted(times, seconds), 1, len(times) - 1))
    return after if times[after] - seconds <= seconds - times[after - 1] else after - 1


def seconds_to_frames(times: NDArray[np.float64], start_s: float, end_s: float) -> tuple[int, int]:
    """The half-open frame range [start, end) closest to the given seconds; never empty."""
    start = min(nearest_edge(times, start_s), len(times) - 2)
    return start, max(nearest_edge(times, end_s), start + 1)


def ticks(times: NDArray[np.float64], hz: float = MODEL_HZ) -> NDArray[np.int64]:
    """(T,) the displayed frame nearest to each tick k / hz of the model's clock.

    "Nearest" compares presentation times; a tie takes the earlier frame. There is always one tick.
    """
    starts = times[:-1]
    grid = np.arange(max(1, int(np.ceil(times[-1] * hz - 1e-9)))) / hz
    after = np.clip(np.searchsorted(starts, grid), 0, len(starts) - 1)
    before = np.maximum(after - 1, 0)
    closer = np.abs(starts[after] - grid) < np.abs(starts[before] - grid)
    return np.where(closer, after, before).astype(np.int64)
