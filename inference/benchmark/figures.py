"""The figures of the benchmark: what is measured of proposals for sessions with known labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.evaluation.average_precision import (
    Area,
    average_precision,
    average_precision_by_class,
)
from inference.evaluation.calibration import Reliability, coverage, reliability
from inference.evaluation.detection_scores import mean_over_classes, median_and_p90
from inference.evaluation.false_positives import confusion_table, on_background
from inference.evaluation.matching import MATCHED_TIOU, match
from inference.evaluation.operating_point import OperatingPoint, recall_at
from inference.evaluation.segment_table import (
    ScoredTable,
    SegmentTable,
    clean_truth,
    scored_table,
    truth_table,
)
from inference.localize.example import LabelLike
from inference.localize.proposal import SURE_SCORE, Proposal

TIOUS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
FEW_PER_MINUTE = 0.5  # false positives that people who label all day may be asked to bear
NINETY = 1.645  # standard deviations either side of the middle that hold 90 % of a normal


class NothingToMeasureError(Exception):
    """Nothing happens in the sessions; the message says what to do."""


@dataclass(frozen=True)
class ClassFigures:
    """One class of the labels. known: whether the model knows it. ap, uninterpolated_ap: one
    value a threshold. recall: share of its labels that shown proposals find at tIoU 0.5."""

    name: str
    known: bool
    labels: int
    ap: tuple[float, ...]
    average: float
    uninterpolated_ap: tuple[float, ...]
    recall: float


@dataclass(frozen=True)
class BoundaryFigures:
    """Absolute errors in seconds of shown proposals that hit a label of their class at tIoU 0.5:
    (median, 90th percentile), NaN without a match. both_s: starts and ends together."""

    matches: int
    start_s: tuple[float, float]
    end_s: tuple[float, float]
    both_s: tuple[float, float]


@dataclass(frozen=True)
class FalsePositives:
    """Shown proposals that hit no label of their class at tIoU 0.5. on_background: those of them
    that overlap no label at all."""

    count: int
    per_minute: float
    on_background: int
    on_background_per_minute: float


@dataclass(frozen=True)
class SpreadCoverage:
    """Share of the boundary errors behind `BoundaryFigures` within 1 spread (68 % of a normal)
    and within 1.645 spreads (90 %)."""

    within_1_spread: float
    within_1_645_spreads: float


@dataclass(frozen=True)
class Confusion:
    """Shown proposals against labels, matched at tIoU 0.5 irrespective of class.

    counts: a row for each of `classes` and a last one for false alarms, a column for each of
    `classes` and a last one for labels that were missed.
    """

    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Figures:
    """What proposals are worth. Precision, recall and shares are 0..1.

    Shown proposals are those of at least `shown_score`, which the application shows by default.
    mean_ap, uninterpolated_mean_ap: one value a threshold, the mean over the classes that have
    labels, also those that the model does not know; average: the mean over the thresholds
    (`Area` says what interpolated means). agnostic_ap: of repetitions irrespective of class,
    interpolated. few: recall where false positives are few. unknown_classes: of the labels, but
    not known to the model, so that all their labels are missed. unseen_classes: known to the
    model, but without a label here. empty_sessions: names of those without any proposal.
    """

    sessions: int
    minutes: float
    repetitions: int
    tious: tuple[float, ...]
    mean_ap: tuple[float, ...]
    average: float
    uninterpolated_mean_ap: tuple[float, ...]
    uninterpolated_average: float
    agnostic_ap: tuple[float, ...]
    agnostic_average: float
    classes: tuple[ClassFigures, ...]
    shown_score: float
    recall: float
    errors: BoundaryFigures
    false_positives: FalsePositives
    few: OperatingPoint
    reliability: Reliability
    coverage: SpreadCoverage
    confusion: Confusion
    unknown_classes: tuple[str, ...]
    unseen_classes: tuple[str, ...]
    empty_sessions: tuple[str, ...]

    def at(self, tiou: float) -> float:
        """mAP at one of the thresholds."""
        return self.mean_ap[self.tious.index(tiou)]


@dataclass(frozen=True, eq=False)
class _Proposals(ScoredTable):
    """spreads (n, 2) seconds: standard deviations of start and end."""

    spreads: NDArray[np.float64]


def figures_of(
    labels: Mapping[str, Sequence[LabelLike]],
    proposals: Mapping[str, Sequence[Proposal]],
    repetitions: Mapping[str, Sequence[Proposal]],
    *,
    known: Sequence[str],
    minutes: float,
    shown_score: float = SURE_SCORE,
) -> Figures:
    """Compares session by session.

    labels: of every session, by its name. proposals: with classes; repetitions: irrespective of
    class, their own labels do not count. known: the classes of the model. minutes: length of all
    sessions together. Raises NothingToMeasureError where no session has a label.
    """
    truth = clean_truth(truth_table(labels)).table
    if not len(truth):
        raise NothingToMeasureError(
            "There is no repetition in these sessions that could be found: measure on other "
            "people, or on more sessions."
        )
    matches = match(truth, _found(truth, proposals), np.array(TIOUS))
    found = matches.found  # by falling score
    assert isinstance(found, _Proposals)
    half = matches.hits[TIOUS.index(MATCHED_TIOU)]  # (n,) row of the label, -1 for none
    precise = average_precision_by_class(truth, matches, Area.INTERPOLATED)
    raw = average_precision_by_class(truth, matches, Area.UNINTERPOLATED)
    agnostic = _agnostic(truth, repetitions)

    shown = found.scores >= shown_score
    good, wrong = shown & (half >= 0), shown & (half < 0)
    error = np.abs(found.segments[good] - truth.segments[half[good]])  # (n, 2)
    nowhere = wrong & on_background(truth, found)
    right = np.bincount(truth.label[half[good]], minlength=len(truth.classes))
    there = np.bincount(truth.label, minlength=len(truth.classes))
    return Figures(
        sessions=len(labels),
        minutes=minutes,
        repetitions=len(truth),
        tious=TIOUS,
        mean_ap=mean_over_classes(precise),
        average=float(precise.mean()),
        uninterpolated_mean_ap=mean_over_classes(raw),
        uninterpolated_average=float(raw.mean()),
        agnostic_ap=tuple(agnostic.tolist()),
        agnostic_average=float(agnostic.mean()),
        classes=tuple(
            ClassFigures(
                name=name,
                known=name in known,
                labels=int(there[row]),
                ap=tuple(precise[row].tolist()),
                average=float(precise[row].mean()),
                uninterpolated_ap=tuple(raw[row].tolist()),
                recall=int(right[row]) / int(there[row]),
            )
            for row, name in enumerate(truth.classes)
        ),
        shown_score=shown_score,
        recall=int(good.sum()) / len(truth),
        errors=BoundaryFigures(
            matches=len(error),
            start_s=median_and_p90(error[:, 0]),
            end_s=median_and_p90(error[:, 1]),
            both_s=median_and_p90(error.ravel()),
        ),
        false_positives=FalsePositives(
            count=int(wrong.sum()),
            per_minute=int(wrong.sum()) / minutes,
            on_background=int(nowhere.sum()),
            on_background_per_minute=int(nowhere.sum()) / minutes,
        ),
        few=recall_at(
            FEW_PER_MINUTE,
            scores=found.scores,
            hits=half >= 0,
            labels=len(truth),
            minutes=minutes,
        ),
        reliability=reliability(found.scores, half >= 0),
        coverage=SpreadCoverage(
            within_1_spread=coverage(error, found.spreads[good], 1.0),
            within_1_645_spreads=coverage(error, found.spreads[good], NINETY),
        ),
        confusion=_confusion(truth, proposals, known, shown_score),
        unknown_classes=tuple(name for name in truth.classes if name not in known),
        unseen_classes=tuple(name for name in known if name not in truth.classes),
        empty_sessions=tuple(name for name, own in proposals.items() if not own),
    )


def _found(truth: SegmentTable, proposals: Mapping[str, Sequence[Proposal]]) -> _Proposals:
    """In terms of the truth; those of classes without a label have none and hit nothing."""
    table = scored_table(proposals).renamed(truth.videos, truth.classes)
    spreads = [(p.start_spread_s, p.end_spread_s) for own in proposals.values() for p in own]
    return _Proposals(
        **{name: getattr(table, name) for name in ScoredTable.__dataclass_fields__},
        spreads=np.array(spreads, np.float64).reshape(-1, 2),
    )


def _agnostic(
    truth: SegmentTable, repetitions: Mapping[str, Sequence[Proposal]]
) -> NDArray[np.float64]:
    """(thresholds,) average precision irrespective of class."""
    found = scored_table(repetitions).renamed(truth.videos, truth.classes)
    hits = match(truth, found, np.array(TIOUS), within_class=False).hits
    return average_precision(hits >= 0, len(truth), Area.INTERPOLATED)


def _confusion(
    truth: SegmentTable,
    proposals: Mapping[str, Sequence[Proposal]],
    known: Sequence[str],
    shown_score: float,
) -> Confusion:
    found = scored_table(proposals)
    classes = tuple(sorted({*truth.classes, *known, *found.classes}))
    found = found.renamed(truth.videos, classes)
    shown = found.rows(found.scores >= shown_score)
    truth = truth.renamed(truth.videos, classes)
    matches = match(truth, shown, np.array([MATCHED_TIOU]), within_class=False)
    counts = confusion_table(truth, matches, 0)
    return Confusion(classes, tuple(tuple(row) for row in counts.tolist()))
