"""The two areas under a precision-recall curve: hand-worked, and what must always hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.evaluation.average_precision import Area, average_precision

BOTH = st.sampled_from(list(Area))
FLAGS = st.lists(st.booleans(), max_size=30)


def area_of(right: list[bool], positives: int, area: Area) -> float:
    return float(average_precision(np.array([right], bool), positives, area)[0])


def test_the_raw_curve_counts_dips_and_the_envelope_does_not() -> None:
    right = [False, True, True]
    assert area_of(right, 2, Area.UNINTERPOLATED) == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert area_of(right, 2, Area.INTERPOLATED) == pytest.approx(2 / 3)


def test_what_is_never_found_counts_nothing() -> None:
    for area in Area:
        assert area_of([True, False], 4, area) == pytest.approx(1 / 4)
        assert area_of([], 3, area) == 0


def test_each_threshold_has_its_own_value() -> None:
    right = np.array([[True, True], [True, False], [False, False]])
    assert average_precision(right, 2, Area.INTERPOLATED).tolist() == [1.0, 0.5, 0.0]


@given(right=FLAGS, unseen=st.integers(0, 5))
def test_both_lie_between_0_and_1_and_the_interpolated_is_never_lower(
    right: list[bool], unseen: int
) -> None:
    positives = max(1, sum(right) + unseen)
    raw = area_of(right, positives, Area.UNINTERPOLATED)
    interpolated = area_of(right, positives, Area.INTERPOLATED)
    assert 0 <= raw <= interpolated + 1e-12 <= 1 + 2e-12


@given(right=FLAGS, unseen=st.integers(0, 5), area=BOTH)
def test_a_false_positive_with_the_lowest_score_changes_nothing(
    right: list[bool], unseen: int, area: Area
) -> None:
    positives = max(1, sum(right) + unseen)
    before = area_of(right, positives, area)
    assert area_of([*right, False], positives, area) == pytest.approx(before)


@given(right=FLAGS, at=st.integers(0, 30), area=BOTH)
def test_a_false_positive_never_raises_it_wherever_it_ranks(
    right: list[bool], at: int, area: Area
) -> None:
    positives = max(1, sum(right))
    more = [*right[:at], False, *right[at:]]
    assert area_of(more, positives, area) <= area_of(right, positives, area) + 1e-12


@given(right=FLAGS, unseen=st.integers(0, 5))
def test_the_interpolated_area_is_the_one_under_the_envelope(
    right: list[bool], unseen: int
) -> None:
    positives = max(1, sum(right) + unseen)
    hits = np.cumsum(right)
    precision = [hit / (rank + 1) for rank, hit in enumerate(hits)]
    total = 0.0
    for wanted in range(1, int(sum(right)) + 1):
        total += max(p for p, hit in zip(precision, hits, strict=True) if hit >= wanted)
    assert area_of(right, positives, Area.INTERPOLATED) == pytest.approx(total / positives)
