"""Hot loops over temporal segments (csrc/): overlap, suppression, voting, matching.

Arrays may be float32 or float64, contiguous or not; the work is done in float32 only when all
of a call's floating arrays are float32. The interpreter lock is released while it runs. A
ValueError names the argument that is not finite, ends before it starts or has the wrong length.
Empty input gives empty results, as in the published code.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

def tiou(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.floating]:
    """(n, 2) and (m, 2) start and end -> (n, m) temporal intersection over union, 0..1.

    0 between two segments without length.
    """

def nms(
    segments: NDArray[np.floating], scores: NDArray[np.floating], *, iou_threshold: float
) -> NDArray[np.int64]:
    """Rows that hard NMS keeps, by falling score; among equal scores the lower row first."""

def soft_nms(
    segments: NDArray[np.floating],
    scores: NDArray[np.floating],
    labels: NDArray[np.integer],
    *,
    iou_threshold: float,
    sigma: float,
    min_score: float,
    method: Literal["hard", "linear", "gaussian"],
    max_per_video: int | None,
) -> tuple[NDArray[np.int64], NDArray[np.floating]]:
    """Soft-NMS (Bodla et al., 2017) within each label, for all labels in one call.

    scores (n,): not negative. Returns kept rows and their decayed scores by falling score, at
    most `max_per_video` over all labels, for which the work stops early; among equal scores the
    lower label first. A candidate whose score decays below `min_score` is dropped; as published,
    the best of each label is kept whatever its score. `sigma` is used by "gaussian",
    `iou_threshold` by the other two. Within a label the results, ties and rounding included, are
    those of ActionFormer's C++ code.
    """

def vote(
    kept: NDArray[np.floating],
    segments: NDArray[np.floating],
    scores: NDArray[np.floating],
    *,
    iou_threshold: float,
    weighting: Literal["iou_score", "score"],
) -> NDArray[np.floating]:
    """Segment voting within one class: (k, 2) kept and (n, 2) all segments -> (k, 2) moved ones.

    Each kept segment becomes the mean of all whose tIoU with it is at least `iou_threshold`,
    weighted by score times tIoU, or by score alone. scores (n,): those before suppression, not
    negative. NaN, as published, where nothing votes and where a kept segment has no length.
    """

def match(
    truth: NDArray[np.floating],
    truth_groups: NDArray[np.integer],
    found: NDArray[np.floating],
    found_groups: NDArray[np.integer],
    scores: NDArray[np.floating],
    thresholds: NDArray[np.floating],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which found segment takes which true one, as ActivityNet's average precision counts it.

    truth (m, 2), found (n, 2): start and end; a group (one video and class, any whole number)
    of theirs each. thresholds (k,): tIoU, above 0 and not above 1; compared in float64.

    Returns order (n,): rows of `found` by falling score, and hits (k, n): hits[:, rank] is the
    row of `truth` that found[order[rank]] takes at each threshold, or -1. Each takes the truth
    of its group that it overlaps most and that is still free. Among equal scores, and among
    equal overlaps, the later row comes first, as published. Segments without length overlap
    nothing.
    """
