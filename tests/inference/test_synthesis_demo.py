"""The demo sessions: what the README promises of them."""

from collections import defaultdict
from itertools import pairwise

import numpy as np

from inference.synthesis.demo import demo_sessions
from inference.synthesis.exercises import CLASS_NAMES

SESSIONS = demo_sessions(0)


def test_at_least_six_sessions_of_45_to_90_seconds_the_shortest_first() -> None:
    seconds = [session.motion.duration for session in SESSIONS]
    assert len(SESSIONS) >= 6
    assert min(seconds) >= 45 and max(seconds) <= 90
    assert seconds[0] == min(seconds)
    assert len({session.name for session in SESSIONS}) == len(SESSIONS)


def test_they_differ_in_body_clothes_room_and_camera() -> None:
    assert len({session.look for session in SESSIONS}) >= 6
    assert len({session.room for session in SESSIONS}) >= 5
    assert len({session.camera.azimuth_deg for session in SESSIONS}) >= 6
    assert len({session.patient for session in SESSIONS}) >= 6


def test_a_patient_is_in_one_split_and_every_split_has_one() -> None:
    splits = defaultdict(set)
    for session in SESSIONS:
        splits[session.patient].add(session.split)
    assert all(len(of_patient) == 1 for of_patient in splits.values())
    assert set.union(*splits.values()) == {"train", "validation", "test"}


def test_every_exercise_is_done_in_at_least_two_sessions() -> None:
    done = defaultdict(set)
    for session in SESSIONS:
        for label in session.motion.labels:
            done[label.name].add(session.name)
    assert set(done) == set(CLASS_NAMES)
    assert [name for name, where in done.items() if len(where) < 2 and name != "sit_to_stand"] == []


def test_somebody_walks_through_one_of_them() -> None:
    with_visitor = [session for session in SESSIONS if session.second_person]
    assert len(with_visitor) == 1
    session = with_visitor[0]
    assert session.second_person is not None
    hips = session.second_person.motion.joints[:, 11:13].mean(axis=1)
    seen = session.camera.project(hips)
    inside = (seen[:, 0] > 0) & (seen[:, 0] < session.camera.width)
    assert 0.03 < inside.mean() < 0.6
    patient = session.camera.project(session.motion.joints[: len(hips), 11:13].mean(axis=1))
    nearer = seen[: len(patient), 2] < patient[: len(seen), 2]
    assert nearer[inside[: len(nearer)]].any() and (~nearer[inside[: len(nearer)]]).any()


def test_labels_are_ordered_inside_the_recording_and_in_the_picture() -> None:
    for session in SESSIONS:
        motion, camera = session.motion, session.camera
        for one, following in pairwise(motion.labels):
            assert one.end_s <= following.start_s
        for label in motion.labels:
            assert 0 < label.start_s < label.end_s < motion.duration
            rows = slice(round(label.start_s * motion.hz), round(label.end_s * motion.hz))
            seen = camera.project(motion.joints[rows])
            inside = (seen[..., :2] > 0).all(axis=-1) & (
                seen[..., :2] < [camera.width, camera.height]
            ).all(axis=-1)
            assert inside.mean() > 0.99, (session.name, label)


def test_another_seed_gives_other_motions_and_the_same_seed_the_same() -> None:
    again, other = demo_sessions(0)[0], demo_sessions(1)[0]
    assert np.array_equal(again.motion.joints, SESSIONS[0].motion.joints)
    assert again.motion.labels == SESSIONS[0].motion.labels
    assert other.motion.labels != SESSIONS[0].motion.labels
