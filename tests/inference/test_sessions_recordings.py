"""Recorded movement is repaired and put on the floor."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference.synthesis.recordings import (
    ANKLE_HEIGHT_M,
    RecordingsError,
    in_words,
    load_recordings,
    on_floor,
    repair,
)


def standing(frames: int) -> np.ndarray:
    """(frames, 17, 3) a body that sways slowly; ankles 0.3 m above where the floor should be."""
    rng = np.random.default_rng(0)
    body = rng.normal(0, 0.2, (17, 3)) + np.linspace(1.7, 0.3, 17)[:, None] * [0, 0, 1]
    body[15:, 2] = 0.375
    sway = 0.02 * np.sin(np.arange(frames) / 20)[:, None, None] * np.array([1.0, 0.5, 0.0])
    return (body + sway + [1.0, -0.5, 0.0]).astype(np.float32)


def test_a_marker_that_was_elsewhere_for_a_moment_is_put_back() -> None:
    truth = standing(300)
    for span in (slice(0, 9), slice(120, 140), slice(295, 300)):
        broken = truth.copy()
        broken[span, 12] += [0.1, 0.7, -0.3]
        np.testing.assert_allclose(repair(broken), truth, atol=0.02)


def test_fast_movement_is_left_alone() -> None:
    kick = standing(300)
    kick[:, 16, 0] += 0.9 * np.sin(np.arange(300) / 6)
    np.testing.assert_array_equal(repair(kick), kick)


def test_the_body_stands_on_the_floor_under_its_hips() -> None:
    joints = on_floor(standing(100))
    assert joints[:, 15:, 2].min() == pytest.approx(ANKLE_HEIGHT_M, abs=1e-3)
    np.testing.assert_allclose(
        np.median(joints[:, 11:13].mean(axis=1)[:, :2], axis=0), 0, atol=0.01
    )


def described() -> list[dict[str, Any]]:
    """Two takes, of subjects 1 and 2."""
    return [
        {"key": key, "exercise": "deep_squat", "subject": subject, "correct": True, "fps": 30,
         "frames": 60, "repetitions": [[0.0, 1.0], [1.0, 2.0]]}
        for key, subject in (("a", 1), ("b", 2))
    ]  # fmt: skip


def test_recordings_are_chosen_by_subject(tmp_path: Path) -> None:
    (tmp_path / "recordings.json").write_text(json.dumps(described()))
    np.savez(tmp_path / "motions.npz", a=standing(60), b=standing(60))
    found = load_recordings(tmp_path / "motions.npz", tmp_path / "recordings.json", {2})
    assert [r.key for r in found] == ["b"]
    assert [(x.name, x.start_s, x.end_s) for x in found[0].motion.labels] == [
        ("deep_squat", 0.0, 1.0),
        ("deep_squat", 1.0, 2.0),
    ]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({2, 12}, r"Subject 12 is not in .*recordings.json; it has 1 and 2\."),
        ({3, 4, 5}, r"Subjects 3 to 5 are not in .*recordings.json; it has 1 and 2\."),
    ],
)
def test_people_who_were_not_recorded_are_named(tmp_path: Path, asked: set[int], said: str) -> None:
    (tmp_path / "recordings.json").write_text(json.dumps(described()))
    np.savez(tmp_path / "motions.npz", a=standing(60), b=standing(60))
    with pytest.raises(RecordingsError, match=said):
        load_recordings(tmp_path / "motions.npz", tmp_path / "recordings.json", asked)


def test_people_are_counted_in_words() -> None:
    groups = ((), (3,), (8, 7), (3, 1, 2), (1, 2, 5))
    words = ["nobody", "3", "7 and 8", "1 to 3", "1, 2 and 5"]
    assert [in_words(group) for group in groups] == words


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingsError, match=r"There is no file .*motions.npz\."):
        load_recordings(tmp_path / "motions.npz", tmp_path / "recordings.json", {1})
    np.savez(tmp_path / "motions.npz", a=standing(60))
    with pytest.raises(RecordingsError, match=r"There is no file .*recordings.json\."):
        load_recordings(tmp_path / "motions.npz", tmp_path / "recordings.json", {1})


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("fps", 0, "a has an impossible rate"),
        ("repetitions", [[1.0, 1.0]], "a lasts 2.00 s and has a repetition that lies beyond"),
        ("repetitions", [[-1.0, 1.0]], "a lasts 2.00 s"),
        ("repetitions", [[2.0, 3.0]], "a lasts 2.00 s"),
    ],
)
def test_impossible_times_are_said(tmp_path: Path, field: str, value: Any, said: str) -> None:
    entries = described()
    entries[0][field] = value
    (tmp_path / "recordings.json").write_text(json.dumps(entries))
    np.savez(tmp_path / "motions.npz", a=standing(60), b=standing(60))
    with pytest.raises(RecordingsError, match=said):
        load_recordings(tmp_path / "motions.npz", tmp_path / "recordings.json", {1})


def test_joints_that_are_nowhere_are_said(tmp_path: Path) -> None:
    joints = standing(60)
    joints[30, 5, 2] = np.nan
    (tmp_path / "recordings.json").write_text(json.dumps(described()))
    np.savez(tmp_path / "motions.npz", a=joints, b=standing(60))
    with pytest.raises(RecordingsError, match=r"Recording a has joints without a place \(NaN\)"):
        load_recordings(tmp_path / "motions.npz", tmp_path / "recordings.json", {1})


@pytest.mark.parametrize(
    "broken", ["text", "empty", "half", "objects", "shape", "numbers", "keys", "json", "fields"]
)
def test_what_holds_no_recorded_motions_is_said_to_in_a_sentence(
    tmp_path: Path, broken: str
) -> None:
    npz, index, entries = tmp_path / "motions.npz", tmp_path / "recordings.json", described()
    arrays: dict[str, Any] = {"a": standing(60), "b": standing(60)}
    match broken:
        case "objects":
            arrays["b"] = np.array([{"x": 1}], dtype=object)
        case "shape":
            arrays["b"] = standing(60)[:, :13]
        case "numbers":
            arrays["b"] = standing(60).astype(int)
        case "keys":
            del arrays["b"]
        case "fields":
            del entries[1]["fps"]
    np.savez(npz, **arrays)
    index.write_text("[{" if broken == "json" else json.dumps(entries))
    whole = npz.read_bytes()
    contents = {"text": b"hello", "empty": b"", "half": whole[: len(whole) // 2]}
    npz.write_bytes(contents.get(broken, whole))
    with pytest.raises(RecordingsError, match="hold no recorded motions: ") as refused:
        load_recordings(npz, index, {2})
    assert "pickle" not in str(refused.value)
