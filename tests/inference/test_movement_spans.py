"""Stretches of ticks, and short gaps bridged by straight lines."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from inference.movement.spans import bridged, runs

masks = st.lists(st.booleans(), max_size=40).map(lambda flags: np.array(flags, bool))


@given(mask=masks)
def test_runs_are_every_stretch(mask: np.ndarray) -> None:
    painted = np.zeros(len(mask), bool)
    found = runs(mask)
    for start, end in found:
        assert start < end and not painted[start:end].any()
        painted[start:end] = True
    np.testing.assert_array_equal(painted, mask)
    assert (found[1:, 0] > found[:-1, 1]).all()  # two that touch would be one


@given(known=masks, longest=st.integers(0, 5))
def test_gaps_up_to_the_longest_are_bridged(known: np.ndarray, longest: int) -> None:
    values = np.where(known, np.arange(len(known)), np.nan)[:, None].repeat(2, axis=1)
    filled, counts = bridged(values, known, longest)
    expected = known.copy()
    for start, end in runs(~known):
        expected[start:end] = start > 0 and end < len(known) and end - start <= longest
    np.testing.assert_array_equal(counts, expected)
    assert np.isfinite(filled).all()
    np.testing.assert_allclose(filled[counts, 1], np.flatnonzero(expected))
