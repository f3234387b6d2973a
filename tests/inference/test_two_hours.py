"""Two hours of video (108,000 ticks) stay below 2 GB: what grows with the length is small."""

import resource
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from inference.features.r2plus1d import r2plus1d_12
from inference.features.stream import FeatureStream
from inference.pose.identity import Tracker, Tracklet
from inference.pose.link import link
from inference.pose.people import People, assemble
from inference.pose.store import PoseWriter, load_pose
from inference.progress import Cancelled
from tests.inference.moving_people import GREEN_GREY, WHITE_BLUE, Walk, detections

TWO_HOURS = 108_000
MEGABYTE = 1_000_000


@pytest.fixture
def memory() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


def tracklet(first: int, ticks: int, walk: Walk, rng: np.random.Generator) -> Tracklet:
    made = Tracklet()
    for tick in range(first, first + ticks):
        clothes = walk.clothes + rng.normal(0, 2, 6)
        made.add(tick, walk.pose(tick), clothes.astype(np.float32))
    return made


def test_following_people_keeps_little_of_each_tick(memory: None) -> None:
    rng = np.random.default_rng(0)
    people = [
        Walk(start=200 + 400 * n, speed=0, height=400, feet=600, clothes=GREEN_GREY + 6 * n)
        for n in range(3)
    ]
    tracker = Tracker()
    seen = [0]
    for tick in range(700):
        found, colours, _ = detections(people, tick, rng)
        tracker.step(tick, found, colours)
        if tick in (199, 699):
            seen.append(tracemalloc.get_traced_memory()[0])
    per_person_and_tick = (seen[2] - seen[1]) / 500 / len(people)
    assert per_person_and_tick < 300
    assert per_person_and_tick * 6 * TWO_HOURS < 200 * MEGABYTE  # the network finds up to six


def test_thousands_of_tracklets_are_linked_quickly_and_say_so() -> None:
    rng = np.random.default_rng(0)
    green = Walk(start=400, speed=0, height=400, feet=600, clothes=GREEN_GREY)
    white = Walk(start=800, speed=0, height=400, feet=600, clothes=WHITE_BLUE)
    tracklets = [
        tracklet(36 * n + late, 6, person, rng)
        for n in range(1000)
        for person, late in ((green, 0), (white, 3))
    ]
    tracemalloc.start()
    reports = [time.monotonic()]
    people = link(tracklets, lambda: reports.append(time.monotonic()))
    reports.append(time.monotonic())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * MEGABYTE
    assert [len(person) for person in people] == [1000, 1000]
    assert max(np.diff(reports)) < 1.0


def test_linking_stops_when_it_is_told_to() -> None:
    rng = np.random.default_rng(0)
    green = Walk(start=400, speed=0, height=400, feet=600, clothes=GREEN_GREY)
    calls = []

    def stop_at_the_third() -> None:
        calls.append(1)
        if len(calls) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        link([tracklet(36 * n, 6, green, rng) for n in range(5)], stop_at_the_third)


def test_everybody_of_two_hours_fits_into_memory(memory: None) -> None:
    rng = np.random.default_rng(0)
    green = Walk(start=400, speed=0, height=400, feet=600, clothes=GREEN_GREY)
    part = tracklet(0, 2000, green, rng)
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    people = assemble(
        [[part]] * 8, ticks=2000, width=1280, height=720, scale=np.ones(2, np.float32)
    )
    assert len(people.person_ids) == 8
    peak = (tracemalloc.get_traced_memory()[1] - before) / 2000
    assert peak * TWO_HOURS < 400 * MEGABYTE


def test_thousands_of_short_gaps_are_filled_without_a_silence() -> None:
    rng = np.random.default_rng(0)
    green = Walk(start=400, speed=0, height=400, feet=600, clothes=GREEN_GREY)
    flickering = tracklet(0, 10_000, green, rng)
    for number in range(10_000):
        flickering.ticks[number] = 5 * number  # seen at every fifth tick of an hour
    reports = [time.monotonic()]
    people = assemble(
        [[flickering]] * 4,
        ticks=50_000,
        width=1280,
        height=720,
        scale=np.ones(2, np.float32),
        alive=lambda: reports.append(time.monotonic()),
    )
    reports.append(time.monotonic())
    assert len(reports) == 6 and max(np.diff(reports)) < 0.5
    assert np.isfinite(people.boxes[:, :49_996]).all()
    assert people.keypoints[0, 7, 5:, 2] == pytest.approx(0.35)


def test_two_hours_of_people_are_stored_without_a_silence(tmp_path: Path) -> None:
    keypoints = np.random.default_rng(0).normal(400, 100, (2, TWO_HOURS, 17, 3))
    people = People(
        width=1280,
        height=720,
        times=np.arange(TWO_HOURS) / 15,
        person_ids=np.arange(2),
        keypoints=keypoints.astype(np.float32),
        boxes=np.zeros((2, TWO_HOURS, 4), np.float32),
    )
    reports = [time.monotonic()]
    people.save(tmp_path / "people.npz", lambda: reports.append(time.monotonic()))
    assert max(np.diff(reports)) < 2.0 and len(reports) > 4
    assert np.array_equal(People.load(tmp_path / "people.npz").keypoints, people.keypoints)

    def stop() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        people.save(tmp_path / "other.npz", stop)
    assert [path.name for path in tmp_path.iterdir()] == ["people.npz"]


def test_heatmaps_are_written_and_read_block_by_block(memory: None, tmp_path: Path) -> None:
    heatmaps = np.zeros((17, 32, 32), np.uint8)
    heatmaps[:, 10:14, 10:14] = 200
    ticks, seen = 5000, []
    with PoseWriter(tmp_path / "pose.npz") as writer:
        for tick in range(ticks):
            writer.add(heatmaps.copy())
            if tick == 500:
                tracemalloc.reset_peak()
                seen.append(tracemalloc.get_traced_memory()[0])
        seen.append(tracemalloc.get_traced_memory()[1])
        writer.finish(
            times=np.arange(ticks) / 15,
            keypoints=np.zeros((ticks, 17, 3), np.float32),
            boxes=np.zeros((ticks, 4), np.float32),
            crops=np.zeros((ticks, 3), np.float32),
        )
    assert seen[1] - seen[0] < 5 * MEGABYTE
    pose = load_pose(tmp_path / "pose.npz")
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    for start in range(0, ticks, 96):
        pose.heatmaps[start : start + 96]
    assert tracemalloc.get_traced_memory()[1] - before < 12 * MEGABYTE


def test_features_of_any_length_need_the_same_memory() -> None:
    stream = FeatureStream(r2plus1d_12(17))
    peaks = []
    for piece in range(24):
        stream.push(torch.zeros(1, 17, 32, 32, 32), last=piece == 23)
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    assert peaks[-1] - peaks[5] < 20_000  # kilobytes
