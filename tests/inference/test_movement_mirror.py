"""Whatever is done: a mirror exchanges the sides, and two hours are measured whole."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from inference.movement.curves import curves
from inference.movement.quality import poor_spans
from inference.movement.rests import rests
from inference.movement.track import JointTrack
from tests.inference.skeletons import mirrored, standing

TWO_HOURS = 108_000


def wandering(seed: int, ticks: int) -> NDArray[np.float32]:
    """Joints that go where they like, seen now and then; the patient leaves for a while."""
    rng = np.random.default_rng(seed)
    keypoints = standing(ticks)
    keypoints[..., :2] += np.cumsum(rng.normal(0, 2, (ticks, 17, 2)), axis=0) % 50
    keypoints[..., 2] = rng.uniform(0.25, 0.9, (ticks, 17))
    keypoints[ticks // 3 : ticks // 2] = np.nan
    return keypoints


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000))
def test_a_mirror_exchanges_the_sides(seed: int) -> None:
    keypoints = wandering(seed, 120)
    track, other = JointTrack.of(keypoints), JointTrack.of(mirrored(keypoints))
    values = {curve.name: curve.of(other) for curve in curves()}
    for curve in curves():
        sides = {"left": "right", "right": "left"}
        first, _, rest = curve.name.partition("_")
        sign = -1 if curve.name == "trunk_lean" else 1
        np.testing.assert_allclose(
            curve.of(track), sign * values[f"{sides.get(first, first)}_{rest}"], atol=0.1
        )
    np.testing.assert_array_equal(rests(track), rests(other))
    np.testing.assert_array_equal(poor_spans(track), poor_spans(other))


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000))
def test_angles_are_degrees_and_speeds_are_not_negative(seed: int) -> None:
    track = JointTrack.of(wandering(seed, 120))
    for curve in curves():
        found = curve.of(track)
        found = found[np.isfinite(found)]
        least = -180 if curve.name == "trunk_lean" else 0
        assert len(found) and found.min() >= least
        assert curve.unit != "°" or found.max() <= 180


def test_two_hours() -> None:
    keypoints = wandering(0, TWO_HOURS)
    track = JointTrack.of(keypoints)
    assert track.points.nbytes + track.sure.nbytes < 20_000_000
    for curve in curves():
        found = curve.of(track)
        assert (found.shape, found.dtype) == ((TWO_HOURS,), np.float32)
        assert (
            np.isfinite(found).any() and np.isnan(found[TWO_HOURS // 3 + 20 : TWO_HOURS // 2]).all()
        )
    moments = rests(track)
    assert 100 < len(moments) < TWO_HOURS / 2 and (np.diff(moments) > 0).all()
    assert [span for span in poor_spans(track).round().tolist() if span[1] - span[0] > 600] == [
        [2400.0, 3600.0]
    ]
