"""Heatmap volumes drawn from joints for training, against a Gaussian evaluated in every cell."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Group, RenderableType

from inference.features.windows import supplies
from inference.synthesis.heatmaps import Blobs
from review_app.bench.machine import machine, machine_line
from review_app.bench.timing import ResultsDifferError, timed_in_turns
from review_app.terminal import table

CELLS = (16, 32, 64)
TICKS = 512
TOLERANCE = 1  # of 255


def run(*, cells: Sequence[int] = CELLS, ticks: int = TICKS, repeats: int = 5) -> dict[str, Any]:
    """For each width of the map the median milliseconds of processor time a tick, in turns with
    the peer, whose result is compared before. Raises ResultsDifferError."""
    supply, _ = supplies(None, None, train=(), validation=(), seed=1, invented=1.0)
    seen = supply.session(0).blobs(slice(0, ticks))
    return {
        "machine": machine(),
        "ticks": ticks,
        "repeats": repeats,
        "rows": [_row(seen.drawn_with(each), repeats) for each in cells],
    }


def _row(blobs: Blobs, repeats: int) -> dict[str, float]:
    compare(blobs[:], plain(blobs))
    calls = {"ours": lambda: blobs[:], "plain": lambda: plain(blobs)}
    times = timed_in_turns(calls, repeats=repeats)
    ours, peer = (1e3 * times[name].processor_s / len(blobs) for name in ("ours", "plain"))
    return {"cells": blobs.cells, "ours_ms": ours, "plain_ms": peer, "factor": peer / ours}


def plain(blobs: Blobs) -> NDArray[np.uint8]:
    """What `blobs[:]` gives: each answer in every cell of a map twice as fine, the strongest of
    each 2 x 2 cells and of all answers."""
    fine = 2 * blobs.cells
    rows, columns = np.mgrid[:fine, :fine].astype(np.float32)
    volume = np.empty(blobs.shape, np.uint8)
    for tick, (x, y, side) in enumerate(blobs.crops):
        corner = np.array([x, y]) - side / 2
        centres = (blobs.positions[tick] - corner) / side * fine - 0.5
        maps = np.zeros((17, fine, fine), np.float32)
        for (joint_x, joint_y), strength, joint in zip(
            centres.reshape(-1, 2), blobs.amplitudes[tick].ravel(), _joints(centres), strict=True
        ):
            distance = (columns - joint_x) ** 2 + (rows - joint_y) ** 2
            answer = strength * np.exp(-0.5 * distance / blobs.sigmas[tick, joint] ** 2)
            np.maximum(maps[joint], answer, out=maps[joint])
        strongest = maps.reshape(17, blobs.cells, 2, blobs.cells, 2).max(axis=(2, 4))
        volume[tick] = np.rint(255 * strongest)
    return volume


def _joints(centres: NDArray[np.floating]) -> NDArray[np.int64]:
    """Whose joint each answer of (N, 17, 2) is, in their order."""
    return np.tile(np.arange(17), len(centres))


def compare(ours: NDArray[np.uint8], expected: NDArray[np.uint8]) -> None:
    """Raises ResultsDifferError where a cell differs by more than rounding."""
    if np.abs(ours.astype(int) - expected).max() > TOLERANCE:
        raise ResultsDifferError("The heatmaps are not those of a Gaussian in every cell.")


def report(figures: dict[str, Any]) -> RenderableType:
    """The figures of `run` as a table."""
    shown = table("cells", "ours, a tick", "plain, a tick", "factor")
    for column in shown.columns:
        column.justify = "right"
    for row in figures["rows"]:
        shown.add_row(
            f"{row['cells']} x {row['cells']}", f"{row['ours_ms']:.3f} ms",
            f"{row['plain_ms']:.2f} ms", f"{row['factor']:.0f}x",
        )  # fmt: skip
    return Group(
        shown,
        f"17 joints with two answers each, {figures['ticks']} ticks, processor time. Plain: numpy, "
        "a Gaussian evaluated in every cell instead of a product of rows and columns.",
        machine_line(figures["machine"]),
    )
