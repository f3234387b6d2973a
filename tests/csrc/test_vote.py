"""Segment voting: the weighted mean it is defined as, and where it has none."""

from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import segment_kernels
from tests.csrc.segments import crowd, overlap, segment_arrays

Weighting = Literal["iou_score", "score"]
WEIGHTING = st.sampled_from(["iou_score", "score"])


def mean_of_voters(
    one: np.ndarray, segments: np.ndarray, scores: np.ndarray, threshold: float, weighting: str
) -> np.ndarray:
    overlaps = np.array([overlap(one, other) for other in segments])
    weights = np.where(overlaps >= threshold, scores, 0)
    if weighting == "iou_score":
        weights = weights * overlaps
    return weights @ segments / weights.sum() if weights.sum() > 0 else np.full(2, np.nan)


@settings(deadline=None)
@given(segment_arrays(), segment_arrays(), st.integers(0, 2**31), WEIGHTING)
def test_equals_the_weighted_mean(
    kept: np.ndarray, segments: np.ndarray, seed: int, weighting: Weighting
) -> None:
    scores = np.random.default_rng(seed).integers(0, 5, len(segments)) / 4
    for threshold in (0.2, 0.75):
        voted = segment_kernels.vote(
            kept, segments, scores, iou_threshold=threshold, weighting=weighting
        )
        expected = [mean_of_voters(one, segments, scores, threshold, weighting) for one in kept]
        np.testing.assert_allclose(voted, np.array(expected).reshape(-1, 2), rtol=1e-12)


@settings(deadline=None)
@given(segment_arrays(), st.integers(0, 2**31), WEIGHTING)
def test_stays_within_what_votes(segments: np.ndarray, seed: int, weighting: Weighting) -> None:
    scores = np.random.default_rng(seed).uniform(0.1, 1, len(segments))
    voted = segment_kernels.vote(segments, segments, scores, iou_threshold=0.5, weighting=weighting)
    for one, moved in zip(segments, voted, strict=True):
        voters = np.array([other for other in segments if overlap(one, other) >= 0.5])
        if one[0] == one[1]:
            assert np.isnan(moved).all()
        else:
            assert (moved >= voters.min(axis=0) - 1e-9).all()
            assert (moved <= voters.max(axis=0) + 1e-9).all()


@pytest.mark.parametrize("weighting", ["iou_score", "score"])
def test_float32_agrees_with_float64(weighting: Weighting) -> None:
    rng = np.random.default_rng(0)
    segments = crowd(rng, 300, span=2000, length=40).astype(np.float32)
    scores = rng.random(300).astype(np.float32)
    coarse, fine = (
        segment_kernels.vote(
            segments[:50].astype(dtype),
            segments.astype(dtype),
            scores.astype(dtype),
            iou_threshold=0.61,
            weighting=weighting,
        )
        for dtype in (np.float32, np.float64)
    )
    assert (coarse.dtype, fine.dtype) == (np.float32, np.float64)
    np.testing.assert_allclose(coarse, fine, rtol=1e-5)


def test_without_voters_there_is_no_mean() -> None:
    kept, far = np.array([[0.0, 1.0]]), np.array([[5.0, 6.0]])
    voted = segment_kernels.vote(kept, far, np.ones(1), iou_threshold=0.5, weighting="score")
    assert np.isnan(voted).all()
    nothing = segment_kernels.vote(
        kept, far[:0], np.ones(0), iou_threshold=0.5, weighting="iou_score"
    )
    assert np.isnan(nothing).all()
