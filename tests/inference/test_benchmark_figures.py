"""The figures of the benchmark on two small sessions that can be worked out by hand."""

import math

import pytest
from hypothesis import given, settings

from inference.benchmark.figures import TIOUS, Figures, NothingToMeasureError, figures_of
from inference.evaluation.average_precision import Area
from inference.localize.proposal import Proposal
from inference.synthesis.motion import Label
from tests.inference.detections import (
    LabelRow,
    PredictionRow,
    distinct_scores,
    label_rows,
    prediction_rows,
    scored,
)

LABELS = {
    "a": [Label("squat", 0, 10), Label("squat", 20, 30), Label("lunge", 40, 50)],
    "b": [Label("hop", 0, 4)],
}


def proposal(
    label: str, start: float, end: float, score: float, spreads: tuple[float, float] = (0.1, 0.1)
) -> Proposal:
    return Proposal(label, start, end, score, *spreads, model="model")


PROPOSALS = {
    "a": [
        proposal("squat", 0.2, 10, 0.9, (0.1, 0.1)),  # starts 0.2 s late
        proposal("squat", 60, 70, 0.8),  # on background
        proposal("squat", 20, 29, 0.7, (0.1, 0.8)),  # ends 1 s early
        proposal("squat", 40, 50, 0.6),  # is a lunge
        proposal("lunge", 40, 50, 0.1),  # not shown
    ],
    "b": [proposal("jump", 10, 14, 0.5), proposal("jump", 10, 14, 0.2)],  # nobody jumps
}
REPETITIONS = {
    "a": [
        proposal("", 0, 10, 0.9),
        proposal("", 60, 70, 0.8),
        proposal("", 20, 30, 0.7),
        proposal("", 40, 50, 0.6),
    ],
    "b": [proposal("", 0, 4, 0.5)],
}


@pytest.fixture(scope="module")
def figures() -> Figures:
    return figures_of(
        LABELS, PROPOSALS, REPETITIONS, known=("jump", "lunge", "squat"), minutes=2.0,
        shown_score=0.3,
    )  # fmt: skip


def test_precision_is_the_mean_over_the_classes_of_the_labels(figures: Figures) -> None:
    assert [each.name for each in figures.classes] == ["hop", "lunge", "squat"]
    hop, lunge, squat = figures.classes
    assert (hop.labels, lunge.labels, squat.labels) == (1, 1, 2)
    assert hop.ap == (0.0,) * 7
    assert lunge.ap == (1.0,) * 7
    assert squat.ap == pytest.approx([(1 + 2 / 3) / 2] * 7)
    assert figures.average == pytest.approx((0 + 1 + 5 / 6) / 3)
    assert figures.at(0.5) == figures.mean_ap[2] == pytest.approx(figures.average)


def test_the_two_areas_differ() -> None:
    squats = {"a": LABELS["a"][:2]}
    found = {"a": [PROPOSALS["a"][1], *(proposal("squat", *s, 0.5) for s in ((0, 10), (20, 30)))]}
    result = figures_of(squats, found, found, known=("squat",), minutes=1.0)
    assert result.average == pytest.approx(2 / 3)
    assert result.uninterpolated_average == pytest.approx((1 / 2 + 2 / 3) / 2)


def test_repetitions_are_measured_whatever_their_class(figures: Figures) -> None:
    # right, wrong, right, right, right: the envelope of the precision is 1 and then 4/5
    assert figures.agnostic_ap == pytest.approx([(1 + 3 * 4 / 5) / 4] * 7)
    assert figures.agnostic_average == pytest.approx(0.85)


def test_errors_recall_and_false_positives_are_those_of_shown_proposals(figures: Figures) -> None:
    assert figures.recall == pytest.approx(2 / 4)
    assert [each.recall for each in figures.classes] == [0, 0, 1]
    assert figures.errors.matches == 2
    assert figures.errors.start_s == pytest.approx((0.1, 0.18))
    assert figures.errors.end_s == pytest.approx((0.5, 0.9))
    assert figures.errors.both_s == pytest.approx((0.1, 0.76))
    false = figures.false_positives  # the squats at 60 and 40 s, and the jump
    assert (false.count, false.per_minute) == (3, 1.5)
    assert (false.on_background, false.on_background_per_minute) == (2, 1.0)


def test_recall_with_few_false_positives(figures: Figures) -> None:
    assert figures.few.per_minute == 0.5  # one in these two minutes
    assert (figures.few.score, figures.few.recall) == (0.7, 0.5)


def test_calibration_is_that_of_proposals_and_their_boundaries(figures: Figures) -> None:
    # errors 0.2, 0, 0, 1 s with spreads 0.1, 0.1, 0.1, 0.8 s
    assert figures.coverage.within_1_spread == 0.5
    assert figures.coverage.within_1_645_spreads == 0.75
    gaps = (0.1, 0.8, 0.3, 0.6, 0.9, 0.5, 0.2)  # one proposal a bin
    assert figures.reliability.ece == pytest.approx(sum(gaps) / 7)


def test_confusion_has_missed_labels_and_false_alarms(figures: Figures) -> None:
    assert figures.confusion.classes == ("hop", "jump", "lunge", "squat")
    assert figures.confusion.counts == (
        (0, 0, 0, 0, 1),  # the hop is missed
        (0, 0, 0, 0, 0),
        (0, 0, 0, 1, 0),  # the lunge is taken for a squat
        (0, 0, 0, 2, 0),
        (0, 1, 0, 1, 0),  # false alarms: a jump, a squat
    )


def test_classes_that_are_unknown_or_unseen_are_named(figures: Figures) -> None:
    assert figures.unknown_classes == ("hop",)
    assert [each.known for each in figures.classes] == [False, True, True]
    assert figures.unseen_classes == ("jump",)
    assert (figures.sessions, figures.repetitions, figures.minutes) == (2, 4, 2.0)


def test_without_a_proposal_everything_is_missed() -> None:
    nothing: dict[str, list[Proposal]] = {"a": [], "b": []}
    result = figures_of(LABELS, nothing, nothing, known=("squat",), minutes=2.0)
    assert result.average == result.recall == result.agnostic_average == 0
    assert math.isnan(result.reliability.ece) and math.isnan(result.errors.both_s[0])
    assert [row[-1] for row in result.confusion.counts] == [1, 1, 2, 0]
    assert result.empty_sessions == ("a", "b")


@settings(max_examples=25, deadline=None)
@given(label_rows(), prediction_rows())
def test_what_evaluate_measures_too_is_the_same(
    labels: list[LabelRow], predictions: list[PredictionRow]
) -> None:
    predictions = [(*row[:4], row[4] / 26) for row in distinct_scores(predictions)]
    videos = {row[0] for row in labels} | {row[0] for row in predictions}
    truth = {v: [Label(row[3], *row[1:3]) for row in labels if row[0] == v] for v in videos}
    found = {
        v: [proposal(row[3], *row[1:3], row[4]) for row in predictions if row[0] == v]
        for v in videos
    }
    ours = figures_of(truth, found, found, known=("squat", "lunge"), minutes=1.0, shown_score=0.3)
    theirs = scored(
        labels, predictions, TIOUS, area=Area.INTERPOLATED, score_threshold=0.3, videos=videos
    )
    raw = scored(labels, predictions, TIOUS, videos=videos)
    assert ours.mean_ap == pytest.approx(theirs.mean_ap)
    assert ours.uninterpolated_mean_ap == pytest.approx(raw.mean_ap)
    assert ours.recall == theirs.recall
    assert ours.false_positives.count == theirs.false_alarms + theirs.sure_of_absent_classes
    assert ours.errors.matches == theirs.errors.matches


def test_sessions_without_any_repetition_are_refused() -> None:
    with pytest.raises(NothingToMeasureError, match="no repetition in these sessions"):
        figures_of({"a": []}, {"a": []}, {"a": []}, known=("squat",), minutes=1.0)
