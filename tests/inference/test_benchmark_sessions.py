"""Sessions of the benchmark: of one person each, always the same, with what was asked for."""

import json
from pathlib import Path

import numpy as np
import pytest

from inference.benchmark.sessions import BenchmarkSessions, benchmark_sessions
from inference.synthesis.recordings import RecordingsError
from tests.inference.recorded_people import EXERCISES, write_recordings

Files = tuple[Path, Path]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return write_recordings(tmp_path_factory.mktemp("recorded"), subjects=(3, 4))


def made(
    files: Files,
    *subjects: int,
    seed: int = 1,
    sessions: int = 3,
    correct_only: bool = False,
) -> BenchmarkSessions:
    return benchmark_sessions(
        motions=files[0], recordings=files[1], subjects=subjects, seed=seed, sessions=sessions,
        correct_only=correct_only,
    )  # fmt: skip


def test_subjects_take_turns(files: Files) -> None:
    assert [session.subject for session in made(files, 4, 3)] == [4, 3, 4]
    assert [session.name for session in made(files, 3, 4)] == [
        "seed1-session0-subject3",
        "seed1-session1-subject4",
        "seed1-session2-subject3",
    ]


def test_a_session_depends_on_seed_number_and_subject_alone(files: Files) -> None:
    alone = made(files, 4, sessions=2)[1]
    both = made(files, 3, 4, sessions=9)[1]
    assert alone.motion.labels == both.motion.labels
    np.testing.assert_array_equal(alone.motion.joints, both.motion.joints)
    assert alone.camera == both.camera
    assert alone.observing().random() == both.observing().random()
    assert alone.filming().random() == both.filming().random()

    other_seed, other_number = made(files, 4, seed=2)[1], made(files, 4)[2]
    for other in (other_seed, other_number):
        assert other.motion.labels != alone.motion.labels
        assert other.camera != alone.camera
        assert other.observing().random() != alone.observing().random()


def test_only_what_was_done_correctly_if_so_wished(files: Files) -> None:
    def exercises(correct_only: bool) -> set[str]:
        sessions = made(files, 3, sessions=4, correct_only=correct_only)
        return {label.name for session in sessions for label in session.motion.labels}

    assert exercises(False) == set(EXERCISES)
    assert exercises(True) == set(EXERCISES[:-1])


def test_sessions_can_be_cut_and_end(files: Files) -> None:
    sessions = made(files, 3, 4)
    assert [session.number for session in sessions[1:]] == [1, 2]
    assert sessions[-1].number == 2
    with pytest.raises(IndexError):
        sessions[3]


def test_people_who_are_not_there_are_named(files: Files) -> None:
    with pytest.raises(RecordingsError, match=r"Subject 12 is not in .*; it has 3 and 4\."):
        made(files, 3, 12)


def test_people_with_nothing_to_show_are_named(tmp_path: Path) -> None:
    files = write_recordings(tmp_path, subjects=(3, 4))
    entries = json.loads(files[1].read_text())
    for entry in entries:
        if entry["subject"] == 4:
            entry["correct"] = False
    files[1].write_text(json.dumps(entries))
    assert len(made(files, 3, 4)) == 3
    with pytest.raises(RecordingsError, match="no recording with correct repetitions of subject 4"):
        made(files, 3, 4, correct_only=True)
    entries[0]["fps"] = 25
    files[1].write_text(json.dumps(entries))
    with pytest.raises(RecordingsError, match="of subject 3 have different rates"):
        made(files, 3, 4)
