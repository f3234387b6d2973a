"""Joint angles of poses whose angles are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from inference.movement.curves import curves
from inference.movement.track import JointTrack
from tests.inference.skeletons import raising_left_arm, standing, towards

turns = st.floats(-179, 179)


def values(name: str, keypoints: NDArray[np.float32]) -> NDArray[np.float32]:
    (curve,) = (each for each in curves() if each.name == name)
    return curve.of(JointTrack.of(keypoints))


def test_whoever_stands_straight_has_no_angles() -> None:
    narrow = 9.0  # degrees from the shoulders to the hips, which are narrower
    for curve in curves():
        found = curve.of(JointTrack.of(standing()))
        assert (found.shape, found.dtype) == ((60,), np.float32)
        atol = narrow if curve.name.endswith(("_hip", "_shoulder")) else 0.02
        np.testing.assert_allclose(found, 0, atol=atol, err_msg=curve.name)


@settings(max_examples=30)
@given(upper=turns, bend=st.floats(0, 180))
def test_elbow_and_knee_are_the_bend_between_their_limbs(upper: float, bend: float) -> None:
    keypoints = standing(8)
    for near, corner, far in ((5, 7, 9), (12, 14, 16)):
        keypoints[:, corner, :2] = keypoints[:, near, :2] + towards(upper, 60)
        keypoints[:, far, :2] = keypoints[:, corner, :2] + towards(upper + bend, 50)
    for name in ("left_elbow", "right_knee"):
        np.testing.assert_allclose(values(name, keypoints), bend, atol=0.1)


@settings(max_examples=30)
@given(raised=st.floats(0, 180))
def test_shoulder_is_the_arm_against_the_trunk(raised: float) -> None:
    keypoints = standing(8)
    keypoints[:, 11, 0] = keypoints[:, 5, 0]  # hip below shoulder
    keypoints[:, 7, :2] = keypoints[:, 5, :2] + towards(raised, 55)
    np.testing.assert_allclose(values("left_shoulder", keypoints), raised, atol=0.1)


@settings(max_examples=30)
@given(lean=turns)
def test_trunk_leans_from_the_vertical_of_the_picture(lean: float) -> None:
    keypoints = standing(8)
    keypoints[:, 11:13, :2] = 300.0
    keypoints[:, 5:7, :2] = 300.0 - towards(-lean, 100)
    np.testing.assert_allclose(values("trunk_lean", keypoints), lean, atol=0.1)


def test_a_movement_is_followed_without_delay() -> None:
    seconds = np.arange(150) / 15
    angles = 60 - 60 * np.cos(2 * np.pi * seconds / 2.4)  # a repetition of 2.4 s
    keypoints = raising_left_arm(angles)
    keypoints[:, 11, 0] = keypoints[:, 5, 0]
    np.testing.assert_allclose(values("left_shoulder", keypoints)[15:-15], angles[15:-15], atol=2)


def test_trembling_is_smoothed() -> None:
    rng = np.random.default_rng(0)
    keypoints = standing(600)
    keypoints[..., :2] += rng.normal(0, 2, (600, 17, 2))
    keypoints[:, 7, :2] = keypoints[:, 5, :2] + towards(0, 55)
    keypoints[:, 9, :2] = keypoints[:, 7, :2] + towards(90 + rng.normal(0, 4, 600), 50)
    np.testing.assert_allclose(values("left_elbow", keypoints).mean(), 90, atol=0.5)
    assert 0.5 < values("left_elbow", keypoints).std() < 3


@pytest.mark.parametrize("joint", [5, 7, 9])
def test_an_angle_is_unknown_where_one_of_its_joints_is_a_guess(joint: int) -> None:
    keypoints = standing()
    keypoints[20:30, joint] = 7.0, 7.0, 0.29
    found = values("left_elbow", keypoints)
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(found)), np.arange(20, 30))
    assert np.nanmax(np.abs(found)) < 0.01  # the guess does not pull at what is seen
    assert np.isfinite(values("right_elbow", keypoints)).all()


@pytest.mark.parametrize("absent", [0.0, np.nan])
def test_everything_is_unknown_while_the_patient_is_absent(absent: float) -> None:
    keypoints = standing()
    keypoints[:25] = absent
    keypoints[50:] = absent
    for curve in curves():
        found = curve.of(JointTrack.of(keypoints))
        assert np.isnan(found[[*range(25), *range(50, 60)]]).all(), curve.name
        assert np.isfinite(found[26:49]).all(), curve.name


def test_a_limb_that_points_at_the_camera_has_no_angle() -> None:
    keypoints = standing()
    keypoints[:, 9, :2] = keypoints[:, 7, :2] + 1
    assert np.isnan(values("left_elbow", keypoints)).all()


@pytest.mark.parametrize("ticks", [0, 1, 2, 5])
def test_a_very_short_recording(ticks: int) -> None:
    for curve in curves():
        assert curve.of(JointTrack.of(standing(ticks))).shape == (ticks,)


def test_names_are_told_apart() -> None:
    for column in ("name", "title"):
        assert len({getattr(curve, column) for curve in curves()}) == len(curves()) == 15
