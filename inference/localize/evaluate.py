"""How good proposals are: average precision, boundary errors, false alarms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from inference.localize.average_precision import Area, average_precision_by_class
from inference.localize.detection_scores import mean_over_classes, median_and_p90
from inference.localize.example import LabelLike
from inference.localize.matching import MATCHED_TIOU, match
from inference.localize.proposal import Proposal
from inference.localize.segment_table import clean_truth, scored_table, truth_table

THUMOS_TIOUS = (0.3, 0.4, 0.5, 0.6, 0.7)


@dataclass(frozen=True)
class Evaluation:
    """Proposals against truth. Precision values are 0..1, times are seconds.

    tious: thresholds. mean_ap: one value a threshold, the mean over the classes in the truth.
    ap: class -> one value a threshold. average: mean of mean_ap. recall: share of the labels
    matched at tIoU 0.5 by proposals of at least `score_threshold`. start_error_s, end_error_s:
    (median, 90th percentile) absolute error of those matches; NaN without a match.
    false_alarms_per_minute: proposals of at least `score_threshold` that match no label.
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
    score_threshold: float = 0.3,
) -> Evaluation:
    """Compares per video; a class absent from the truth changes no precision.

    Interpolated average precision (`Area.INTERPOLATED`), whatever a report is asked for, so that
    model versions stay comparable. Proposals for videos that the truth does not know count as
    misses. minutes: length of all videos together, for false alarms (NaN without it).
    """
    labels = clean_truth(truth_table(truth)).table
    every = scored_table(proposals).renamed(labels.videos, labels.classes)
    thresholds = np.append(np.asarray(tuple(tious), np.float64), MATCHED_TIOU)
    matches = match(labels, every.rows(every.label >= 0), thresholds)
    precision = average_precision_by_class(labels, matches, Area.INTERPOLATED)[:, :-1]
    mean_ap = mean_over_classes(precision)

    sure = matches.found.scores >= score_threshold
    hit = matches.hits[-1]
    good = sure & (hit >= 0)
    errors = np.abs(matches.found.segments[good] - labels.segments[hit[good]])
    alarms = (sure & (hit < 0)).sum() + (every.scores[every.label < 0] >= score_threshold).sum()
    return Evaluation(
        tious=tuple(float(tiou) for tiou in tious),
        mean_ap=mean_ap,
        ap={name: tuple(precision[row].tolist()) for row, name in enumerate(labels.classes)},
        average=float(np.mean(mean_ap)),
        score_threshold=score_threshold,
        recall=int(good.sum()) / len(labels) if len(labels) else float("nan"),
        start_error_s=median_and_p90(errors[:, 0]),
        end_error_s=median_and_p90(errors[:, 1]),
        false_alarms_per_minute=int(alarms) / minutes if minutes else float("nan"),
        labels=len(labels),
    )
