"""Pass 2: joints from close up, heatmaps of nobody else, stored piece by piece."""

import resource
from pathlib import Path

import numpy as np
import pytest

from inference.pose.boxes import joint_boxes
from inference.pose.crop import crop_windows
from inference.pose.estimator import Detections
from inference.pose.movenet import MoveNet
from inference.pose.people import PoseError
from inference.pose.refine import combine, cut_out, load_pose, refine
from inference.pose.store import PoseWriter, StoredHeatmaps
from inference.progress import Cancelled
from inference.weights import fetched
from tests.inference.filmed import hidden_patient, hidden_patient_pose, movenet
from tests.inference.moving_people import GREEN_GREY, Walk
from tests.inference.real_files import real_file


def test_joints_are_close_to_where_the_mannequin_really_is() -> None:
    track, (truth, _) = hidden_patient_pose(), hidden_patient().truth
    torso = np.linalg.norm(truth[:, 5:7].mean(1) - truth[:, 11:13].mean(1), axis=1).mean()
    seen = np.isfinite(truth[:, 0, 0]) & (track.keypoints[:, :, 2].max(axis=1) > 0)
    away = np.linalg.norm(track.keypoints[seen][:, :, :2] - truth[seen], axis=2) / torso
    sure = track.keypoints[seen][:, :, 2] > 0.3
    assert seen.mean() > 0.95
    assert (away[sure] < 0.2).mean() > 0.95
    assert track.keypoints[seen][:, :, 2].mean() > 0.6


def test_the_track_has_the_shapes_that_stage_2_expects() -> None:
    track = hidden_patient_pose()
    count = len(track.times)
    assert track.keypoints.shape == (count, 17, 3) and track.keypoints.dtype == np.float32
    assert track.boxes.shape == (count, 4) and np.isfinite(track.boxes).all()
    assert track.crops.shape == (count, 3) and track.crops.dtype == np.float32
    assert isinstance(track.heatmaps, StoredHeatmaps) and len(track.heatmaps) == count
    assert track.heatmaps.shape == (count, 17, 32, 32)
    assert track.heatmaps[3:9].shape == (6, 17, 32, 32) and track.heatmaps[3:9].dtype == np.uint8
    assert np.array_equal(np.asarray(track.heatmaps)[4], track.heatmaps[4])


def test_heatmaps_lie_on_the_crop_at_the_joints() -> None:
    track = hidden_patient_pose()
    heatmaps = track.heatmaps[:]
    corner = track.crops[:, None, :2] - track.crops[:, None, 2:] / 2
    cells = (track.keypoints[:, :, :2] - corner) / track.crops[:, None, 2:] * 32
    peaks = heatmaps.reshape(len(heatmaps), 17, -1).argmax(axis=2)
    rows, columns = np.divmod(peaks, 32)
    sure = track.keypoints[:, :, 2] > 0.4
    assert np.abs(columns + 0.5 - cells[..., 0])[sure].mean() < 0.6
    assert np.abs(rows + 0.5 - cells[..., 1])[sure].mean() < 0.6
    strength = heatmaps.max(axis=(2, 3)) / 255
    assert (strength <= 1.4 * track.keypoints[:, :, 2] + 0.01).all()


def test_another_person_in_the_crop_leaves_no_trace() -> None:
    heatmaps = np.zeros((64, 64, 17), np.float32)
    heatmaps[20, 20, 9] = 0.8  # the person's wrist
    heatmaps[20, 40, 9] = 0.9  # somebody else's
    pose = np.full((17, 3), 82.0, np.float32)
    pose[:, 2] = 0.8
    kept = cut_out(heatmaps, pose)
    assert kept.shape == (17, 32, 32)
    assert kept[9, 10, 10] == round(0.8 * 255)
    assert np.count_nonzero(kept) == 1


def test_a_hidden_joint_does_not_get_the_heatmap_of_whoever_hides_it() -> None:
    heatmaps = np.full((64, 64, 17), 0.9, np.float32)
    pose = np.full((17, 3), 82.0, np.float32)
    pose[:, 2] = 0.1
    assert cut_out(heatmaps, pose).max() < 0.15 * 255


def test_the_person_in_front_is_not_taken_for_the_hidden_patient() -> None:
    expected = Walk(start=128, speed=0, height=180, feet=220, clothes=GREEN_GREY).pose(0)
    in_front = Walk(start=140, speed=0, height=200, feet=230, clothes=GREEN_GREY).pose(0)
    found = Detections(in_front[None], joint_boxes(in_front[None]), np.array([0.7], np.float32))
    hidden = combine(expected, in_front[None], found)
    assert np.array_equal(hidden, expected)
    alone = combine(expected, np.zeros((0, 17, 3), np.float32), found)
    assert np.array_equal(alone, in_front)


def test_a_joint_seen_much_better_from_afar_stays() -> None:
    expected = Walk(start=128, speed=0, height=180, feet=220, clothes=GREEN_GREY).pose(0)
    closer = expected.copy()
    closer[:, :2] += 2
    closer[9, 2] = 0.1
    found = Detections(closer[None], joint_boxes(closer[None]), np.array([0.7], np.float32))
    pose = combine(expected, np.zeros((0, 17, 3), np.float32), found)
    assert np.array_equal(pose[9], expected[9])
    assert np.array_equal(pose[10], closer[10])


def test_crops_hold_the_patient_in_every_tick() -> None:
    film, track = hidden_patient(), hidden_patient_pose()
    assert np.allclose(track.crops, crop_windows(film.people.boxes[film.people.patient()]))
    half = track.crops[:, None, 2:] / 2
    inside = np.abs(track.keypoints[:, :, :2] - track.crops[:, None, :2]) <= half
    assert inside.all()


def test_looking_at_many_crops_at_a_time_gives_the_same_pose(tmp_path: Path) -> None:
    film, single = hidden_patient(), hidden_patient_pose()
    in_batches = MoveNet(real_file(fetched.MOVENET))
    in_batches.batch = 7  # not a divisor of the number of ticks
    person = film.people.patient()
    out = tmp_path / "pose.npz"
    track = refine(film.path, film.index, film.people, person, in_batches, out)
    assert np.array_equal(track.keypoints, single.keypoints)
    assert np.array_equal(track.heatmaps[:], single.heatmaps[:])


def test_stopping_leaves_no_file_behind(tmp_path: Path) -> None:
    film = hidden_patient()

    def stop(done: float, total: float) -> None:
        if done > 0.5:
            raise Cancelled

    out = tmp_path / "pose.npz"
    with pytest.raises(Cancelled):
        refine(film.path, film.index, film.people, film.people.patient(), movenet(), out, stop)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_said_plainly_and_leaves_no_file(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    rng = np.random.default_rng(0)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, hard))
    try:
        with (
            pytest.raises(PoseError, match="Free some space"),
            PoseWriter(tmp_path / "pose.npz") as writer,
        ):
            for _ in range(100):
                writer.add(rng.integers(0, 255, (17, 32, 32), np.uint8))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


def test_a_person_who_is_not_there_is_refused_before_any_work(tmp_path: Path) -> None:
    film = hidden_patient()
    with pytest.raises(PoseError, match="Person 99"):
        refine(film.path, film.index, film.people, 99, movenet(), tmp_path / "pose.npz")


def test_a_damaged_file_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "pose.npz").write_bytes(b"not a zip")
    with pytest.raises(PoseError, match="propose again"):
        load_pose(tmp_path / "pose.npz")
