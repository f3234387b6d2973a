"""How good proposals of this program's models are: what is kept of each model version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from inference.evaluation.average_precision import Area
from inference.evaluation.detection_scores import score_detections
from inference.evaluation.segment_table import scored_table, truth_table
from inference.localize.example import LabelLike
from inference.localize.proposal import SURE_SCORE, Proposal

THUMOS_TIOUS = (0.3, 0.4, 0.5, 0.6, 0.7)


@dataclass(frozen=True)
class Evaluation:
    """A part of `DetectionScores`. Precision values are 0..1, times are seconds.

    tious: thresholds. mean_ap: one value a threshold, the mean over the classes in the truth.
    ap: class -> one value a threshold. average: mean of mean_ap. recall: share of the labels
    matched at tIoU 0.5 by proposals of at least `score_threshold`. start_error_s, end_error_s:
    (median, 90th percentile) absolute error of those matches; NaN without a match.
    false_alarms_per_minute: proposals of at least `score_threshold` that match no label, those of
    classes without a label included.
    """

    tious: tuple[float, ...]
    mean_ap: tuple[float, ...]
    ap: dict[str, tuple[float, ...]]
    average: float
    score_threshold: float
    recall: float
    start_error_s: tuple[float, float]
    end_error_s: tuple[float, float]
    false_alarms_per_minute: float
    labels: int

    def at(self, tiou: float) -> float:
        """mAP at one of the thresholds."""
        return self.mean_ap[int(np.argmin(np.abs(np.array(self.tious) - tiou)))]


def evaluate(
    truth: Mapping[str, Sequence[LabelLike]],
    proposals: Mapping[str, Sequence[Proposal]],
    tious: Sequence[float] = THUMOS_TIOUS,
    *,
    minutes: float | None = None,
    score_threshold: float = SURE_SCORE,
) -> Evaluation:
    """Compares per video; a class absent from the truth changes no precision.

    Interpolated average precision (`Area.INTERPOLATED`), whatever a report is asked for, so that
    model versions stay comparable. Proposals for videos that the truth does not know count as
    misses. minutes: length of all videos together, for false alarms (NaN without it).
    """
    scores = score_detections(
        truth_table(truth),
        scored_table(proposals),
        tious,
        area=Area.INTERPOLATED,
        score_threshold=score_threshold,
    )
    false_alarms = scores.false_alarms + scores.sure_of_absent_classes
    return Evaluation(
        tious=scores.tious,
        mean_ap=scores.mean_ap,
        ap={each.name: each.ap for each in scores.classes},
        average=scores.average,
        score_threshold=score_threshold,
        recall=scores.recall,
        start_error_s=scores.errors.start_s,
        end_error_s=scores.errors.end_s,
        false_alarms_per_minute=false_alarms / minutes if minutes else float("nan"),
        labels=scores.labels,
    )
