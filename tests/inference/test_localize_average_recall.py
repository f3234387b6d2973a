"""Recall with a limited number of predictions, against its definition."""

import math

import numpy as np
import pytest
from hypothesis import given, settings

from inference.evaluation import average_recall as module
from inference.evaluation.average_recall import AVERAGE_RECALL_TIOUS
from tests.inference.detections import (
    TIOUS,
    LabelRow,
    PredictionRow,
    distinct_scores,
    label_rows,
    overlap,
    prediction_rows,
    scored,
)


def covered(label: LabelRow, found: list[PredictionRow], tiou: float) -> bool:
    return any(overlap(label[1:3], row[1:3]) >= tiou for row in found)


def best(found: list[PredictionRow], count: int) -> list[PredictionRow]:
    return sorted(found, key=lambda row: -row[4])[:count]


def test_one_long_prediction_may_serve_two_labels() -> None:
    labels = [("a", 0.0, 10.0, "squat"), ("a", 2.0, 12.0, "squat")]
    result = scored(labels, [("a", 1.0, 11.0, "squat", 0.9)])
    assert result.recall_at_kx[1] == (1.0, 1.0, 1.0)
    assert result.classes[0].ap == (0.5, 0.5, 0.5)


def test_average_recall_counts_the_best_of_each_video_whatever_their_class() -> None:
    labels = [("a", 0.0, 10.0, "squat"), ("b", 0.0, 10.0, "lunge")]
    wrong = [("a", 20.0 + n, 30.0 + n, "squat", 0.9) for n in range(10)]
    found = [*wrong, ("a", 0.0, 10.0, "lunge", 0.5), ("b", 0.0, 10.0, "lunge", 0.1)]
    recall = scored(labels, found).average_recall
    assert recall == {10: 0.5, 50: 1.0, 100: 1.0}


@settings(deadline=None)
@given(labels=label_rows(), drawn=prediction_rows())
def test_recall_at_kx_is_what_it_says(labels: list[LabelRow], drawn: list[PredictionRow]) -> None:
    found = distinct_scores(drawn)
    result = scored(labels, found)
    for each in result.classes:
        own = [row for row in labels if row[3] == each.name]
        for k, values in each.recall_at_kx.items():
            for tiou, value in zip(TIOUS, values, strict=True):
                hits = 0
                for label in own:
                    there = [row for row in found if (row[0], row[3]) == (label[0], label[3])]
                    count = sum(other[0] == label[0] for other in own)
                    hits += covered(label, best(there, k * count), tiou)
                assert value == pytest.approx(hits / len(own))


@settings(deadline=None)
@given(labels=label_rows(), drawn=prediction_rows())
def test_average_recall_is_what_it_says(labels: list[LabelRow], drawn: list[PredictionRow]) -> None:
    known = {row[3] for row in labels}
    found = [row for row in distinct_scores(drawn) if row[3] in known]
    expected = np.mean(
        [
            covered(label, best([row for row in found if row[0] == label[0]], 10), tiou)
            for label in labels
            for tiou in AVERAGE_RECALL_TIOUS
        ]
    )
    assert scored(labels, found).average_recall[10] == pytest.approx(expected)


def test_many_overlaps_are_computed_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    labels = [("a", float(n), float(n + 5), "squat") for n in range(40)]
    found = [
        ("a", float(start), float(start + 5), "squat", float(score))
        for start, score in zip(rng.uniform(0, 40, 300), rng.random(300), strict=True)
    ]
    at_once = scored(labels, found)
    monkeypatch.setattr(module, "PAIRS_AT_ONCE", 50)
    assert scored(labels, found) == at_once
    assert not math.isnan(at_once.average_recall[10])
