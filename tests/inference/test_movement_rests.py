"""Rests: where a movement turns round or pauses."""

import numpy as np
import pytest
from numpy.typing import NDArray

from inference.movement.rests import rests
from inference.movement.track import JointTrack
from inference.synthesis.observe import observe, random_camera
from inference.synthesis.recordings import load_recordings
from tests.inference.skeletons import raising_left_arm, standing
from tests.parity_files import SHARED

TICK = 1 / 15


def trembling(keypoints: NDArray[np.float32], pixels: float = 0.8) -> NDArray[np.float32]:
    noise = np.random.default_rng(1).normal(0, pixels, (*keypoints.shape[:2], 2))
    moved = keypoints.copy()
    moved[..., :2] += noise
    return moved


def arm_raises(pause_s: float, *, raise_s: float = 2.4, count: int = 4) -> NDArray[np.floating]:
    """(T,) degrees: the arm goes up and down `count` times; pauses before, between and after."""
    up_and_down = 50 - 50 * np.cos(2 * np.pi * np.arange(round(raise_s * 15)) / (raise_s * 15))
    pause = np.zeros(round(pause_s * 15))
    return np.concatenate([pause, *[up_and_down, pause] * count])


def test_turning_points_are_rests() -> None:
    angles = arm_raises(0.0)
    found = rests(JointTrack.of(trembling(raising_left_arm(angles))))
    expected = np.arange(1, 8) * 1.2  # down and up alike; neither end of the recording
    assert len(found) == len(expected)
    np.testing.assert_allclose(found, expected, atol=1.5 * TICK)


def test_a_pause_has_a_beginning_a_middle_and_an_end() -> None:
    found = rests(JointTrack.of(trembling(raising_left_arm(arm_raises(2.0)))))
    starts = 2.0 + 4.4 * np.arange(4)
    pauses = starts[1:] - 1.0
    middles = [0.933, *pauses, 18.6]  # the first and the last pause have an end each, and ...
    expected = np.sort(np.concatenate([starts, starts + 1.2, starts + 2.4, middles]))
    assert len(found) == len(expected)
    np.testing.assert_allclose(found, expected, atol=0.25)


@pytest.mark.parametrize("raise_s", [1.5, 2.4, 5.0])
def test_quick_and_slow_exercises_turn_round_where_they_do(raise_s: float) -> None:
    angles = arm_raises(0.0, raise_s=raise_s)
    found = rests(JointTrack.of(trembling(raising_left_arm(angles), 0.4)))
    for turn in np.arange(1, 8) * raise_s / 2:
        assert np.abs(found - turn).min() < 0.2
    assert len(found) <= 3 * 7 + 4


@pytest.mark.parametrize("pixels", [0.0, 0.8])
def test_standing_still_has_no_edges(pixels: float) -> None:
    found = rests(JointTrack.of(trembling(standing(600), pixels)))
    np.testing.assert_allclose(found, [20.0], atol=TICK)  # a middle is all it has


def test_being_out_of_sight_is_no_rest() -> None:
    keypoints = raising_left_arm(arm_raises(0.0, count=6))
    gone = slice(60, 120)  # longer than what is bridged
    keypoints[gone] = 0
    found = rests(JointTrack.of(keypoints))
    assert len(found) and not ((found >= 59 * TICK) & (found <= 120 * TICK)).any()


def test_nobody_was_there() -> None:
    assert rests(JointTrack.of(np.full((100, 17, 3), np.nan, np.float32))).shape == (0,)


def test_labelled_repetitions_start_and_end_at_rests() -> None:
    """Recorded people, seen with the errors of the default estimator: within 0.15 s, and much
    closer than any moment is to a rest by chance."""
    folder = SHARED / "data" / "uiprmd"
    if not folder.is_dir():
        pytest.skip(f"the recorded motions are not here: {folder}")
    (motions,) = folder.glob("*.npz")
    rng = np.random.default_rng(0)
    labelled: list[NDArray[np.float64]] = []
    by_chance: list[NDArray[np.float64]] = []
    for recording in load_recordings(motions, folder / "recordings.json", [1, 6]):
        motion = recording.motion
        found = rests(JointTrack.of(observe(motion, random_camera(rng), rng).keypoints))
        edges = np.unique(
            [edge for label in motion.labels for edge in (label.start_s, label.end_s)]
        )
        edges = edges[(edges > 0.2) & (edges < motion.duration - 0.2)]
        for moments, gaps in (
            (edges, labelled),
            (rng.uniform(0, motion.duration, 100), by_chance),
        ):
            gaps.append(np.abs(found - moments[:, None]).min(axis=1))
    median = np.median(np.concatenate(labelled))
    assert median < 0.15
    assert median < np.median(np.concatenate(by_chance)) / 2
