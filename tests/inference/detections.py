"""Small sets of labels and predictions for the tests of the evaluation."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from inference.evaluation.activitynet_json import Comparison, comparison
from inference.evaluation.average_precision import Area
from inference.evaluation.detection_scores import DetectionScores, score_detections

LabelRow = tuple[str, float, float, Any]  # video, start, end, class
PredictionRow = tuple[str, float, float, Any, float]  # and a score

TIOUS = (0.3, 0.5, 0.7)


def documents(
    labels: Iterable[LabelRow],
    predictions: Iterable[PredictionRow],
    *,
    videos: Iterable[str] = (),
) -> tuple[dict[str, Any], dict[str, Any]]:
    """ActivityNet-style documents. videos: those that must be there even without a label."""
    database: dict[str, Any] = {video: {"annotations": []} for video in videos}
    for video, start, end, label in labels:
        entry = database.setdefault(video, {"annotations": []})
        entry["annotations"].append({"segment": [start, end], "label": label})
    results: dict[str, Any] = {}
    for video, start, end, label, score in predictions:
        row = {"segment": [start, end], "label": label, "score": score}
        results.setdefault(video, []).append(row)
    return {"database": database}, {"results": results}


def compared(
    labels: Iterable[LabelRow], predictions: Iterable[PredictionRow], **more: Any
) -> Comparison:
    return comparison(*documents(labels, predictions, **more))


def scored(
    labels: Iterable[LabelRow],
    predictions: Iterable[PredictionRow],
    tious: Iterable[float] = TIOUS,
    *,
    area: Area = Area.UNINTERPOLATED,
    score_threshold: float = -math.inf,
    **more: Any,
) -> DetectionScores:
    both = compared(labels, predictions, **more)
    return score_detections(
        both.labels, both.predictions, tuple(tious), area=area, score_threshold=score_threshold
    )


def overlap(a: tuple[float, float], b: tuple[float, float]) -> float:
    """tIoU as it is defined."""
    shared = max(0.0, min(a[1], b[1]) - max(a[0], b[0]))
    return shared / ((a[1] - a[0]) + (b[1] - b[0]) - shared)


VIDEOS = st.sampled_from(["a", "b", "c"])
CLASSES = st.sampled_from(["squat", "lunge"])
SCORES = st.integers(0, 8).map(lambda step: step / 8)  # ties are likely


@st.composite
def segments(draw: st.DrawFn) -> tuple[float, float]:
    start = draw(st.integers(0, 20))
    return float(start), float(start + draw(st.integers(1, 12)))


@st.composite
def label_rows(draw: st.DrawFn) -> list[LabelRow]:
    """At least one; no two the same, which would be near-duplicates."""
    rows = st.tuples(VIDEOS, segments(), CLASSES).map(lambda row: (row[0], *row[1], row[2]))
    return draw(st.lists(rows, min_size=1, max_size=12, unique=True))


@st.composite
def prediction_rows(draw: st.DrawFn) -> list[PredictionRow]:
    rows = st.tuples(VIDEOS, segments(), CLASSES, SCORES).map(
        lambda row: (row[0], *row[1], row[2], row[3])
    )
    return draw(st.lists(rows, max_size=25))


def distinct_scores(rows: list[PredictionRow]) -> list[PredictionRow]:
    """The same rows with scores of which no two are equal, so that order does not matter."""
    scores = np.random.default_rng(len(rows)).permutation(len(rows)) + 1.0
    return [(*row[:4], float(score)) for row, score in zip(rows, scores, strict=True)]
