"""What happens between exercises: walking, turning, gestures, whole sessions."""

import numpy as np
import pytest

from inference.synthesis.body import body_of_height, random_body
from inference.synthesis.exercises import CLASS_NAMES
from inference.synthesis.gestures import GESTURES, random_session, wander
from inference.synthesis.performer import Performer

BODY = body_of_height(1.70)


def _performer(seed: int = 0) -> Performer:
    return Performer(BODY, np.random.default_rng(seed))


def test_walking_arrives_on_alternating_planted_feet() -> None:
    who = _performer()
    who.walk_to(1.5, 2.0)
    motion = who.motion()
    hips = motion.joints[:, 11:13].mean(axis=1)
    assert np.allclose(hips[-1, :2], [1.5, 2.0], atol=0.05)
    ankles = motion.joints[:, 15:17]
    speed = np.linalg.norm(np.diff(ankles, axis=0), axis=2) * motion.hz
    assert (speed.min(axis=1) < 0.1).mean() > 0.95  # one foot stands
    assert speed.max() < 5.0
    assert ankles[..., 2].min() > BODY.ankle - 0.004
    steps = np.diff((ankles[:, 0, 2] - ankles[:, 1, 2] > 0.03).astype(int))
    assert (steps == 1).sum() >= 2  # the left foot was lifted more than once


def test_turning_ends_facing_the_other_way() -> None:
    who = _performer()
    who.turn_to(np.pi * 0.9)
    joints = who.motion().joints[-1]
    left = joints[11] - joints[12]
    assert np.arctan2(-left[0], left[1]) == pytest.approx(np.pi * 0.9, abs=0.1)


@pytest.mark.parametrize("gesture", GESTURES)
def test_gestures_come_back_and_are_no_repetitions(gesture: object) -> None:
    who = _performer(3)
    before = who.now.copy()
    gesture(who)  # type: ignore[operator]
    motion = who.motion()
    assert motion.labels == ()
    assert np.allclose(who.now, before, atol=1e-6)
    moved = np.linalg.norm(motion.joints - motion.joints[0], axis=2).max()
    assert moved > 0.04
    assert np.linalg.norm(np.diff(motion.joints, axis=0), axis=2).max() < 0.15


def test_wandering_comes_home() -> None:
    who = _performer(4)
    wander(who)
    assert np.allclose(who.now[:2], 0, atol=0.05)
    assert (who.now[3] + np.pi) % (2 * np.pi) - np.pi == pytest.approx(0, abs=0.05)


def test_a_random_session_is_long_enough_and_has_background() -> None:
    rng = np.random.default_rng(11)
    motion = random_session(rng, 40.0, body=random_body(rng))
    assert motion.duration >= 40
    labelled = sum(label.end_s - label.start_s for label in motion.labels)
    assert 0.2 < labelled / motion.duration < 0.9
    assert {label.name for label in motion.labels} <= set(CLASS_NAMES)
    assert np.isfinite(motion.joints).all()
    assert np.linalg.norm(np.diff(motion.joints, axis=0), axis=2).max() < 0.25


def test_a_session_can_be_limited_to_some_exercises() -> None:
    rng = np.random.default_rng(12)
    motion = random_session(rng, 15.0, body=BODY, names=("hurdle_step",))
    assert {label.name for label in motion.labels} == {"hurdle_step"}
