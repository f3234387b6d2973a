"""Every figure of a report on small sets that can be worked out by hand."""

import math
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.evaluation.average_precision import Area
from tests.inference.detections import (
    LabelRow,
    PredictionRow,
    distinct_scores,
    label_rows,
    prediction_rows,
    scored,
)

LABELS: list[LabelRow] = [
    ("a", 0.0, 10.0, "squat"),
    ("a", 20.0, 30.0, "squat"),
    ("b", 5.0, 9.0, "lunge"),
]
PERFECT: list[PredictionRow] = [
    ("a", 0.0, 10.0, "squat", 0.9),
    ("a", 20.0, 30.0, "squat", 0.8),
    ("b", 5.0, 9.0, "lunge", 0.7),
]


def test_the_area_is_the_one_asked_for() -> None:
    found = [("a", 50.0, 60.0, "squat", 0.95), *PERFECT]
    raw = scored(LABELS, found, area=Area.UNINTERPOLATED)
    interpolated = scored(LABELS, found, area=Area.INTERPOLATED)
    assert raw.area is Area.UNINTERPOLATED
    assert raw.classes[1].ap[0] == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert interpolated.classes[1].ap[0] == pytest.approx(2 / 3)


def test_boundary_errors_are_those_of_matches_at_half_overlap() -> None:
    found = [
        ("a", 1.0, 10.0, "squat", 0.9),
        ("a", 20.0, 26.0, "squat", 0.8),
        ("b", 5.0, 6.0, "lunge", 0.7),
    ]
    result = scored(LABELS, found, tious=(0.9,))
    assert result.errors.matches == 2
    assert result.errors.start_s == pytest.approx((0.5, 0.9))
    assert result.errors.end_s == pytest.approx((2.0, 3.6))
    lunge, squat = result.classes
    assert squat.errors == result.errors
    assert lunge.errors.matches == 0
    assert all(math.isnan(value) for value in (*lunge.errors.start_s, *lunge.errors.end_s))


def test_errors_recall_and_false_alarms_are_those_of_sure_predictions() -> None:
    found = [
        ("a", 1.0, 10.0, "squat", 0.9),
        ("a", 20.0, 26.0, "squat", 0.3),
        ("a", 40.0, 50.0, "squat", 0.4),
        ("b", 5.0, 9.0, "lunge", 0.2),
        ("b", 0.0, 9.0, "reach", 0.5),  # a class without labels
        ("b", 0.0, 9.0, "reach", 0.1),
    ]
    result, everything = scored(LABELS, found, score_threshold=0.3), scored(LABELS, found)
    assert result.recall == pytest.approx(2 / 3) and everything.recall == 1
    assert (result.errors.matches, everything.errors.matches) == (2, 3)
    assert (result.false_alarms, everything.false_alarms) == (1, 1)
    assert (result.sure_of_absent_classes, everything.sure_of_absent_classes) == (1, 2)
    lunge, squat = result.classes
    assert (lunge.errors.matches, squat.errors.matches) == (0, 2)
    assert result.mean_ap == everything.mean_ap


def test_confusion_says_as_what_each_label_was_found() -> None:
    found = [
        ("a", 0.0, 10.0, "lunge", 0.9),
        ("a", 0.0, 10.0, "squat", 0.5),
        ("b", 5.0, 9.0, "lunge", 0.7),
    ]
    result = scored(LABELS, found)
    assert [each.name for each in result.classes] == ["lunge", "squat"]
    assert result.confusion == ((1, 0, 0), (1, 0, 1))


def test_background_is_where_no_label_of_any_class_is() -> None:
    found = [
        ("a", 9.0, 12.0, "lunge", 0.9),  # overlaps a squat
        ("a", 10.0, 20.0, "squat", 0.9),  # touches two
        ("b", 12.0, 20.0, "squat", 0.9),
        ("b", 0.0, 30.0, "squat", 0.9),  # around a lunge
        ("a", 5.0, 5.0, "squat", 0.9),  # a moment within a squat
        ("elsewhere", 0.0, 10.0, "squat", 0.9),
    ]
    result = scored(LABELS, found)
    assert result.on_background == 3
    assert [each.on_background for each in result.classes] == [0, 3]


def test_irregular_input_is_reported() -> None:
    labels = [*LABELS, ("a", 0.0004, 10.0, "squat"), ("b", 4.0, 4.0, "lunge")]
    found = [
        *PERFECT,
        ("a", 3.0, 3.0, "squat", 0.1),
        ("ghost", 0.0, 1.0, "squat", 0.1),
        ("ghost", 0.0, 1.0, "reach", 0.1),
        ("a", 0.0, 1.0, "reach", 0.1),
    ]
    result = scored(labels, found, videos=["quiet", "a", "b"])
    remarks = result.remarks
    assert (remarks.near_duplicates, remarks.zero_length_labels) == (1, 1)
    assert remarks.zero_length_predictions == 1
    assert remarks.videos_without_predictions == ("quiet",)
    assert remarks.unknown_videos == {"ghost": 1}
    assert remarks.absent_classes == {"reach": 2}
    assert (result.videos, result.labels, result.predictions) == (3, 3, 5)
    assert result.mean_ap == (1.0, 1.0, 1.0)  # the misses rank below everything found


def test_labels_that_differ_by_more_or_in_class_or_video_are_no_duplicates() -> None:
    first = ("a", 0.0, 10.0, "squat")
    others = [
        ("a", 0.0, 10.0, "lunge"),
        ("b", 0.0, 10.0, "squat"),
        ("a", 0.002, 10.0, "squat"),
        ("a", 0.0, 10.002, "squat"),
    ]
    assert scored([first, *others], []).remarks.near_duplicates == 0


def test_of_a_chain_of_near_duplicates_every_other_one_stays() -> None:
    chain = [("a", step * 0.0008, 10.0, "squat") for step in range(4)]
    assert scored(chain, []).labels == 2


def test_a_class_whose_labels_all_lack_length_is_no_class() -> None:
    result = scored([*LABELS, ("a", 1.0, 1.0, "reach")], [*PERFECT, ("a", 0.0, 9.0, "reach", 1.0)])
    assert [each.name for each in result.classes] == ["lunge", "squat"]
    assert result.remarks.absent_classes == {"reach": 1}


def test_nothing_found() -> None:
    result = scored(LABELS, [])
    assert result.average == 0
    assert result.confusion == ((0, 0, 1), (0, 0, 2))
    assert result.recall_at_kx[5] == (0.0, 0.0, 0.0)
    assert result.average_recall[100] == 0
    assert result.remarks.videos_without_predictions == ("a", "b")


@settings(deadline=None)
@given(labels=label_rows(), drawn=prediction_rows(), random=st.randoms(use_true_random=False))
def test_the_order_of_videos_and_rows_changes_nothing(
    labels: list[LabelRow], drawn: list[PredictionRow], random: Random
) -> None:
    found = distinct_scores(drawn)
    before = scored(labels, found)
    moved, shuffled = list(labels), list(found)
    random.shuffle(moved)
    random.shuffle(shuffled)
    after = scored(moved, shuffled)
    assert after.mean_ap == pytest.approx(before.mean_ap)
    assert after.recall_at_kx[1] == pytest.approx(before.recall_at_kx[1])
    assert after.average_recall == pytest.approx(before.average_recall)
    assert after.on_background == before.on_background


@settings(deadline=None)
@given(labels=label_rows(), found=prediction_rows(), extra=prediction_rows())
def test_a_class_without_labels_changes_nothing_but_the_remarks(
    labels: list[LabelRow], found: list[PredictionRow], extra: list[PredictionRow]
) -> None:
    foreign = [(*row[:3], "reach", row[4]) for row in extra if row[0] in {r[0] for r in labels}]
    before, after = scored(labels, found), scored(labels, [*found, *foreign])
    assert after.mean_ap == before.mean_ap
    assert after.recall_at_kx == before.recall_at_kx
    assert after.average_recall == before.average_recall
    assert after.confusion == before.confusion
    assert after.on_background == before.on_background
    assert after.predictions == before.predictions


@settings(deadline=None)
@given(labels=label_rows(), found=prediction_rows(), area=st.sampled_from(list(Area)))
def test_a_miss_never_raises_average_precision(
    labels: list[LabelRow], found: list[PredictionRow], area: Area
) -> None:
    before = scored(labels, found, area=area)
    for score in (-1.0, 0.5, 2.0):
        miss = ("a", 900.0, 901.0, labels[0][3], score)
        after = scored(labels, [*found, miss], area=area)
        for tighter, looser in zip(after.mean_ap, before.mean_ap, strict=True):
            assert tighter <= looser + 1e-12


@settings(deadline=None)
@given(labels=label_rows(), found=prediction_rows(), area=st.sampled_from(list(Area)))
def test_shares_are_shares_and_a_stricter_overlap_finds_no_more(
    labels: list[LabelRow], found: list[PredictionRow], area: Area
) -> None:
    result = scored(labels, found, area=area)
    for each in result.classes:
        assert all(0 <= value <= 1 + 1e-12 for value in each.ap)
        for recall in each.recall_at_kx.values():
            assert list(recall) == sorted(recall, reverse=True)
            assert all(0 <= value <= 1 for value in recall)
    assert sum(map(sum, result.confusion)) == result.labels
