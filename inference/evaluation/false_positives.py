"""What wrong predictions are: another class, or nothing at all."""

import numpy as np
from numpy.typing import NDArray

from inference.evaluation.matching import Matches
from inference.evaluation.segment_table import SegmentTable, sort_keys


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


def confusion_table(truth: SegmentTable, matches: Matches, threshold: int) -> NDArray[np.int64]:
    """As `confusion`, with one row more for predictions that take no label: (C + 1, C + 1).

    The corner, no label that is not predicted, is 0. All predictions are of a class of `truth`.
    """
    classes = len(truth.classes)
    nothing = matches.found.label[matches.hits[threshold] < 0]
    false_alarms = np.bincount(nothing, minlength=classes + 1)
    return np.vstack([confusion(truth, matches, threshold), false_alarms])


def on_background(truth: SegmentTable, found: SegmentTable) -> NDArray[np.bool_]:
    """(n,) whether a segment overlaps no label of its video, of whatever class.

    Both tables must have the same names. Where it only touches a label it is on background; a
    point in time within one is not.
    """
    label_start, label_end, start, end = sort_keys(
        (truth.video, truth.segments[:, 0]),
        (truth.video, truth.segments[:, 1]),
        (found.video, found.segments[:, 0]),
        (found.video, found.segments[:, 1]),
    )
    by_start = np.argsort(label_start)
    # Keys of earlier videos are lower than any start, so the last end so far is this video's.
    last_end = np.maximum.accumulate(np.append(np.iinfo(np.int64).min, label_end[by_start]))
    started_before_end = np.searchsorted(label_start[by_start], end, side="left")
    return last_end[started_before_end] <= start
