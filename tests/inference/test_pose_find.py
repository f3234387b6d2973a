"""Pass 1 on whole videos: everybody keeps one identity, and work can be stopped."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inference.pose.find import find_people
from inference.pose.people import PoseError
from inference.progress import Cancelled
from inference.video.clock import MODEL_HZ, ticks
from inference.video.probe import read_index
from tests.inference.filmed import hidden_patient, movenet, real_clip
from tests.video_files import write_video


def test_two_people_of_the_real_clip_keep_their_identities() -> None:
    people = real_clip().people
    assert len(people.person_ids) == 2
    middle = (people.boxes[:, :, :2] + people.boxes[:, :, 2:]) / 2
    man, woman = middle
    on_the_roof = slice(0, 45)  # ticks: he stands up there, above everything she reaches
    assert np.nanmax(man[on_the_roof, 1]) < 400 < np.nanmin(woman[:, 1])
    steps = np.diff(woman[np.isfinite(woman[:, 0]), 0])
    assert np.median(steps) < -5 and steps.max() < 60  # she walks to the left all the time
    after_the_jump = man[98:, 0]  # found again on the ground, walking to the right
    assert np.isfinite(after_the_jump).sum() > 8
    assert np.nanmin(after_the_jump) > 900


def test_the_clock_is_that_of_the_model() -> None:
    film = real_clip()
    assert len(film.people.times) == len(ticks(film.index.times))
    assert np.allclose(np.diff(film.people.times), 1 / MODEL_HZ)


def test_a_person_who_is_hidden_by_another_keeps_the_identity() -> None:
    film = hidden_patient()
    people = film.people
    assert len(people.person_ids) == 2
    patient = people.patient()
    passer = next(int(i) for i in people.person_ids if i != patient)
    truth_patient, truth_passer = film.truth
    torso = np.nanmedian(np.abs(truth_patient[:, 5:7].mean(1) - truth_patient[:, 11:13].mean(1)))
    for person, truth in ((patient, truth_patient), (passer, truth_passer)):
        joints = people.keypoints[people.row(person)]
        seen = np.isfinite(joints[:, 0, 0]) & np.isfinite(truth[:, 0, 0])
        trunk = [5, 6, 11, 12]
        wrong = np.abs(joints[seen][:, trunk, :2] - truth[seen][:, trunk]).mean(axis=(1, 2))
        assert (wrong < torso).mean() > 0.97
    assert people.seconds(patient) > 0.95 * film.index.duration
    apart = np.abs(truth_patient[:, :, 0].mean(axis=1) - truth_passer[:, :, 0].mean(axis=1))
    assert np.nanmin(apart) < 10  # they really were one behind the other


def test_a_chosen_person_is_known_again_when_people_are_counted_anew() -> None:
    people = real_clip().people
    jitter = np.random.default_rng(0).normal(0, 4, people.boxes.shape).astype(np.float32)
    stranger = np.full_like(people.boxes[:1], np.nan)
    stranger[0, :16] = [5, 5, 40, 90]  # just long enough to be counted, and the first to appear
    anew = replace(
        people,
        person_ids=np.arange(3),
        keypoints=np.concatenate([people.keypoints[:1], people.keypoints]),
        boxes=np.concatenate([stranger, people.boxes + jitter]),
    )
    sightings = [people.sighting(person) for person in (0, 1)]
    assert [people.who(sighting) for sighting in sightings] == [0, 1]
    assert [anew.who(sighting) for sighting in sightings] == [1, 2]
    without = replace(anew, person_ids=np.arange(1), boxes=stranger, keypoints=anew.keypoints[:1])
    with pytest.raises(PoseError, match="Choose the patient again"):
        without.who(sightings[0])


def test_progress_counts_seconds_and_stops_the_work(tmp_path: Path) -> None:
    film = real_clip()
    reports: list[tuple[float, float]] = []
    stopped_at = 0.0

    def report(done: float, total: float) -> None:
        nonlocal stopped_at
        reports.append((done, total))
        if done > 1:
            stopped_at = time.monotonic()
            raise Cancelled

    with pytest.raises(Cancelled):
        find_people(film.path, film.index, movenet(), report)
    assert time.monotonic() - stopped_at < 1.5
    done = [entry[0] for entry in reports]
    assert done == sorted(done)
    assert {entry[1] for entry in reports} == {film.index.duration}


def test_a_video_without_people_says_so(tmp_path: Path) -> None:
    path = tmp_path / "nobody.mp4"
    write_video(path, frames=12, fps=5)  # each frame stays for three ticks
    index = read_index(path)
    assert len(ticks(index.times)) == 36
    people = find_people(path, index, movenet())
    assert people.keypoints.shape == (0, len(ticks(index.times)), 17, 3)
    with pytest.raises(PoseError, match="No person was found"):
        people.patient()
