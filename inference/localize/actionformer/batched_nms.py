"""Suppression over all classes as ActionFormer does it: NMS or soft-NMS, voting, the best k."""

from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

import segment_kernels

FloatArray = NDArray[np.floating[Any]]
Label = TypeVar("Label", bound=np.integer[Any])


def batched_nms(
    segments: FloatArray,
    scores: FloatArray,
    labels: NDArray[Label],
    *,
    iou_threshold: float = 0.1,
    min_score: float = 0.001,
    max_segments: int = 100,
    soft: bool = True,
    multiclass: bool = True,
    sigma: float = 0.5,
    voting_threshold: float = 0.75,
    weighting: Literal["iou_score", "score"] = "iou_score",
) -> tuple[FloatArray, FloatArray, NDArray[Label]]:
    """(n, 2) segments, (n,) scores and labels -> at most `max_segments` of each, by falling score.

    multiclass: segments of different classes leave each other alone, and nothing votes.
    Otherwise all are one class, and with a `voting_threshold` above 0 each kept segment moves to
    the mean of all that overlap it so much (`segment_kernels.vote`). soft: Gaussian soft-NMS;
    otherwise hard NMS among the scores above `min_score`. Raises ValueError, as the kernels do,
    for values that are not finite, ends before starts, lengths that differ and a negative limit.
    """
    if not len(segments) == len(scores) == len(labels):
        raise ValueError(
            "segments, scores and labels must be equally many, not "
            f"{len(segments)}, {len(scores)} and {len(labels)}"
        )
    if max_segments < 0:
        raise ValueError("max_segments must not be negative")
    competing = labels if multiclass else np.zeros_like(labels)
    if soft:
        kept, kept_scores = segment_kernels.soft_nms(
            segments,
            scores,
            competing,
            iou_threshold=iou_threshold,
            sigma=sigma,
            min_score=min_score,
            method="gaussian",
            max_per_video=max_segments,
        )
    else:
        kept = hard_nms(
            segments, scores, competing, iou_threshold=iou_threshold, min_score=min_score
        )[:max_segments]
        kept_scores = scores[kept]
    kept_segments = segments[kept]
    if not multiclass and voting_threshold > 0:
        kept_segments = segment_kernels.vote(
            kept_segments, segments, scores, iou_threshold=voting_threshold, weighting=weighting
        )
    return kept_segments, kept_scores, labels[kept]


def hard_nms(
    segments: FloatArray,
    scores: FloatArray,
    labels: NDArray[np.integer[Any]],
    *,
    iou_threshold: float,
    min_score: float,
) -> NDArray[np.int64]:
    """Rows that hard NMS within each label keeps of those above `min_score`, by falling score;
    among equal scores of different labels the lower label first."""
    kept = [np.zeros(0, np.int64)]
    for label in np.unique(labels):
        # Not `scores > min_score`: a NaN must reach the kernel, which refuses it.
        (own,) = np.nonzero((labels == label) & ~(scores <= min_score))
        kept.append(
            own[segment_kernels.nms(segments[own], scores[own], iou_threshold=iou_threshold)]
        )
    rows = np.concatenate(kept)
    return rows[np.argsort(-scores[rows], kind="stable")]
