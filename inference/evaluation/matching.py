"""Which label each prediction hits, class by class and irrespective of class."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import segment_kernels
from inference.evaluation.segment_table import ScoredTable, SegmentTable

MATCHED_TIOU = 0.5  # for boundary errors, confusion and false alarms


@dataclass(frozen=True, eq=False)
class Matches:
    """found: the predictions by falling score. hits (k, n) int64: row of the label that
    prediction n hits at threshold k, -1 for a miss."""

    found: ScoredTable
    hits: NDArray[np.int64]


def match(
    truth: SegmentTable,
    predictions: ScoredTable,
    thresholds: NDArray[np.float64],
    *,
    within_class: bool = True,
) -> Matches:
    """As in ActivityNet's eval_detection.py: by falling score each prediction takes, of the labels
    of its video (and class), the free one that it overlaps most, if the temporal intersection
    over union is at least the threshold. Among equal scores the later row comes first.

    Both tables must have the same names. A video or class that the labels do not have is a miss.
    """
    order, hits = segment_kernels.match(
        truth.segments,
        truth.group if within_class else truth.video,
        predictions.segments,
        predictions.group if within_class else predictions.video,
        predictions.scores,
        thresholds,
    )
    return Matches(predictions.rows(order), hits)
