"""Average precision of predictions by falling score: the two areas in use in the field."""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from inference.evaluation.matching import Matches
from inference.evaluation.segment_table import SegmentTable


class Area(StrEnum):
    """Which area under the precision-recall curve is meant by average precision.

    UNINTERPOLATED: THUMOS 2014 (Jiang et al., THUMOS challenge; `prap` in the toolkit's
    TH14evalDet.m): the sum of the precision at each true positive, divided by the number of
    labels. All points of the raw curve count.
    INTERPOLATED: ActivityNet (Caba Heilbron et al., CVPR 2015; `interpolated_prec_rec` in its
    eval_detection.py, after the Pascal VOC 2011 devkit): the same sum over the envelope of the
    curve, where the precision at a recall is the highest at this or any higher recall. Results on
    THUMOS have been published with this one since ActionFormer and its forerunners use
    ActivityNet's code for it, as parity with them does here.

    The interpolated value is never the lower one. Only the area differs: true positives are
    decided for both as ActivityNet does it. (TH14evalDet.m itself lets every label, in file
    order, take the free prediction that it overlaps most, and it asks for more than the
    threshold where ActivityNet asks for at least the threshold.)
    """

    UNINTERPOLATED = "uninterpolated"
    INTERPOLATED = "interpolated"

    @property
    def description(self) -> str:
        """For a person who reads the figures."""
        return {
            Area.UNINTERPOLATED: "all-point, uninterpolated (THUMOS)",
            Area.INTERPOLATED: "interpolated (ActivityNet)",
        }[self]


def average_precision(right: NDArray[np.bool_], positives: int, area: Area) -> NDArray[np.float64]:
    """right (k, n): at each of k thresholds, whether each of n predictions by falling score is a
    true positive. positives: how many there are to find, at least 1. Returns (k,), 0..1."""
    precision = np.cumsum(right, axis=1) / np.arange(1, right.shape[1] + 1)  # (k, n)
    if area is Area.INTERPOLATED:
        precision = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    total: NDArray[np.float64] = (precision * right).sum(axis=1)
    return total / positives


def average_precision_by_class(
    truth: SegmentTable, matches: Matches, area: Area
) -> NDArray[np.float64]:
    """(classes, thresholds) for each class of `truth`, all of which must have a label."""
    values = np.zeros((len(truth.classes), len(matches.hits)))
    positives = np.bincount(truth.label, minlength=len(truth.classes))
    for number, count in enumerate(positives.tolist()):
        own = matches.hits[:, matches.found.label == number]
        values[number] = average_precision(own >= 0, count, area)
    return values
