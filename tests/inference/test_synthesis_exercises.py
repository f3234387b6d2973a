"""The parametric exercises: bones, feet, labels, directions, variation."""

from itertools import pairwise

import numpy as np
import pytest

from inference.synthesis.body import body_of_height, random_body
from inference.synthesis.exercises import CLASS_NAMES
from inference.synthesis.motion import Motion
from inference.synthesis.performer import perform
from inference.synthesis.posture import LEFT, RIGHT

BONES = ((5, 7), (7, 9), (6, 8), (8, 10), (11, 12), (11, 13), (13, 15), (12, 14), (14, 16))
BODY = body_of_height(1.75)
L_SHOULDER, R_SHOULDER, L_WRIST, R_WRIST, L_HIP, R_HIP = 5, 6, 9, 10, 11, 12
L_KNEE, R_KNEE, L_ANKLE, R_ANKLE = 13, 14, 15, 16


def _perform(name: str, seed: int = 0, side: int = RIGHT) -> Motion:
    return perform(name, BODY, np.random.default_rng(seed), 3, side=side)


def _start_and_far_end(motion: Motion) -> tuple[np.ndarray, np.ndarray]:
    """Joints at the start of the second repetition and where it is furthest from there."""
    label = motion.labels[1]
    frames = motion.joints[round(label.start_s * motion.hz) : round(label.end_s * motion.hz) + 1]
    away = np.linalg.norm(frames - frames[0], axis=2).sum(axis=1)
    return frames[0], frames[away.argmax()]


@pytest.mark.parametrize("name", CLASS_NAMES)
def test_bones_keep_their_lengths(name: str) -> None:
    joints = perform(
        name, random_body(np.random.default_rng(1)), np.random.default_rng(2), 2
    ).joints
    for a, b in BONES:
        lengths = np.linalg.norm(joints[:, a] - joints[:, b], axis=1)
        assert np.ptp(lengths) < 1e-4, (a, b)


@pytest.mark.parametrize("name", CLASS_NAMES)
def test_feet_do_not_sink_and_a_standing_foot_stays(name: str) -> None:
    motion = _perform(name)
    ankles = motion.joints[:, [L_ANKLE, R_ANKLE]]
    assert ankles[..., 2].min() > BODY.ankle - 0.004
    for label in motion.labels:
        rows = slice(round(label.start_s * motion.hz), round(label.end_s * motion.hz))
        moved = np.ptp(ankles[rows], axis=0).max(axis=1)
        assert moved.min() < 0.01  # at least one foot is planted through the repetition


@pytest.mark.parametrize("name", CLASS_NAMES)
def test_a_label_begins_and_ends_with_the_movement(name: str) -> None:
    motion = _perform(name, seed=3)
    assert [label.name for label in motion.labels] == [name] * 3
    for label in motion.labels:
        first, last = round(label.start_s * motion.hz), round(label.end_s * motion.hz)
        assert label.start_s == pytest.approx(first / motion.hz)
        assert label.end_s == pytest.approx(last / motion.hz)
        start = motion.joints[first]
        away = np.linalg.norm(motion.joints[first : last + 1] - start, axis=2).max(axis=1)
        assert away.max() > 0.25
        assert away[-1] < 0.06  # back where it began, but for sway
        # A minimum-jerk movement has covered about 1 % of its way after a tenth of it.
        tenth = len(away) // 20
        assert away[tenth] < 0.12 * away.max()
        assert away[-1 - tenth] < 0.12 * away.max() + 0.06


def test_labels_follow_each_other() -> None:
    labels = perform("deep_squat", BODY, np.random.default_rng(5), 6).labels
    assert len(labels) == 6
    for one, following in pairwise(labels):
        assert one.end_s <= following.start_s
    assert all(1.2 < label.end_s - label.start_s < 5 for label in labels)


def test_the_same_seed_gives_the_same_motion() -> None:
    one, same, other = (_perform("side_lunge", seed) for seed in (7, 7, 8))
    assert np.array_equal(one.joints, same.joints) and one.labels == same.labels
    assert one.joints.shape != other.joints.shape or not np.array_equal(one.joints, other.joints)


def test_durations_ranges_and_sides_vary() -> None:
    depths, seconds = [], []
    for seed in range(8):
        motion = _perform("deep_squat", seed)
        start, far = _start_and_far_end(motion)
        depths.append(start[L_HIP, 2] - far[L_HIP, 2])
        seconds.append(motion.labels[1].end_s - motion.labels[1].start_s)
    assert np.std(depths) > 0.02 and np.std(seconds) > 0.1


def test_an_unknown_name_says_which_are_known() -> None:
    with pytest.raises(ValueError, match=r"no exercise called swim.*deep_squat"):
        perform("swim", BODY, np.random.default_rng(0), 1)


@pytest.mark.parametrize("side", [LEFT, RIGHT])
def test_where_each_exercise_goes(side: int) -> None:
    """Directions as in UI-PRMD: x forward, y to the left, z up; `side` is the one that works."""
    out = 1.0 if side == LEFT else -1.0

    def ends(name: str) -> tuple[np.ndarray, np.ndarray]:
        return _start_and_far_end(_perform(name, seed=4, side=side))

    def arm(joints: np.ndarray) -> np.ndarray:
        """From the working shoulder to its wrist, sideways counted outwards."""
        return (joints[L_WRIST + side] - joints[L_SHOULDER + side]) * np.array([1, out, 1])

    start, far = ends("deep_squat")
    assert start[L_WRIST, 2] > start[L_SHOULDER, 2] and far[L_HIP, 2] < 0.65 * start[L_HIP, 2]
    start, far = ends("hurdle_step")
    assert far[L_KNEE + side, 2] > 0.7 * start[L_HIP, 2]
    assert far[L_ANKLE + side, 2] < far[L_KNEE + side, 2] - 0.2
    start, far = ends("inline_lunge")
    assert far[L_ANKLE + side, 0] - far[R_ANKLE - side, 0] > 0.4
    assert start[L_HIP, 2] - far[L_HIP, 2] > 0.2
    start, far = ends("side_lunge")
    assert out * (far[L_HIP, 1] - start[L_HIP, 1]) > 0.12
    assert start[L_HIP, 2] - far[L_HIP, 2] > 0.12
    start, far = ends("sit_to_stand")
    assert far[L_HIP, 2] < 0.7 * start[L_HIP, 2] and far[L_HIP, 0] < start[L_HIP, 0] - 0.2
    start, far = ends("standing_active_straight_leg_raise")
    assert far[L_ANKLE + side, 0] > start[L_ANKLE + side, 0] + 0.5
    assert far[L_ANKLE + side, 2] > 0.4
    start, far = ends("standing_shoulder_abduction")
    assert arm(start)[2] < -0.4 and arm(far)[2] > 0.3
    start, far = ends("standing_shoulder_extension")
    assert arm(far)[0] < -0.2 and arm(far)[2] < -0.15
    start, far = ends("standing_shoulder_internal_external_rotation")
    assert abs(arm(start)[2] - arm(far)[2]) > 0.15 and arm(far)[1] > 0.15
    start, far = ends("standing_shoulder_scaption")
    assert arm(far)[0] > 0.2 and arm(far)[1] > 0.15 and abs(arm(far)[2]) < 0.3
