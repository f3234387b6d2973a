"""What the library says about a video in each of its states."""

from typing import Any

import pytest

from db.models import Job, Patient, Video
from review_app.progress_text import progress_text
from review_app.units import clock, file_size
from review_app.video_rows import Action, coming, row


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
    line = row(its_video, its_job, proposed=state == "Ready")
    assert (line.state, list(line.actions)) == (state, actions)
    assert (line.share is not None) == (state in ("Waiting", "Importing", "Proposing"))


@pytest.mark.parametrize("ended", ["done", "cancelled", "failed"])
def test_proposals_that_are_there_stay_there(ended: str) -> None:
    assert row(video(), job(state=ended), proposed=True).state == "Ready"


def test_what_went_wrong_is_on_the_row() -> None:
    failed = row(video(state="failed", message="It is empty."), None, proposed=False)
    assert (failed.message, failed.serious) == ("It is empty.", True)
    no_person = row(video(), job(state="failed", message="Nobody was found."), proposed=False)
    assert (no_person.message, no_person.serious) == ("Nobody was found.", True)
    warned = row(video(message="The end cannot be read."), job(), proposed=True)
    assert (warned.message, warned.serious) == ("The end cannot be read.", False)


def test_facts() -> None:
    assert row(video(), None, proposed=False).about == "P-01 · 1:00 · 1280 x 720 · 30 fps · 12.3 MB"
    assert row(video(**IMPORTING), None, proposed=False).about == "P-01 · 12.3 MB"


def test_progress() -> None:
    running = {"state": "running", "stage": "Finding people", "done": 30.0, "total": 60.0}
    line = row(video(), job(**running, speed=2.5, remaining_s=75), proposed=False)
    assert line.progress == "Finding people · 50% · 2.5x real time · 1:15 left"
    assert line.share == 0.5
    assert progress_text(job(state="queued")) == "Waiting for its turn"
    assert progress_text(job(**running, speed=None, remaining_s=None)).endswith("50%")
    assert progress_text(job(**running | {"cancel_requested": True})) == "Stopping"
    reading = {"kind": "import", "state": "running", "stage": "Reading the video"}
    importing = job(**reading, done=3e6, total=12e6, speed=1.5e6, remaining_s=6)
    assert progress_text(importing) == "Reading the video · 25% · 1.5 MB/s · 0:06 left"
    training = job(kind="train", state="running", stage="Training", done=3.0, total=20.0, speed=0.1)
    training.metrics = [{"epoch": 3, "epochs": 20}]
    assert progress_text(training) == "Training · 15% · epoch 3 of 20 done"


def test_units() -> None:
    assert [clock(s) for s in (0, 7.4, 61, 3723)] == ["0:00", "0:07", "1:01", "1:02:03"]
    assert [file_size(b) for b in (1, 2_600, 5_400_000, 4_100_000_000)] == [
        "1 kB",
        "3 kB",
        "5.4 MB",
        "4.1 GB",
    ]


def test_a_demo_recording_that_is_still_coming() -> None:
    fields: dict[str, Any] = {"kind": "import", "settings": {"demo": "01 squats"}}
    running = coming(job(**fields, state="running", stage="Making", done=1.0, total=4.0))
    assert (running.name, running.state, running.share) == ("01 squats", "Importing", 0.25)
    assert running.actions == (Action.CANCEL,)
    failed = coming(job(**fields, state="failed", message="The disk is full."))
    assert (failed.message, failed.serious) == ("The disk is full.", True)
    assert failed.actions == (Action.RETRY,) and failed.share is None


def test_a_file_that_is_still_to_be_copied() -> None:
    fields: dict[str, Any] = {"kind": "import", "settings": {"name": "a.mp4", "file": "/in/a.mp4"}}
    line = coming(job(**fields, state="failed", message="This file is empty."))
    assert (line.name, line.state, line.about) == ("a.mp4", "Not imported", "From /in/a.mp4")
    assert (line.message, line.serious) == ("This file is empty.", True)
    assert line.actions == (Action.RETRY, Action.DELETE)
