"""Spliced sessions: whole repetitions, truthful labels, smooth ways between, people in sight."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from inference.synthesis.body import random_body
from inference.synthesis.idle import MOVEMENTS, Array, sit
from inference.synthesis.motion import Label, Motion
from inference.synthesis.observe import observe, random_camera
from inference.synthesis.performer import perform
from inference.synthesis.sessions import SpliceSettings, mirrored_name, splice
from inference.synthesis.skeleton import blend, facing, mirror, root, smooth_step, turn

NAMES = ("deep_squat", "side_lunge", "standing_shoulder_abduction")


def only_repetitions(motion: Motion) -> Motion:
    """As a recording is: nothing before the first repetition."""
    first, last = motion.labels[0], motion.labels[-1]
    start, end = round(first.start_s * motion.hz), round(last.end_s * motion.hz)
    labels = tuple(
        Label(x.name, x.start_s - start / motion.hz, x.end_s - start / motion.hz)
        for x in motion.labels
    )
    return Motion(motion.joints[start:end], motion.hz, labels)


@pytest.fixture(scope="module")
def person() -> list[Motion]:
    rng = np.random.default_rng(3)
    body = random_body(rng)
    return [only_repetitions(perform(name, body, rng, 6)) for name in NAMES]


@pytest.mark.parametrize("seed", range(4))
def test_a_session_has_exercise_and_background(person: list[Motion], seed: int) -> None:
    session = splice(person, np.random.default_rng(seed))
    assert 60 <= session.duration <= 120
    assert {label.name for label in session.labels} <= set(NAMES)
    ends = [0.0] + [label.end_s for label in session.labels]
    assert all(x.start_s >= end - 1e-9 for x, end in zip(session.labels, ends, strict=False))
    assert ends[-1] < session.duration
    busy = sum(label.end_s - label.start_s for label in session.labels)
    assert 0.2 < busy / session.duration < 0.85


def test_a_session_ends_in_time_even_where_a_chunk_would_not_fit(person: list[Motion]) -> None:
    settings = SpliceSettings(duration_s=(20.0, 20.0), repetitions=(6, 6))
    for seed in range(8):
        session = splice(person, np.random.default_rng(seed), settings)
        assert session.duration == pytest.approx(20.0)
        assert all(label.end_s <= 20.0 for label in session.labels)


def test_the_same_generator_gives_the_same_session(person: list[Motion]) -> None:
    first, again = (splice(person, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(first.joints, again.joints)
    assert first.labels == again.labels


def test_movement_is_smooth_and_stays_in_the_room(person: list[Motion]) -> None:
    joints = splice(person, np.random.default_rng(1)).joints
    assert np.isfinite(joints).all()
    hips = joints[:, 11:13].mean(axis=1)
    assert np.linalg.norm(np.diff(hips, axis=0), axis=1).max() < 0.1
    assert np.abs(hips[:, :2]).max() < 1.6
    assert joints[..., 2].min() > -0.05


def test_labelled_frames_are_the_recorded_repetition(person: list[Motion]) -> None:
    settings = SpliceSettings(tempo=(1.0, 1.0), mirrored=0.0, pauses_inside=0.0)
    session = splice(person[:1], np.random.default_rng(2), settings)
    label = session.labels[0]
    start, end = round(label.start_s * session.hz), round(label.end_s * session.hz)
    height = session.joints[start:end, 0, 2]
    recorded = [
        person[0].joints[round(x.start_s * 30) : round(x.end_s * 30), 0, 2]
        for x in person[0].labels
    ]
    assert any(len(r) == len(height) and np.allclose(r, height, atol=1e-4) for r in recorded)


def test_the_way_between_postures_keeps_bones_and_floor(person: list[Motion]) -> None:
    start, end = person[0].joints[0].astype(float), person[2].joints[40].astype(float)
    end = turn(end, 2.0) + np.array([0.4, 0.1, 0.0])
    way = blend(start, end, smooth_step(30))
    for a, b in ((5, 7), (7, 9), (11, 13), (13, 15)):
        bone = np.linalg.norm(way[:, a] - way[:, b], axis=1)
        limits = sorted(np.linalg.norm(p[a] - p[b]) for p in (start, end))
        assert limits[0] - 0.02 < bone.min() and bone.max() < limits[1] + 0.02
    np.testing.assert_allclose(way[0], start, atol=0.02)
    np.testing.assert_allclose(way[-1], end, atol=0.02)


@pytest.mark.parametrize("movement", MOVEMENTS)
def test_what_is_no_exercise_starts_and_ends_near_the_posture(
    person: list[Motion], movement: Callable[[Array, float, np.random.Generator], Array]
) -> None:
    posture = person[2].joints[0].astype(float)
    posture -= root(posture) * [1, 1, 0]
    joints = movement(posture, 30.0, np.random.default_rng(6))
    assert np.linalg.norm(joints[[0, -1]] - posture, axis=2).max() < 0.25
    assert np.linalg.norm(np.diff(joints, axis=0), axis=2).max() < 0.25
    for a, b in ((5, 7), (7, 9), (11, 13), (13, 15)):
        bone = np.linalg.norm(joints[:, a] - joints[:, b], axis=1)
        assert np.ptp(bone) < 0.06


def test_sitting_puts_the_hips_at_the_height_of_the_knees(person: list[Motion]) -> None:
    posture = person[2].joints[0].astype(float)
    posture -= root(posture) * [1, 1, 0]
    joints = sit(posture, 30.0, np.random.default_rng(0))
    seated = joints[len(joints) // 2]
    assert root(seated)[2] == pytest.approx(posture[13:15, 2].mean(), rel=0.2)
    assert root(seated)[0] < seated[13:15, 0].mean() - 0.25
    np.testing.assert_allclose(seated[15:17], posture[15:17], atol=0.02)


def test_cameras_stand_up_to_60_degrees_to_either_side() -> None:
    azimuths = [random_camera(np.random.default_rng(n)).azimuth_deg for n in range(200)]
    assert -60 <= min(azimuths) < -50 and 50 < max(azimuths) <= 60


def named(motion: Motion, name: str) -> Motion:
    return replace(motion, labels=tuple(replace(label, name=name) for label in motion.labels))


def test_the_mirrored_session_of_a_left_leg_is_one_of_a_right_leg(person: list[Motion]) -> None:
    both = [named(person[0], "left_leg_raise"), named(person[2], "right_leg_raise")]
    as_filmed, mirrored = (
        splice(both, np.random.default_rng(7), SpliceSettings(mirrored=chance))
        for chance in (0.0, 1.0)
    )
    np.testing.assert_allclose(mirrored.joints, mirror(as_filmed.joints))
    assert {label.name for label in as_filmed.labels} == {"left_leg_raise", "right_leg_raise"}
    other = {"left_leg_raise": "right_leg_raise", "right_leg_raise": "left_leg_raise"}
    assert [label.name for label in mirrored.labels] == [
        other[label.name] for label in as_filmed.labels
    ]


def test_a_session_is_not_mirrored_into_a_class_that_nobody_knows(person: list[Motion]) -> None:
    only_left = [named(person[0], "Left leg raise")]
    as_filmed, not_mirrored = (
        splice(only_left, np.random.default_rng(7), SpliceSettings(mirrored=chance))
        for chance in (0.0, 1.0)
    )
    np.testing.assert_array_equal(not_mirrored.joints, as_filmed.joints)
    assert {label.name for label in not_mirrored.labels} == {"Left leg raise"}


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("left_leg_raise", "right_leg_raise"),
        ("Reach to the Right", "Reach to the Left"),
        ("cleft_hand", "cleft_hand"),
        ("upright_row", "upright_row"),
        ("standing_shoulder_abduction", "standing_shoulder_abduction"),
        ("step-left2", "step-right2"),
    ],
)
def test_names_of_the_other_side(name: str, other: str) -> None:
    assert mirrored_name(name) == other
    assert mirrored_name(other) == name


def test_mirror_and_turn(person: list[Motion]) -> None:
    joints = person[0].joints
    np.testing.assert_allclose(mirror(mirror(joints)), joints)
    np.testing.assert_allclose(facing(mirror(joints)), -facing(joints), atol=1e-5)
    np.testing.assert_allclose(facing(turn(joints, 0.5)), facing(joints) + 0.5, atol=1e-5)


def test_what_a_camera_sees(person: list[Motion]) -> None:
    rng = np.random.default_rng(4)
    session = splice(person, rng)
    camera = random_camera(rng)
    pose = observe(session, camera, rng)
    assert len(pose.times) == pytest.approx(session.duration * 15, abs=2)
    assert pose.keypoints.shape == (len(pose.times), 17, 3)
    truth = camera.project(session.joints[::2])[..., :2]
    count = min(len(truth), len(pose.times))
    error = np.linalg.norm(pose.keypoints[:count, :, :2] - truth[:count], axis=2)
    assert np.median(error / pose.crops[:count, None, 2]) < 0.03
    volume = pose.heatmaps[10:20]
    assert volume.shape == (10, 17, 32, 32) and volume.dtype == np.uint8
    strongest = volume.reshape(10, 17, -1).argmax(axis=2)
    cells = np.stack([strongest % 32, strongest // 32], axis=2) + 0.5
    corner = pose.crops[10:20, None, :2] - pose.crops[10:20, None, 2:] / 2
    expected = (pose.keypoints[10:20, :, :2] - corner) / pose.crops[10:20, None, 2:] * 32
    assert np.median(np.abs(cells - expected)) < 0.6
