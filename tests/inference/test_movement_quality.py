"""Spans in which the pose is poor."""

import numpy as np
import pytest
from numpy.typing import NDArray

from inference.movement.quality import poor_spans
from inference.movement.track import JointTrack
from tests.inference.skeletons import standing


def spans(keypoints: NDArray[np.float32]) -> list[list[float]]:
    found: list[list[float]] = poor_spans(JointTrack.of(keypoints)).tolist()
    return found


def test_a_good_pose_has_none() -> None:
    assert spans(standing(100)) == []


@pytest.mark.parametrize("absent", [0.0, np.nan])
def test_the_patient_is_absent(absent: float) -> None:
    keypoints = standing(150)
    keypoints[30:75] = absent
    keypoints[120:] = absent
    assert spans(keypoints) == [[2.0, 5.0], [8.0, 10.0]]


def test_a_limb_is_lost() -> None:
    keypoints = standing(150)
    keypoints[30:60, [7, 9], 2] = 0.1  # the left arm
    keypoints[90:120, 9, 2] = 0.1  # one wrist
    assert spans(keypoints) == [[2.0, 4.0]]


def test_a_moment_does_not_count_neither_bad_nor_good() -> None:
    keypoints = standing(300)
    keypoints[30:35] = 0
    keypoints[150:225] = 0
    keypoints[180:185] = standing(5)
    assert spans(keypoints) == [[10.0, 15.0]]


def test_legs_under_a_table_are_not_asked_for() -> None:
    keypoints = standing(300)
    keypoints[:, 13:, 2] = 0.1
    assert spans(keypoints) == []
    keypoints[30:60, [7, 9], 2] = 0.1
    assert spans(keypoints) == [[2.0, 4.0]]


def test_a_recording_without_any_limbs_is_poor_throughout() -> None:
    keypoints = standing(150)
    keypoints[:, 7:11, 2] = keypoints[:, 13:, 2] = 0.2
    assert spans(keypoints) == [[0.0, 10.0]]


def test_nobody_was_there() -> None:
    assert spans(np.zeros((150, 17, 3), np.float32)) == [[0.0, 10.0]]
