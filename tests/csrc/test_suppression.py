"""Hard and soft NMS: equal to the published steps written out in Python, ties included."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import segment_kernels
from tests.csrc.segments import SoftNms, crowd, published_overlap, segment_arrays

GAUSSIAN = SoftNms("gaussian", 0.1, 0.5, 0.001)
RULES = [
    GAUSSIAN,
    SoftNms("gaussian", 0.1, 0.2, 0.3),
    SoftNms("gaussian", 0.1, 100.0, 0.0),
    SoftNms("linear", 0.3, 0.5, 0.05),
    SoftNms("linear", 0.0, 0.5, 0.001),
    SoftNms("hard", 0.3, 0.5, 0.001),
    SoftNms("hard", 0.3, 0.5, 0.0),
    SoftNms("hard", 0.0, 0.5, 0.001),
    SoftNms("hard", 0.0, 0.5, 0.0),
]
RULE = st.sampled_from(RULES)
FEW_SCORES = st.sampled_from([0.0, 0.0005, 0.25, 0.5, 0.5, 1.0])


def soft_nms(
    segments: np.ndarray,
    scores: np.ndarray,
    labels: np.ndarray,
    rule: SoftNms,
    limit: int | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    settings_: dict[str, Any] = vars(rule)
    return segment_kernels.soft_nms(segments, scores, labels, **settings_, max_per_video=limit)


def same_as_published(segments: np.ndarray, scores: np.ndarray, rule: SoftNms) -> None:
    kept, decayed = soft_nms(segments, scores, np.zeros(len(scores), int), rule)
    expected, expected_scores = rule.run(segments, scores)
    assert kept.tolist() == expected
    assert decayed.tolist() == expected_scores


@settings(deadline=None, max_examples=300)
@given(segment_arrays(max_size=45), st.data(), RULE)
def test_soft_nms_equals_the_published_steps(
    segments: np.ndarray, data: st.DataObject, rule: SoftNms
) -> None:
    size = len(segments)
    scores = data.draw(
        st.lists(FEW_SCORES | st.floats(0, 1), min_size=size, max_size=size).map(np.array)
    )
    same_as_published(segments, scores, rule)


@pytest.mark.parametrize("rule", RULES, ids=str)
@pytest.mark.parametrize("levels", [3, 50, 10**9], ids=["few scores", "some ties", "no ties"])
def test_soft_nms_equals_the_published_steps_on_many(rule: SoftNms, levels: int) -> None:
    rng = np.random.default_rng(levels)
    segments = crowd(rng, 350, span=120, length=12)
    segments[:100] = segments[100:200]  # some twice
    scores = rng.integers(0, levels, 350) / levels
    same_as_published(segments, scores, rule)


def test_soft_nms_of_many_kept_on_top_of_each_other() -> None:
    rng = np.random.default_rng(0)
    starts = rng.random(400)
    same_as_published(
        np.stack([starts, starts + 10], axis=1),
        rng.random(400),
        SoftNms("gaussian", 0.1, 500.0, 0.0),
    )


def test_soft_nms_of_starts_and_lengths_of_every_size() -> None:
    rng = np.random.default_rng(1)
    starts = rng.choice([-1.0, 1.0], 200) * 10.0 ** rng.uniform(-30, 30, 200)
    segments = np.stack([starts, starts + 10.0 ** rng.uniform(-30, 30, 200)], axis=1)
    same_as_published(segments, rng.random(200), GAUSSIAN)
    everywhere = np.array([[-1e308, -1e308], [1e308, 1e308], [0, 1], [0, 1]])
    same_as_published(everywhere, np.array([0.1, 0.2, 0.3, 0.4]), GAUSSIAN)


@settings(deadline=None)
@given(segment_arrays(max_size=40), st.integers(0, 2**31), RULE)
def test_all_classes_at_once_equal_one_class_at_a_time(
    segments: np.ndarray, seed: int, rule: SoftNms
) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 6, len(segments)) / 5
    labels = rng.choice([7, -3, 2**40], len(segments))
    kept, decayed = soft_nms(segments, scores, labels, rule)
    expected = []
    for label in np.unique(labels):
        (own,) = np.nonzero(labels == label)
        alone, alone_scores = soft_nms(segments[own], scores[own], labels[own], rule)
        expected += list(zip(own[alone].tolist(), alone_scores.tolist(), strict=True))
    expected.sort(key=lambda found: -found[1])  # stable: the lower label first among equals
    assert list(zip(kept.tolist(), decayed.tolist(), strict=True)) == expected


@settings(deadline=None)
@given(segment_arrays(max_size=40), st.integers(0, 2**31), st.integers(0, 45), RULE)
def test_stopping_early_gives_the_beginning_of_the_full_run(
    segments: np.ndarray, seed: int, limit: int, rule: SoftNms
) -> None:
    rng = np.random.default_rng(seed)
    scores, labels = rng.integers(0, 9, len(segments)) / 8, rng.integers(0, 3, len(segments))
    kept, decayed = soft_nms(segments, scores, labels, rule)
    assert (np.diff(decayed) <= 0).all()
    assert len(set(kept.tolist())) == len(kept)
    first, first_scores = soft_nms(segments, scores, labels, rule, limit)
    np.testing.assert_array_equal(first, kept[:limit])
    np.testing.assert_array_equal(first_scores, decayed[:limit])


def test_the_best_of_each_class_is_kept_whatever_its_score() -> None:
    segments, labels = np.array([[0.0, 1], [2, 3], [4, 5]]), np.array([0, 0, 1])
    kept, scores = soft_nms(segments, np.array([0.0002, 0.0003, 0.0001]), labels, GAUSSIAN)
    assert kept.tolist() == [1, 2]
    assert scores.tolist() == [0.0003, 0.0001]


@settings(deadline=None)
@given(segment_arrays(max_size=40), st.integers(0, 2**31), st.sampled_from([0.0, 0.1, 0.5, 1.0]))
def test_hard_nms_equals_the_definition(segments: np.ndarray, seed: int, threshold: float) -> None:
    scores = np.random.default_rng(seed).integers(-3, 4, len(segments)) / 4
    rows = segments.tolist()
    expected: list[int] = []
    for i in np.argsort(-scores, kind="stable").tolist():
        if all(published_overlap(rows[k], rows[i]) < threshold for k in expected):
            expected.append(i)
    assert segment_kernels.nms(segments, scores, iou_threshold=threshold).tolist() == expected
