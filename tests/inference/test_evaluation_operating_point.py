"""Recall where only so many false positives a minute are allowed, worked out by hand."""

import math

import numpy as np
import pytest

from inference.evaluation.operating_point import recall_at

SCORES = np.array([0.9, 0.8, 0.7, 0.7, 0.6, 0.5])
HITS = np.array([True, False, True, True, False, True])


@pytest.mark.parametrize(
    ("allowed", "score", "recall"),
    [
        (0, 0.9, 1 / 5),
        (1, 0.7, 3 / 5),
        (1.9, 0.7, 3 / 5),
        (2, 0.5, 4 / 5),
    ],
)
def test_the_lowest_score_with_few_enough(allowed: float, score: float, recall: float) -> None:
    found = recall_at(allowed / 4, scores=SCORES, hits=HITS, labels=5, minutes=4.0)
    assert (found.per_minute, found.score, found.recall) == pytest.approx(
        (allowed / 4, score, recall)
    )


def test_predictions_of_one_score_are_in_or_out_together() -> None:
    scores, hits = np.array([0.9, 0.8, 0.8]), np.array([True, True, False])
    found = recall_at(0.5, scores=scores, hits=hits, labels=2, minutes=1.0)
    assert (found.score, found.recall) == (0.9, 0.5)


def test_where_even_the_surest_is_wrong_nothing_is_found() -> None:
    found = recall_at(0.5, scores=SCORES[1:2], hits=HITS[1:2], labels=5, minutes=1.0)
    assert (found.score, found.recall) == (math.inf, 0.0)


def test_without_labels_or_predictions() -> None:
    assert math.isnan(recall_at(0.5, scores=SCORES, hits=HITS, labels=0, minutes=1.0).recall)
    assert math.isnan(recall_at(0.5, scores=SCORES, hits=HITS, labels=5, minutes=0.0).recall)
    none = recall_at(0.5, scores=SCORES[:0], hits=HITS[:0], labels=5, minutes=1.0)
    assert none.recall == 0
