"""How much of what is there a limited number of predictions covers.

Both measures ask of each label whether any of the allowed predictions overlaps it enough; one
prediction may serve several labels.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inference.evaluation.segment_table import ScoredTable, SegmentTable, sort_keys

AVERAGE_RECALL_TIOUS = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))
PAIRS_AT_ONCE = 1 << 21  # overlaps computed in one piece: some 200 MB

# Group (n,) and segment (n, 2) of each row.
Grouped = tuple[NDArray[np.int64], NDArray[np.float64]]


def recall_at_kx(
    truth: SegmentTable, found: ScoredTable, tious: NDArray[np.float64], factors: Sequence[int]
) -> NDArray[np.float64]:
    """Recall of the k * x best predictions for each class and video, x being its labels there.

    As ActionFormer's `compute_topkx_recall_detection` counts it. found: by falling score, with
    the names of `truth`. Returns (factors, classes, tious), 0..1; every class has a label.
    """
    best = best_overlaps(
        (truth.group, truth.segments), (found.group, found.segments), factors, times_labels=True
    )
    positives = np.bincount(truth.label, minlength=len(truth.classes))  # (C,)
    recall = np.zeros((len(factors), len(truth.classes), len(tious)))
    for row, overlap in enumerate(best):
        for column, tiou in enumerate(tious):
            covered = np.bincount(truth.label, overlap >= tiou, len(truth.classes))
            recall[row, :, column] = covered / positives
    return recall


def average_recall(
    truth: SegmentTable, found: ScoredTable, limits: Sequence[int]
) -> dict[int, float]:
    """AR@N of temporal proposals: recall of the N best predictions of each video irrespective of
    class, averaged over tIoU 0.5, 0.55, ... 0.95 (Escorcia et al., DAPs, ECCV 2016).

    N is the same for each video. found: by falling score, with the names of `truth`. NaN without
    a label.
    """
    best = best_overlaps(
        (truth.video, truth.segments), (found.video, found.segments), limits, times_labels=False
    )
    if not len(truth):
        return dict.fromkeys(limits, float("nan"))
    covered = best[:, :, None] >= np.array(AVERAGE_RECALL_TIOUS)
    return dict(zip(limits, covered.mean(axis=(1, 2)).tolist(), strict=True))


def best_overlaps(
    truth: Grouped, found: Grouped, limits: Sequence[int], *, times_labels: bool
) -> NDArray[np.float64]:
    """The highest overlap (tIoU) of each label with the first predictions of its group.

    truth, found: groups (m,) or (n,) and segments (m, 2) or (n, 2); predictions by falling
    score. limits: how many predictions of a group count, or with `times_labels` how many for
    each of its labels. Returns (limits, m).
    """
    names, own, labels = np.unique(truth[0], return_inverse=True, return_counts=True)
    best = np.zeros((len(limits), len(truth[0])))
    if not best.size:
        return best
    allowed = np.outer(limits, labels if times_labels else np.ones_like(labels))  # (limits, G)
    group = np.searchsorted(names, found[0]).clip(0, len(names) - 1)
    rank = _rank_in_group(group, names[group] == found[0])
    useful = np.flatnonzero(rank < allowed.max(axis=0)[group])
    group, rank, segments = group[useful], rank[useful], found[1][useful]

    # Only predictions that start before a label ends, and not too long before it starts.
    longest = np.zeros(len(names))
    np.maximum.at(longest, group, segments[:, 1] - segments[:, 0])
    start, first, last = sort_keys(
        (group, segments[:, 0]),
        (own, truth[1][:, 0] - longest[own]),
        (own, truth[1][:, 1]),
    )
    by_start = np.argsort(start)
    begin = np.searchsorted(start[by_start], first, side="left")
    count = np.searchsorted(start[by_start], last, side="left") - begin
    some = np.flatnonzero(count > 0)
    block = np.cumsum(count[some]) // PAIRS_AT_ONCE
    for rows in np.split(some, np.flatnonzero(np.diff(block)) + 1):
        pairs, offset = count[rows], np.cumsum(count[rows]) - count[rows]
        other = by_start[np.arange(pairs.sum()) + np.repeat(begin[rows] - offset, pairs)]
        overlap = _tiou(np.repeat(truth[1][rows], pairs, axis=0), segments[other])
        for row, limit in enumerate(allowed):
            counts = rank[other] < np.repeat(limit[own[rows]], pairs)
            best[row, rows] = np.maximum.reduceat(overlap * counts, offset)
    return best


def _rank_in_group(group: NDArray[np.int64], member: NDArray[np.bool_]) -> NDArray[np.int64]:
    """0 for the first row of each group and so on; beyond any limit for no member."""
    rank = np.full(len(group), np.iinfo(np.int64).max)
    members = np.flatnonzero(member)
    by_group = members[np.argsort(group[members], kind="stable")]
    first = np.flatnonzero(np.diff(group[by_group], prepend=-1))
    rank[by_group] = np.arange(len(by_group)) - np.repeat(
        first, np.diff(first, append=len(by_group))
    )
    return rank


def _tiou(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 2), (n, 2) -> (n,), row by row; one of the two has a length."""
    shared = (np.minimum(a[:, 1], b[:, 1]) - np.maximum(a[:, 0], b[:, 0])).clip(0)
    overlap: NDArray[np.float64] = shared / ((a[:, 1] - a[:, 0]) + (b[:, 1] - b[:, 0]) - shared)
    return overlap
