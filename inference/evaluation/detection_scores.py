"""Everything that is measured of predictions against labels, for a report."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.evaluation.average_precision import Area, average_precision_by_class
from inference.evaluation.average_recall import average_recall, recall_at_kx
from inference.evaluation.false_positives import confusion, on_background
from inference.evaluation.matching import MATCHED_TIOU, match
from inference.evaluation.segment_table import ScoredTable, SegmentTable, clean_truth

RECALL_FACTORS = (1, 5)
RECALL_LIMITS = (10, 50, 100)


@dataclass(frozen=True)
class BoundaryErrors:
    """Absolute errors in seconds of sure predictions that hit a label of their class at tIoU 0.5:
    (median, 90th percentile), NaN without a match."""

    matches: int
    start_s: tuple[float, float]
    end_s: tuple[float, float]


@dataclass(frozen=True)
class ClassScores:
    """One class. labels, predictions: how many. ap: one value a threshold, 0..1. recall_at_kx:
    k -> one value a threshold. on_background: predictions that overlap no label at all."""

    name: str
    labels: int
    predictions: int
    ap: tuple[float, ...]
    recall_at_kx: dict[int, tuple[float, ...]]
    errors: BoundaryErrors
    on_background: int


@dataclass(frozen=True)
class Remarks:
    """What was out of the ordinary in the input and what was done about it.

    Left out: near_duplicates and zero_length_labels; predictions of classes without a label
    (absent_classes: name -> how many). Counted as misses: zero_length_predictions; predictions
    for videos that the ground truth does not have (unknown_videos: name -> how many, of the
    classes that have labels). videos_without_predictions: their labels count as missed.
    """

    near_duplicates: int
    zero_length_labels: int
    zero_length_predictions: int
    videos_without_predictions: tuple[str, ...]
    unknown_videos: dict[str, int]
    absent_classes: dict[str, int]


@dataclass(frozen=True)
class DetectionScores:
    """Predictions against labels. Shares are 0..1, times are seconds.

    Sure predictions are those whose score is at least `score_threshold`; recall, false_alarms,
    sure_of_absent_classes and all errors are about those alone. recall: share of the labels that
    they hit in their class at tIoU 0.5. false_alarms: how many of them hit none.
    sure_of_absent_classes: how many more there are, of classes without a label.

    mean_ap: one value a threshold, the mean over the classes; average: its mean. recall_at_kx:
    k -> one value a threshold, mean over the classes. average_recall: N -> AR@N. confusion: for
    each class its labels by the class predicted for them (matched at tIoU 0.5 irrespective of
    class), last those that nothing matched. on_background: predictions that overlap no label.
    Where nothing has a label, mean values are NaN.
    """

    area: Area
    tious: tuple[float, ...]
    score_threshold: float
    videos: int
    labels: int
    predictions: int
    mean_ap: tuple[float, ...]
    average: float
    classes: tuple[ClassScores, ...]
    recall_at_kx: dict[int, tuple[float, ...]]
    average_recall: dict[int, float]
    recall: float
    false_alarms: int
    sure_of_absent_classes: int
    errors: BoundaryErrors
    confusion: tuple[tuple[int, ...], ...]
    on_background: int
    remarks: Remarks


def score_detections(
    labels: SegmentTable,
    predictions: ScoredTable,
    tious: Sequence[float],
    *,
    area: Area,
    score_threshold: float = -math.inf,
) -> DetectionScores:
    """Compares class by class and video by video.

    labels.videos: all that were looked at, also those in which nothing happens. A class without
    a label changes nothing. `Remarks` says how irregular input is treated.
    """
    clean = clean_truth(labels)
    truth = clean.table
    renamed = predictions.renamed(truth.videos, truth.classes)
    absent = renamed.label < 0
    candidates = renamed.rows(~absent)

    thresholds = np.append(np.asarray(tuple(tious), np.float64), MATCHED_TIOU)
    matches = match(truth, candidates, thresholds)
    found = matches.found
    any_class = match(truth, candidates, np.array([MATCHED_TIOU]), within_class=False)
    precision = average_precision_by_class(truth, matches, area)[:, :-1]
    recall = recall_at_kx(truth, found, thresholds[:-1], RECALL_FACTORS)
    background = on_background(truth, found)

    sure = found.scores >= score_threshold
    hit = sure & (matches.hits[-1] >= 0)
    error = np.full((len(found), 2), np.nan)
    error[hit] = np.abs(found.segments[hit] - truth.segments[matches.hits[-1][hit]])

    classes = []
    for number, name in enumerate(truth.classes):
        own = found.label == number
        classes.append(
            ClassScores(
                name=name,
                labels=int((truth.label == number).sum()),
                predictions=int(own.sum()),
                ap=tuple(precision[number].tolist()),
                recall_at_kx={
                    factor: tuple(recall[row, number].tolist())
                    for row, factor in enumerate(RECALL_FACTORS)
                },
                errors=boundary_errors(error[own & hit]),
                on_background=int(background[own].sum()),
            )
        )
    mean_ap = mean_over_classes(precision)
    return DetectionScores(
        area=area,
        tious=tuple(float(tiou) for tiou in tious),
        score_threshold=score_threshold,
        videos=len(truth.videos),
        labels=len(truth),
        predictions=len(found),
        mean_ap=mean_ap,
        average=float(np.mean(mean_ap)),
        classes=tuple(classes),
        recall_at_kx={
            factor: mean_over_classes(recall[row]) for row, factor in enumerate(RECALL_FACTORS)
        },
        average_recall=average_recall(truth, found, RECALL_LIMITS),
        recall=int(hit.sum()) / len(truth) if len(truth) else float("nan"),
        false_alarms=int((sure & ~hit).sum()),
        sure_of_absent_classes=int((predictions.scores[absent] >= score_threshold).sum()),
        errors=boundary_errors(error[hit]),
        confusion=tuple(tuple(row) for row in confusion(truth, any_class, 0).tolist()),
        on_background=int(background.sum()),
        remarks=Remarks(
            near_duplicates=clean.near_duplicates,
            zero_length_labels=clean.zero_length,
            zero_length_predictions=int((found.segments[:, 0] == found.segments[:, 1]).sum()),
            videos_without_predictions=_never(truth.videos, renamed.video),
            unknown_videos=_counted(
                predictions.videos, predictions.video[(renamed.video < 0) & ~absent]
            ),
            absent_classes=_counted(predictions.classes, predictions.label[absent]),
        ),
    )


def boundary_errors(errors: NDArray[np.float64]) -> BoundaryErrors:
    """errors (n, 2): absolute error of start and end of each match, seconds."""
    return BoundaryErrors(
        matches=len(errors),
        start_s=median_and_p90(errors[:, 0]),
        end_s=median_and_p90(errors[:, 1]),
    )


def median_and_p90(values: NDArray[np.float64]) -> tuple[float, float]:
    """Median and 90th percentile; not-a-number where there are no values."""
    if not len(values):
        return float("nan"), float("nan")
    return float(np.median(values)), float(np.percentile(values, 90))


def mean_over_classes(values: NDArray[np.float64]) -> tuple[float, ...]:
    """values (classes, thresholds) -> one value a threshold; NaN without a class."""
    mean = values.mean(axis=0) if len(values) else np.full(values.shape[1], np.nan)
    return tuple(mean.tolist())


def _never(names: tuple[str, ...], used: NDArray[np.int64]) -> tuple[str, ...]:
    unused = set(range(len(names))).difference(used.tolist())
    return tuple(names[number] for number in sorted(unused))


def _counted(names: tuple[str, ...], rows: NDArray[np.int64]) -> dict[str, int]:
    numbers, counts = np.unique(rows, return_counts=True)
    return {names[number]: int(count) for number, count in zip(numbers, counts, strict=True)}
