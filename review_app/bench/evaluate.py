"""Evaluation of many predictions against a row-by-row evaluation with pandas."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from rich.console import Group, RenderableType

from inference.evaluation.activitynet_json import comparison
from inference.evaluation.average_precision import Area
from inference.evaluation.detection_scores import DetectionScores, score_detections
from review_app.bench import evaluate_peer
from review_app.bench.machine import machine, machine_line
from review_app.bench.timing import ResultsDifferError, Times, timed
from review_app.terminal import table

TIOUS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
TOLERANCE = 1e-9
VIDEO_S = 600.0


@dataclass(frozen=True)
class Size:
    """How many of each there are, spread evenly at random."""

    predictions: int
    labels: int
    videos: int
    classes: int

    def share(self, of_one: float) -> "Size":
        """Fewer videos, each as full as before."""
        predictions, labels, videos = (
            round(count * of_one) for count in (self.predictions, self.labels, self.videos)
        )
        return Size(predictions, labels, videos, self.classes)


FULL = Size(predictions=100_000, labels=10_000, videos=200, classes=20)


def run(*, size: Size = FULL, peer_share: float = 0.1, repeats: int = 5) -> dict[str, Any]:
    """Median seconds from parsed documents to every figure of the report, on one core: on the
    clock, and of processor time, which other programs on the machine do not add to.

    The peer computes average precision alone, once, on `peer_share` of the videos, where both are
    compared before ours is timed. Raises ResultsDifferError.
    """
    smaller = size.share(peer_share)
    ground_truth, predictions = documents(smaller)
    with one_core():
        peer = Times()
        expected = peer.add(
            lambda: evaluate_peer.average_precision_by_class(ground_truth, predictions, TIOUS)
        )
        compare(evaluated(ground_truth, predictions), expected)
        smaller_times = timed(lambda: evaluated(ground_truth, predictions), repeats=repeats)
        everything = documents(size)
        full_times = timed(lambda: evaluated(*everything), repeats=repeats)
    return {
        "machine": machine(),
        "threads": 1,
        "repeats": repeats,
        "thresholds": len(TIOUS),
        "full": {**asdict(size), **ours(full_times)},
        "compared": {
            **asdict(smaller),
            **ours(smaller_times),
            "peer_s": peer.clock_s,
            "peer_cpu_s": peer.processor_s,
            "factor": peer.processor_s / smaller_times.processor_s,
        },
    }


def documents(size: Size) -> tuple[dict[str, Any], dict[str, Any]]:
    """Labels and predictions as they are parsed from ActivityNet JSON.

    Predictions are labels with moved boundaries, one in eight of another class; those that are
    moved less tend to have higher scores.
    """
    rng = np.random.default_rng(0)
    videos = [f"video_{number:05}" for number in range(size.videos)]
    video = rng.integers(size.videos, size=size.labels)
    label = rng.integers(size.classes, size=size.labels)
    length = rng.uniform(1, 20, size.labels)
    start = rng.uniform(0, VIDEO_S - 20, size.labels)

    own = rng.integers(size.labels, size=size.predictions)
    moved = rng.normal(0, 0.25, (size.predictions, 2))
    found_start = start[own] + moved[:, 0] * length[own]
    found_end = np.maximum(found_start + 0.1, (start + length)[own] + moved[:, 1] * length[own])
    other = rng.integers(size.classes, size=size.predictions)
    found_label = np.where(rng.random(size.predictions) < 1 / 8, other, label[own])
    score = np.exp(-2 * np.abs(moved).sum(axis=1)) * rng.beta(4, 2, size.predictions)

    database: dict[str, Any] = {
        name: {"subset": "test", "duration": VIDEO_S, "annotations": []} for name in videos
    }
    for row in range(size.labels):
        segment = [float(start[row]), float(start[row] + length[row])]
        entry = {"segment": segment, "label": f"class {label[row]:02}"}
        database[videos[video[row]]]["annotations"].append(entry)
    results: dict[str, Any] = {name: [] for name in videos}
    for row in range(size.predictions):
        results[videos[video[own[row]]]].append(
            {
                "segment": [float(found_start[row]), float(found_end[row])],
                "label": f"class {found_label[row]:02}",
                "score": float(score[row]),
            }
        )
    return {"database": database}, {"results": results}


def evaluated(ground_truth: dict[str, Any], predictions: dict[str, Any]) -> DetectionScores:
    """What `rehab-review evaluate` does once it has parsed both files."""
    compared = comparison(ground_truth, predictions)
    return score_detections(compared.labels, compared.predictions, TIOUS, area=Area.INTERPOLATED)


def compare(ours: DetectionScores, expected: dict[str, Any]) -> None:
    """Raises ResultsDifferError where a class has other values than the peer's."""
    found = {each.name: each.ap for each in ours.classes}
    same = found.keys() == expected.keys() and all(
        np.allclose(found[name], values, rtol=0, atol=TOLERANCE)
        for name, values in expected.items()
    )
    if not same:
        raise ResultsDifferError("The average precision is not that of the pandas evaluation.")


def ours(times: Times) -> dict[str, float]:
    """The medians: seconds on the clock, and of processor time."""
    return {"ours_s": times.clock_s, "ours_cpu_s": times.processor_s}


@contextmanager
def one_core() -> Iterator[None]:
    """This thread, which does all the work, stays on the first of its cores."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def report(figures: dict[str, Any]) -> RenderableType:
    """The figures of `run` as a table."""
    full, compared = figures["full"], figures["compared"]
    columns = ("ours", "CPU time", "pandas", "CPU time", "factor")
    shown = table("predictions", "labels", "videos", "classes", *columns)
    for column in shown.columns:
        column.justify = "right"
    peer = (f"{compared['peer_s']:.1f} s", f"{compared['peer_cpu_s']:.1f} s")
    for row, others in (
        (full, ("-", "-", "-")),
        (compared, (*peer, f"{compared['factor']:.0f}x")),
    ):
        counts = [f"{row[name]:,}" for name in ("predictions", "labels", "videos", "classes")]
        shown.add_row(*counts, f"{row['ours_s']:.3f} s", f"{row['ours_cpu_s']:.3f} s", *others)
    return Group(
        shown,
        f"{figures['thresholds']} thresholds, one core. Ours: every figure of the report, from "
        "parsed documents. Pandas, row by row: average precision alone, on fewer videos because "
        "the full size takes it minutes; there both gave the same values. Factor: of CPU time.",
        machine_line(figures["machine"]),
    )
