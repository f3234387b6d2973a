"""What wrong predictions are: another class, or nothing at all."""

import numpy as np
from numpy.typing import NDArray

from inference.localize.matching import Matches
from inference.localize.segment_table import SegmentTable


def confusion(truth: SegmentTable, matches: Matches, threshold: int) -> NDArray[np.int64]:
    """Which class was predicted where a class was to be found.

    matches: irrespective of class, with the names of `truth`; threshold: which of theirs.
    Returns (C, C + 1): labels of the class of the row that a prediction of the class of the
    column takes; in the last column those that no prediction takes.
    """
    classes = len(truth.classes)
    hit = matches.hits[threshold]
    predicted = np.full(len(truth), classes)
    predicted[hit[hit >= 0]] = matches.found.label[hit >= 0]
    counts = np.bincount(truth.label * (classes + 1) + predicted, minlength=classes * (classes + 1))
    return counts.reshape(classes, classes + 1)


def on_background(truth: SegmentTable, found: SegmentTable) -> NDArray[np.bool_]:
    """(n,) whether a segment overlaps no label of its video, of whatever class.

    Both tables must have the same names. Where it only touches a label it is on background; a
    point in time within one is not.
    """
    # Times become ranks, so that video and time fit into one whole number without rounding.
    times, rank = np.unique(
        np.concatenate([truth.segments.ravel(), found.segments.ravel()]), return_inverse=True
    )
    truth_rank = rank[: truth.segments.size].reshape(-1, 2) + (truth.video * len(times))[:, None]
    found_rank = rank[truth.segments.size :].reshape(-1, 2) + (found.video * len(times))[:, None]
    by_start = np.argsort(truth_rank[:, 0], kind="stable")
    last_end = np.maximum.accumulate(np.append(-1, truth_rank[by_start, 1]))
    started_before_end = np.searchsorted(truth_rank[by_start, 0], found_rank[:, 1], side="left")
    overlaps = last_end[started_before_end] > found_rank[:, 0]
    return ~overlaps | (found.video < 0)
