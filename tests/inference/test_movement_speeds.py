"""Speeds in trunk lengths a second."""

import numpy as np
import pytest

from inference.movement.curves import curves
from inference.movement.speeds import body_speed, joint_speed
from inference.movement.track import JointTrack
from tests.inference.skeletons import TRUNK, standing


def test_speed_of_somebody_who_walks_through_the_picture() -> None:
    keypoints = standing(90)
    keypoints[..., 0] += np.arange(90)[:, None] * TRUNK / 30  # half a trunk length a second
    track = JointTrack.of(keypoints)
    for curve in curves():
        if curve.name.endswith("_speed"):
            np.testing.assert_allclose(curve.of(track)[10:-10], 0.5, rtol=0.01)


@pytest.mark.parametrize("hz", [0.25, 0.5, 1.0])
def test_speed_of_a_swinging_wrist(hz: float) -> None:
    seconds = np.arange(300) / 15
    keypoints = standing(300)
    keypoints[:, 10, 1] += 40 * np.sin(2 * np.pi * hz * seconds)
    expected = np.abs(0.4 * 2 * np.pi * hz * np.cos(2 * np.pi * hz * seconds))
    found = joint_speed(JointTrack.of(keypoints), [10])
    np.testing.assert_allclose(found[15:-15], expected[15:-15], atol=0.06 * expected.max())


def test_size_in_the_picture_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    keypoints = standing(200)
    keypoints[..., :2] += np.cumsum(rng.normal(0, 1, (200, 17, 2)), axis=0)
    closer = keypoints * np.array([2, 2, 1], np.float32)
    one, other = (body_speed(JointTrack.of(each)) for each in (keypoints, closer))
    np.testing.assert_allclose(one, other, rtol=1e-3)


def test_one_arm_is_enough_to_move_the_body() -> None:
    keypoints = standing(90)
    keypoints[:, 9, 1] -= np.arange(90) * TRUNK / 15
    np.testing.assert_allclose(
        body_speed(JointTrack.of(keypoints))[10:-10], np.sqrt(1 / 12), rtol=0.01
    )


def test_a_joint_hidden_for_a_moment_does_not_stop_the_body() -> None:
    keypoints = standing(90)
    keypoints[:, 9, 1] -= np.arange(90) * TRUNK / 15
    keypoints[40:50, 9] = 0
    track = JointTrack.of(keypoints)
    np.testing.assert_allclose(body_speed(track)[10:-10], np.sqrt(1 / 12), rtol=0.01)
    np.testing.assert_array_equal(
        np.flatnonzero(np.isnan(joint_speed(track, [9]))), np.arange(40, 50)
    )


def test_the_body_needs_half_of_its_joints() -> None:
    keypoints = standing(90)
    keypoints[:45, 11:] = 0  # legs behind a table: shoulders, elbows and wrists are left
    keypoints[45:, 10:] = 0
    found = body_speed(JointTrack.of(keypoints))
    assert np.isfinite(found[:44]).all() and np.isnan(found[46:]).all()
