"""What the library says about a video in each of its states."""

from typing import Any

import pytest

from db.models import Job, Patient, Video
from review_app.video_rows import Action, being_made, clock, file_size, row


def video(**changed: Any) -> Video:
    fields: dict[str, Any] = {
        "id": 1,
        "original_name": "walk.mp4",
        "patient": Patient(pseudonym="P-01"),
        "size_bytes": 12_300_000,
        "state": "ready",
        "width": 1280,
        "height": 720,
        "frame_count": 1798,
        "duration_s": 60.0,
    }
    return Video(**{**fields, **changed})


def job(**changed: Any) -> Job:
    fields: dict[str, Any] = {
        "id": "j",
        "kind": "propose",
        "state": "done",
        "stage": None,
        "done": 0.0,
        "total": 0.0,
        "cancel_requested": False,
    }
    return Job(**{**fields, **changed})


IMPORTING = {"state": "importing", "width": None, "duration_s": None, "frame_count": None}


@pytest.mark.parametrize(
    ("its_video", "its_job", "state", "actions"),
    [
        (video(**IMPORTING), job(kind="import", state="queued"), "Waiting", [Action.CANCEL]),
        (video(**IMPORTING), job(kind="import", state="running"), "Importing", [Action.CANCEL]),
        (
            video(**IMPORTING),
            job(kind="import", state="cancelled"),
            "Not imported",
            [Action.RETRY, Action.DELETE],
        ),
        (
            video(state="failed", message="It is empty."),
            job(kind="import", state="failed", message="It is empty."),
            "Failed",
            [Action.RETRY, Action.DELETE],
        ),
        (
            video(),
            job(kind="import"),
            "No proposals",
            [Action.REVIEW, Action.PROPOSE, Action.DELETE],
        ),
        (video(), job(state="running"), "Proposing", [Action.REVIEW, Action.CANCEL]),
        (video(), job(), "Ready", [Action.REVIEW, Action.PROPOSE, Action.DELETE]),
        (
            video(),
            job(state="failed", message="Nobody was found."),
            "No proposals",
            [Action.REVIEW, Action.RETRY, Action.DELETE],
        ),
        (video(), None, "No proposals", [Action.REVIEW, Action.PROPOSE, Action.DELETE]),
    ],
)
def test_states(its_video: Video, its_job: Job | None, state: str, actions: list[Action]) -> None:
    line = row(its_video, its_job)
    assert (line.state, list(line.actions)) == (state, actions)
    assert (line.share is not None) == (state in ("Waiting", "Importing", "Proposing"))


def test_what_went_wrong_is_on_the_row() -> None:
    failed = row(video(state="failed", message="It is empty."), None)
    assert (failed.message, failed.serious) == ("It is empty.", True)
    no_person = row(video(), job(state="failed", message="Nobody was found."))
    assert (no_person.message, no_person.serious) == ("Nobody was found.", True)
    warned = row(video(message="The end cannot be read."), job())
    assert (warned.message, warned.serious) == ("The end cannot be read.", False)


def test_facts() -> None:
    assert row(video(), None).about == "P-01 · 1:00 · 1280 x 720 · 30 fps · 12.3 MB"
    assert row(video(**IMPORTING), None).about == "P-01 · 12.3 MB"


def test_progress() -> None:
    running = {"state": "running", "stage": "Finding people", "done": 30.0, "total": 60.0}
    line = row(video(), job(**running, speed=2.5, remaining_s=75))
    assert line.progress == "Finding people · 50% · 2.5x real time · 1:15 left"
    assert line.share == 0.5
    assert row(video(), job(state="queued")).progress == "Waiting for its turn"
    assert row(video(), job(**running, speed=None, remaining_s=None)).progress.endswith("50%")
    assert row(video(), job(**running | {"cancel_requested": True})).progress == "Stopping"


def test_units() -> None:
    assert [clock(s) for s in (0, 7.4, 61, 3723)] == ["0:00", "0:07", "1:01", "1:02:03"]
    assert [file_size(b) for b in (1, 2_600, 5_400_000, 4_100_000_000)] == [
        "1 kB",
        "3 kB",
        "5.4 MB",
        "4.1 GB",
    ]


def test_a_demo_recording_that_is_still_being_made() -> None:
    fields: dict[str, Any] = {"kind": "import", "settings": {"demo": "01 squats"}}
    running = being_made(job(**fields, state="running", stage="Making", done=1.0, total=4.0))
    assert (running.name, running.state, running.share) == ("01 squats", "Importing", 0.25)
    assert running.actions == (Action.CANCEL,)
    failed = being_made(job(**fields, state="failed", message="The disk is full."))
    assert (failed.message, failed.serious) == ("The disk is full.", True)
    assert failed.actions == (Action.RETRY,) and failed.share is None
