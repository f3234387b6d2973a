"""How much of what is there a limited number of predictions covers.

Both measures ask of each label whether any of the allowed predictions overlaps it enough; one
prediction may serve several labels.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inference.localize.segment_table import ScoredTable, SegmentTable

AVERAGE_RECALL_TIOUS = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))
PAIRS_AT_ONCE = 1 << 21  # overlaps computed in one piece: some 100 MB


def recall_at_kx(
    truth: SegmentTable, found: ScoredTable, tious: NDArray[np.float64], factors: Sequence[int]
) -> NDArray[np.float64]:
    """Recall of the k * x best predictions for each class and video, x being its labels there.

    As ActionFormer's `compute_topkx_recall_detection` counts it. found: by falling score, with
    the names of `truth`. Returns (factors, classes, tious), 0..1; every class has a label.
    """
    best = _Best(truth.group, truth.segments, found.group, found.segments)
    positives = np.bincount(truth.label, minlength=len(truth.classes))  # (C,)
    recall = np.zeros((len(factors), len(truth.classes), len(tious)))
    for row, factor in enumerate(factors):
        overlap = best.overlap(factor * best.labels_in_group)
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
    best = _Best(truth.video, truth.segments, found.video, found.segments)
    tious = np.array(AVERAGE_RECALL_TIOUS)
    averages = {}
    for limit in limits:
        overlap = best.overlap(np.full(len(truth), limit))
        covered = overlap[:, None] >= tious
        averages[limit] = float(covered.mean()) if len(truth) else float("nan")
    return averages


class _Best:
    """The highest overlap of each label with the first predictions of its group."""

    def __init__(
        self,
        truth_group: NDArray[np.int64],
        truth: NDArray[np.float64],
        found_group: NDArray[np.int64],
        found: NDArray[np.float64],
    ) -> None:
        by_group = np.argsort(found_group, kind="stable")  # by falling score within a group
        groups = found_group[by_group]
        self.truth = truth
        self.found = found[by_group]
        self.first = np.searchsorted(groups, truth_group, side="left")
        self.available = np.searchsorted(groups, truth_group, side="right") - self.first
        _, own, labels = np.unique(truth_group, return_inverse=True, return_counts=True)
        self.labels_in_group = labels[own]

    def overlap(self, limit: NDArray[np.int64]) -> NDArray[np.float64]:
        """(m,) with at most limit[i] predictions for label i; 0 where there is none."""
        count = np.minimum(limit, self.available)
        best = np.zeros(len(self.truth))
        some = np.flatnonzero(count)
        block = np.cumsum(count[some]) // PAIRS_AT_ONCE
        for rows in np.split(some, np.flatnonzero(np.diff(block)) + 1):
            if len(rows):
                best[rows] = self._best_of(rows, count[rows])
        return best

    def _best_of(self, rows: NDArray[np.int64], count: NDArray[np.int64]) -> NDArray[np.float64]:
        start = np.cumsum(count) - count
        pair = np.arange(count.sum())
        truth = self.truth[np.repeat(rows, count)]
        found = self.found[pair + np.repeat(self.first[rows] - start, count)]
        shared = np.minimum(truth[:, 1], found[:, 1]) - np.maximum(truth[:, 0], found[:, 0])
        shared = shared.clip(0)
        whole = (truth[:, 1] - truth[:, 0]) + (found[:, 1] - found[:, 0]) - shared
        best: NDArray[np.float64] = np.maximum.reduceat(shared / whole, start)
        return best
