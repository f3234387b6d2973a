"""Suppression over all classes: what the recorded calls of the reference do not show."""

from typing import Any

import numpy as np
import pytest

from inference.localize.actionformer.batched_nms import batched_nms

SEGMENTS = np.array([[0.0, 4], [0, 4], [9, 12], [1, 4]])
SCORES = np.array([0.5, 0.5, 0.4, 0.3])
LABELS = np.array([5, 2, 5, 5])


@pytest.mark.parametrize("soft", [True, False])
def test_among_equal_scores_the_lower_class_comes_first(soft: bool) -> None:
    segments, scores, labels = batched_nms(SEGMENTS, SCORES, LABELS, soft=soft, max_segments=3)
    assert labels.tolist() == [2, 5, 5]
    assert scores.tolist() == [0.5, 0.5, 0.4]
    assert segments.tolist() == [[0, 4], [0, 4], [9, 12]]


@pytest.mark.parametrize("soft", [True, False])
@pytest.mark.parametrize("multiclass", [True, False])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"max_segments": -1}, "max_"),
        (
            {"labels": LABELS[:3]},
            "segments, scores and labels must be equally many, not 4, 4 and 3",
        ),
        (
            {"scores": SCORES[:3]},
            "segments, scores and labels must be equally many, not 4, 3 and 4",
        ),
        ({"scores": np.array([0.5, np.nan, 0.4, 0.3])}, "scores must be finite"),
        ({"segments": SEGMENTS[:, ::-1]}, "segments must end after they start"),
        ({"iou_threshold": np.nan}, "iou_threshold must lie between 0 and 1"),
    ],
)
def test_values_without_sense_are_refused(
    soft: bool, multiclass: bool, change: dict[str, Any], message: str
) -> None:
    call: dict[str, Any] = {"segments": SEGMENTS, "scores": SCORES, "labels": LABELS, **change}
    with pytest.raises(ValueError, match=f"^{message}"):
        batched_nms(**call, soft=soft, multiclass=multiclass)
