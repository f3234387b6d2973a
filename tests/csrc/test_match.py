"""The matching behind average precision: equal to the published loop written out in Python."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import segment_kernels

THRESHOLDS = np.array([0.5, 0.3, 1 / 3, 1.0])

# Small whole numbers give many equal scores, equal overlaps and segments without length.
ROW = st.tuples(st.integers(0, 8), st.integers(0, 4), st.integers(-1, 2), st.integers(0, 3))


def columns(rows: list[tuple[int, int, int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    table = np.array(rows, float).reshape(-1, 4)
    segments = np.stack([table[:, 0], table[:, 0] + table[:, 1]], axis=1)
    return segments, table[:, 2].astype(np.int64), table[:, 3] / 4


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    shared = max(0.0, min(a[1], b[1]) - max(a[0], b[0]))
    whole = (a[1] - a[0]) + (b[1] - b[0]) - shared
    return shared / whole if whole > 0 else 0.0


def published_loop(
    truth: np.ndarray,
    truth_groups: np.ndarray,
    found: np.ndarray,
    found_groups: np.ndarray,
    scores: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(scores, kind="stable")[::-1]
    hits = np.full((len(THRESHOLDS), len(found)), -1)
    for k, threshold in enumerate(THRESHOLDS):
        taken: set[int] = set()
        for rank, i in enumerate(order):
            (own,) = np.nonzero(truth_groups == found_groups[i])
            overlaps = np.array([overlap(truth[j], found[i]) for j in own])
            for best in np.argsort(overlaps, kind="stable")[::-1]:
                if overlaps[best] < threshold:
                    break
                if own[best] not in taken:
                    hits[k, rank] = own[best]
                    taken.add(own[best])
                    break
    return order, hits


@settings(deadline=None, max_examples=300)
@given(st.lists(ROW, max_size=12), st.lists(ROW, max_size=25))
def test_equals_the_published_loop(
    truth_rows: list[tuple[int, int, int, int]], found_rows: list[tuple[int, int, int, int]]
) -> None:
    truth, truth_groups, _ = columns(truth_rows)
    found, found_groups, scores = columns(found_rows)
    order, hits = segment_kernels.match(
        truth, truth_groups, found, found_groups, scores, THRESHOLDS
    )
    expected_order, expected = published_loop(truth, truth_groups, found, found_groups, scores)
    np.testing.assert_array_equal(order, expected_order)
    np.testing.assert_array_equal(hits, expected)


@pytest.mark.parametrize("seed", range(3))
def test_equals_the_published_loop_on_crowded_recordings(seed: int) -> None:
    rng = np.random.default_rng(seed)

    def crowd(count: int) -> np.ndarray:
        starts = rng.random(count) * 60
        return np.stack([starts, starts + rng.exponential(4, count)], axis=1)

    truth, found = crowd(60), crowd(500)
    truth_groups, found_groups = rng.integers(0, 3, 60), rng.integers(0, 4, 500)
    scores = rng.random(500)
    order, hits = segment_kernels.match(
        truth, truth_groups, found, found_groups, scores, THRESHOLDS
    )
    expected_order, expected = published_loop(truth, truth_groups, found, found_groups, scores)
    np.testing.assert_array_equal(order, expected_order)
    np.testing.assert_array_equal(hits, expected)
    assert (hits[1] >= 0).sum() > 30


def test_among_equal_overlaps_the_later_truth_is_taken() -> None:
    truth = np.array([[0.0, 4.0], [4.0, 8.0], [0.0, 4.0]])
    _, hits = segment_kernels.match(
        truth,
        np.zeros(3, int),
        np.array([[2.0, 6.0]]),
        np.zeros(1, int),
        np.ones(1),
        np.array([0.2]),
    )
    assert hits.tolist() == [[2]]


def test_any_whole_number_type_any_float_type_any_strides() -> None:
    wide = np.array([[0, 9, 4], [10, 9, 14]], np.float32)
    for kind in (np.int32, np.int64, np.uint8):
        order, hits = segment_kernels.match(
            wide[:, ::2],
            np.array([1, 2], kind),
            wide[::-1, ::2],
            np.array([2, 1], kind),
            np.array([0.5, 0.6], np.float32),
            np.array([0.5], np.float32),
        )
        assert (order.dtype, hits.dtype) == (np.int64, np.int64)
        assert order.tolist() == [1, 0]
        assert hits.tolist() == [[0, 1]]


def test_without_truths_or_found_segments_or_thresholds() -> None:
    none, no_groups = np.zeros((0, 2)), np.zeros(0, int)
    one, group, score = np.array([[0.0, 1.0]]), np.zeros(1, int), np.ones(1)
    order, hits = segment_kernels.match(none, no_groups, one, group, score, THRESHOLDS)
    assert order.tolist() == [0]
    assert hits.tolist() == [[-1]] * 4
    order, hits = segment_kernels.match(one, group, none, no_groups, np.zeros(0), THRESHOLDS)
    assert order.shape == (0,)
    assert hits.shape == (4, 0)
    _, hits = segment_kernels.match(one, group, one, group, score, np.zeros(0))
    assert hits.shape == (0, 1)


@pytest.mark.parametrize(
    ("argument", "value", "message"),
    [
        ("truth", [[0.0, np.nan]], "must be finite; row 0"),
        ("truth", [[1.0, 0.0]], "must end after they start; row 0"),
        ("truth", [0.0, 1.0], r"must have the shape \(n, 2\)"),
        ("found", [[0.0, np.inf]], "must be finite"),
        ("found", [[2.0, 1.0]], "must end after they start"),
        ("truth_groups", [0, 1], "must have one value for each of the 1 truths, not 2"),
        ("found_groups", [], "must be whole numbers"),
        ("found_groups", [0.0], "must be whole numbers"),
        ("scores", [0.1, 0.2], "must have one value for each of the 1 found segments, not 2"),
        ("scores", [np.nan], "must be finite"),
        ("thresholds", [0.5, np.nan], "must lie above 0"),
        ("thresholds", [0.0], "must lie above 0"),
        ("thresholds", [1.1], "must lie above 0"),
        ("thresholds", [["a"]], "must be numbers"),
    ],
)
def test_bad_input_names_the_argument(argument: str, value: list, message: str) -> None:
    call: dict[str, list] = {
        "truth": [[0.0, 1.0]],
        "truth_groups": [0],
        "found": [[0.0, 1.0]],
        "found_groups": [0],
        "scores": [0.5],
        "thresholds": [0.5],
    }
    arrays = {name: np.array(given) for name, given in {**call, argument: value}.items()}
    with pytest.raises(ValueError, match=f"^{argument} {message}"):
        segment_kernels.match(**arrays)
