"""Progress, cancelling and curves of jobs."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from db import jobs
from db.engine import reading, session
from db.models import Job
from db.types import now
from tests.db.desk import Desk, fresh_engine, set_up


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = set_up(fresh_engine(tmp_path))
    yield made
    made.engine.dispose()


def start(desk: Desk, job_id: str, *, kind: str = "propose", run: bool = True) -> None:
    with session(desk.engine) as opened:
        jobs.create(
            opened, id=job_id, kind=kind, project_id=desk.project_id, video_id=desk.video_id
        )
        if run:
            jobs.started(opened, job_id)


def get(desk: Desk, job_id: str) -> Job:
    with reading(desk.engine) as opened:
        job = jobs.get(opened, job_id)
    assert job is not None
    return job


def test_a_job_from_queued_to_done(desk: Desk) -> None:
    start(desk, "a", run=False)
    assert get(desk, "a").state == "queued"
    with session(desk.engine) as opened:
        jobs.started(opened, "a")
        jobs.report(opened, "a", stage="pose", done=3, total=60, speed=2.5, remaining_s=23)
    job = get(desk, "a")
    assert (job.state, job.stage, job.done, job.speed) == ("running", "pose", 3, 2.5)
    assert job.started_at is not None and job.heartbeat_at is not None
    with session(desk.engine) as opened:
        assert [job.id for job in jobs.active(opened, desk.project_id)] == ["a"]
        jobs.ended(opened, "a", state="failed", message="No person was found.")
        assert jobs.active(opened) == []
    job = get(desk, "a")
    assert (job.state, job.message, job.remaining_s) == ("failed", "No person was found.", None)
    with pytest.raises(ValueError, match="running"), session(desk.engine) as opened:
        jobs.ended(opened, "a", state="running")


def test_a_queued_job_is_cancelled_at_once_and_a_running_one_is_asked(desk: Desk) -> None:
    start(desk, "queued", run=False)
    start(desk, "running")
    with session(desk.engine) as opened:
        for job_id in ("queued", "running", "unknown"):
            jobs.request_cancel(opened, job_id)
        jobs.started(opened, "queued")  # the worker takes it up all the same
        assert jobs.cancel_requested(opened, "queued")
        assert jobs.cancel_requested(opened, "running")
        assert not jobs.cancel_requested(opened, "unknown")
    assert get(desk, "queued").state == "cancelled"
    assert get(desk, "running").state == "running"


def test_a_silent_worker_is_noticed(desk: Desk) -> None:
    start(desk, "silent")
    start(desk, "alive")
    with session(desk.engine) as opened:
        opened.execute(
            update(Job).where(Job.id == "silent").values(heartbeat_at=now() - timedelta(seconds=60))
        )
        jobs.heartbeat(opened, "alive")
        assert [job.id for job in jobs.stale(opened, after_s=20)] == ["silent"]


def test_a_training_that_starts_again_draws_its_curve_once(desk: Desk) -> None:
    start(desk, "train", kind="train")
    for epoch in (0, 1, 2, 0, 1):
        with session(desk.engine) as opened:
            jobs.add_metrics(opened, "train", {"epoch": epoch, "loss": 1 / (1 + epoch)})
    assert [row["epoch"] for row in get(desk, "train").metrics] == [0, 1]


def test_a_number_that_is_none_is_stored_as_nothing(desk: Desk) -> None:
    start(desk, "train", kind="train")
    with session(desk.engine) as opened:
        jobs.add_metrics(
            opened, "train", {"epoch": 1, "loss": float("nan"), "rows": [float("inf")]}
        )
    assert get(desk, "train").metrics == [{"epoch": 1, "loss": None, "rows": [None]}]


def test_the_newest_job_of_a_video(desk: Desk) -> None:
    for number, kind in enumerate(("import", "propose")):
        start(desk, str(number), kind=kind)
    with reading(desk.engine) as opened:
        newest = jobs.latest_for_video(opened, desk.video_id)
        assert newest is not None and newest.kind == "propose"
        assert jobs.latest_by_video(opened, desk.project_id)[desk.video_id].id == newest.id
        assert jobs.latest_for_video(opened, 10**6) is None
        imported = jobs.latest_of_kind(opened, desk.project_id, "import")
        assert imported is not None and imported.id == "0"
