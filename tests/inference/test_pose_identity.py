"""Identities survive people who cross, hide each other, leave and come back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.pose.estimator import Detections
from inference.pose.identity import Tracker, Tracklet, without_duplicates
from inference.pose.link import link
from inference.pose.people import People, PoseError, assemble
from tests.inference.moving_people import GREEN_GREY, WHITE_BLUE, Walk, detections

ONE = np.ones(2, np.float32)


def follow(
    people: list[Walk], ticks: int, *, seed: int = 0, absent: range = range(0), clothes: bool = True
) -> tuple[list[list[Tracklet]], dict[int, dict[int, int]]]:
    """Track made-up people; also {tick: {identity: true person}} by the pose each identity got.

    During `absent` ticks nobody at all is detected.
    """
    rng = np.random.default_rng(seed)
    tracker = Tracker()
    for tick in range(ticks):
        found, colours, _ = detections(people, tick, rng)
        if tick in absent:
            found, colours = found.take(np.zeros(0, np.intp)), colours[:0]
        tracker.step(tick, found, colours if clothes else np.full_like(colours, np.nan))
    identities = link(tracker.tracklets)
    truth: dict[int, dict[int, int]] = {}
    for number, tracklets in enumerate(identities):
        for tracklet in tracklets:
            for tick, pose in zip(tracklet.ticks, tracklet.keypoints, strict=True):
                apart = [np.abs(p.pose(tick)[:, :2] - pose[:, :2]).mean() for p in people]
                truth.setdefault(tick, {})[number] = int(np.argmin(apart))
    return identities, truth


def purity(truth: dict[int, dict[int, int]]) -> dict[int, set[int]]:
    """{identity: the true people it was ever given}."""
    seen: dict[int, set[int]] = {}
    for given_to in truth.values():
        for identity, person in given_to.items():
            seen.setdefault(identity, set()).add(person)
    return seen


@settings(max_examples=40, deadline=None)
@given(
    speed=st.floats(5, 30),
    leftwards=st.booleans(),
    nearer=st.floats(0.8, 1.5),
    seed=st.integers(0, 2**16),
)
def test_a_second_person_walking_through_takes_nothing_from_the_patient(
    speed: float, leftwards: bool, nearer: float, seed: int
) -> None:
    patient = Walk(start=640, speed=0, height=400, feet=600, clothes=GREEN_GREY)
    start, speed = (1300, -speed) if leftwards else (-20, speed)
    walker = Walk(start=start, speed=speed, height=400 * nearer, feet=620, clothes=WHITE_BLUE)
    ticks = int(1320 / abs(speed)) + 1
    identities, truth = follow([patient, walker], ticks, seed=seed)
    assert len(identities) == 2
    assert sorted(map(sorted, purity(truth).values())) == [[0], [1]]


@settings(max_examples=25, deadline=None)
@given(speed=st.floats(10, 25), seed=st.integers(0, 2**16))
def test_movement_alone_keeps_identities_apart_when_clothes_are_unknown(
    speed: float, seed: int
) -> None:
    patient = Walk(start=640, speed=0, height=400, feet=600, clothes=GREEN_GREY)
    walker = Walk(start=-20, speed=speed, height=460, feet=630, clothes=GREEN_GREY)
    identities, truth = follow([patient, walker], int(1320 / speed), seed=seed, clothes=False)
    assert len(identities) == 2
    assert sorted(map(sorted, purity(truth).values())) == [[0], [1]]


@pytest.mark.parametrize("hidden", [range(0), range(34, 44)])
def test_two_walkers_who_cross_keep_their_identities(hidden: range) -> None:
    left = Walk(start=100, speed=14, height=400, feet=600, clothes=GREEN_GREY)
    right = Walk(start=1180, speed=-14, height=420, feet=610, clothes=WHITE_BLUE)
    identities, truth = follow([left, right], 78, absent=hidden, clothes=False)
    assert len(identities) == 2
    assert sorted(map(sorted, purity(truth).values())) == [[0], [1]]


def test_clothes_tell_two_who_meet_and_turn_back_from_two_who_pass() -> None:
    left = Walk(start=100, speed=14, height=400, feet=600, clothes=GREEN_GREY, back=37)
    right = Walk(start=1180, speed=-14, height=420, feet=610, clothes=WHITE_BLUE, back=37)
    identities, truth = follow([left, right], 74, absent=range(35, 40))
    assert len(identities) == 2
    assert sorted(map(sorted, purity(truth).values())) == [[0], [1]]


def test_after_a_long_absence_clothes_tell_who_came_back() -> None:
    rng = np.random.default_rng(0)
    tracker = Tracker()
    for tick in range(200):
        green, white = (400, 800) if tick < 60 else (800, 400)  # they change places meanwhile
        people = [
            Walk(start=green, speed=0, height=400, feet=600, clothes=GREEN_GREY),
            Walk(start=white, speed=0, height=400, feet=600, clothes=WHITE_BLUE),
        ]
        if not 60 <= tick < 150:
            found, colours, _ = detections(people, tick, rng)
            tracker.step(tick, found, colours)
    identities = link(tracker.tracklets)
    assert [len(tracklets) for tracklets in identities] == [2, 2]
    for tracklets in identities:
        places = [tracklet.keypoints[0][0, 0] > 600 for tracklet in tracklets]
        assert places[0] != places[1]


def test_another_person_at_the_same_place_later_is_another_person() -> None:
    rng = np.random.default_rng(3)
    tracker = Tracker()
    for tick in range(160):
        clothes = GREEN_GREY if tick < 60 else WHITE_BLUE
        standing = Walk(start=640, speed=0, height=400, feet=600, clothes=clothes)
        if not 60 <= tick < 100:
            found, colours, _ = detections([standing], tick, rng)
            tracker.step(tick, found, colours)
    assert len(link(tracker.tracklets)) == 2


def test_a_faint_thing_beside_a_person_who_left_does_not_inherit_the_identity() -> None:
    rng = np.random.default_rng(5)
    patient = Walk(start=640, speed=0, height=400, feet=600, clothes=GREEN_GREY)
    chair = Walk(start=760, speed=0, height=220, feet=600, clothes=GREEN_GREY)
    tracker = Tracker()
    for tick in range(90):
        found, colours, _ = detections([patient if tick < 45 else chair], tick, rng)
        if tick >= 45:
            found = found._replace(scores=np.array([0.15], np.float32))
        tracker.step(tick, found, colours)
    assert [tracklet.ticks[-1] for tracklet in tracker.tracklets] == [44]


def test_a_person_who_is_seen_faintly_for_a_while_stays_the_same() -> None:
    rng = np.random.default_rng(6)
    patient = Walk(start=300, speed=6, height=400, feet=600, clothes=GREEN_GREY)
    tracker = Tracker()
    for tick in range(90):
        found, colours, _ = detections([patient], tick, rng)
        if 30 <= tick < 60:
            found = found._replace(scores=np.array([0.15], np.float32))
        tracker.step(tick, found, colours)
    assert [len(tracklet.ticks) for tracklet in tracker.tracklets] == [90]


def test_a_second_weaker_finding_of_the_same_person_is_dropped() -> None:
    pose = Walk(start=300, speed=0, height=300, feet=400, clothes=GREEN_GREY).pose(0)
    near = pose.copy()
    near[:, :2] += 4
    other = pose.copy()
    other[:, 0] += 150
    found = Detections(
        np.stack([near, pose, other]), np.zeros((3, 4), np.float32), np.array([0.3, 0.6, 0.5])
    )
    kept = without_duplicates(found)
    assert kept.scores.tolist() == [0.6, 0.5]


def _people(people: list[Walk], ticks: int, absent: range = range(0)) -> People:
    identities, _ = follow(people, ticks, absent=absent)
    return assemble(identities, ticks=ticks, width=1280, height=720, scale=ONE)


def test_short_gaps_are_interpolated_at_half_confidence_and_long_ones_stay_empty() -> None:
    walker = Walk(start=200, speed=4, height=400, feet=600, clothes=GREEN_GREY)
    people = _people([walker], 120, absent=range(30, 40))
    joints = people.keypoints[0]
    assert np.isfinite(joints).all()
    middle = joints[35]
    assert middle[5:, 2] == pytest.approx(0.35)
    assert np.abs(middle[11, :2] - walker.pose(35)[11, :2]).max() < 15

    people = _people([walker], 120, absent=range(30, 60))
    assert len(people.person_ids) == 1
    assert np.isnan(people.boxes[0, 30:60]).all()
    assert not people.keypoints[0, 30:60, :, 2].any()
    assert people.seconds(0) == pytest.approx(6.0)


def test_somebody_seen_for_a_moment_is_dropped() -> None:
    patient = Walk(start=640, speed=0, height=400, feet=600, clothes=GREEN_GREY)
    identities, _ = follow([patient], 100)
    flash, _ = follow([Walk(start=200, speed=0, height=300, feet=500, clothes=WHITE_BLUE)], 10)
    people = assemble(identities + flash, ticks=100, width=1280, height=720, scale=ONE)
    assert people.person_ids.tolist() == [0]


def test_the_patient_is_the_most_present_large_and_central_person() -> None:
    patient = Walk(start=640, speed=0, height=420, feet=600, clothes=GREEN_GREY)
    bystander = Walk(start=1200, speed=0, height=400, feet=600, clothes=WHITE_BLUE)
    people = _people([bystander, patient], 100)
    chosen = people.boxes[people.row(people.patient())]
    assert abs(chosen[:, [0, 2]].mean() - 640) < 20


def test_nobody_in_the_video_is_said_plainly() -> None:
    people = assemble([], ticks=30, width=640, height=360, scale=ONE)
    with pytest.raises(PoseError, match="No person was found in this video"):
        people.patient()
    with pytest.raises(PoseError, match="Person 4 is not in this recording"):
        people.row(4)


def test_people_are_the_same_after_saving_and_loading(tmp_path) -> None:  # type: ignore[no-untyped-def]
    people = _people([Walk(start=200, speed=4, height=400, feet=600, clothes=GREEN_GREY)], 40)
    people.save(tmp_path / "people.npz")
    loaded = People.load(tmp_path / "people.npz")
    assert (loaded.width, loaded.height) == (1280, 720)
    assert np.array_equal(loaded.keypoints, people.keypoints, equal_nan=True)
    assert np.array_equal(loaded.boxes, people.boxes, equal_nan=True)
    assert [path.name for path in tmp_path.iterdir()] == ["people.npz"]
