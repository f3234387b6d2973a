"""Temporal intersection over union: the definition and what follows from it."""

import numpy as np
import pytest
from hypothesis import given, settings

import segment_kernels
from tests.csrc.segments import crowd, overlap, segment_arrays


@settings(deadline=None)
@given(segment_arrays(), segment_arrays())
def test_equals_the_definition(a: np.ndarray, b: np.ndarray) -> None:
    matrix = segment_kernels.tiou(a, b)
    assert matrix.shape == (len(a), len(b))
    assert matrix.tolist() == [[overlap(one, other) for other in b] for one in a]


@settings(deadline=None)
@given(segment_arrays(), segment_arrays())
def test_is_symmetric_between_0_and_1(a: np.ndarray, b: np.ndarray) -> None:
    matrix = segment_kernels.tiou(a, b)
    np.testing.assert_array_equal(matrix, segment_kernels.tiou(b, a).T)
    assert ((matrix >= 0) & (matrix <= 1)).all()


@settings(deadline=None)
@given(segment_arrays())
def test_is_1_only_between_equal_segments_with_a_length(a: np.ndarray) -> None:
    has_length = a[:, 1] > a[:, 0]
    equal = (a[:, None] == a[None]).all(axis=2) & has_length[:, None]
    np.testing.assert_array_equal(segment_kernels.tiou(a, a) == 1, equal)


def test_float32_is_answered_in_float32() -> None:
    a = crowd(np.random.default_rng(0), 50, span=100, length=9)
    coarse = segment_kernels.tiou(a.astype(np.float32), a.astype(np.float32))
    assert coarse.dtype == np.float32
    np.testing.assert_allclose(coarse, segment_kernels.tiou(a, a), atol=1e-5)
    assert segment_kernels.tiou(a.astype(np.float32), a).dtype == np.float64


def test_far_from_zero() -> None:
    day = 86_400.0
    a = np.array([[day, day + 0.5]])
    assert segment_kernels.tiou(a, a + 0.25)[0, 0] == pytest.approx(1 / 3)
