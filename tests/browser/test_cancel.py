"""Cancelling takes effect within two seconds in every stage: the real ones, in real workers."""

import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import annotations, projects, users
from db.engine import reading, session
from db.model_versions import shipped
from db.models import Job, Video
from inference.synthesis.motion import Motion
from inference.video.clock import seconds_to_frames
from inference.video.probe import load_index
from review_app.demo import create, session_names
from review_app.importing import importer
from review_app.importing.import_paths import import_all
from review_app.jobs import job_queue
from review_app.jobs.model_jobs import EXTRACT, FIND, REFINE
from review_app.progress_text import MAKING
from review_app.training.retrain import STAGES
from tests.browser.conftest import Application
from tests.browser.scene import film

MINUTE = 60.0
TRAINING = list(STAGES)[-1]


def job(application: Application, job_id: str) -> Job:
    with reading(application.engine) as db:
        return db.get_one(Job, job_id)


def seconds_to_cancel(
    application: Application, stage: str, enqueue: Callable[[Session], str]
) -> float:
    """Start a job, cancel it in the middle of the stage, and measure until it has stopped."""
    with session(application.engine) as db:
        job_id = enqueue(db)

    def under_way() -> bool:
        now = job(application, job_id)
        assert now.state in ("queued", "running"), now.message
        return now.stage == stage and (now.done > 0 or stage == EXTRACT)

    application.wait(under_way, 2 * MINUTE, f"the stage {stage}")
    began = time.monotonic()
    with session(application.engine) as db:
        job_queue.cancel(application.settings, db, job_id)
    application.wait(lambda: job(application, job_id).state == "cancelled", 30, "the job to stop")
    return time.monotonic() - began


def label(application: Application, video_id: int, done: Motion) -> None:
    """What was really done, as the labels of the first person, and everything finished."""
    with reading(application.engine) as db:
        video = db.get_one(Video, video_id)
        user = users.list_users(db)[0]
        classes = {kind.name: kind for kind in projects.list_classes(db, video.project_id)}
    times = load_index(importer.files(application.settings, video.sha256).index).times
    changes: list[dict[str, Any]] = [
        {"op": "finish", "spans": [[0, len(times) - 1]], "expects_spans": []}
    ]
    for one in done.labels:
        start, end = seconds_to_frames(times, one.start_s, one.end_s)
        segment = {
            "id": str(uuid.uuid4()),
            "class_id": classes[one.name].id,
            "tier_id": classes[one.name].tier_id,
            "start_frame": start,
            "end_frame": end,
            "proposal_id": None,
        }
        changes.append({"op": "put", "segment": segment, "expects": None})
    edit = {
        "id": str(uuid.uuid4()),
        "base_revision": 0,
        "kind": "add",
        "changes": changes,
        "undoes": None,
    }
    with session(application.engine) as db:
        layer = annotations.ensure_annotation(db, video_id=video_id, user_id=user.id)
        applied = annotations.apply_edit(db, layer.id, user.id, edit, times.tolist())
    assert applied.status == "applied", applied.message


def test_a_recording_being_made_is_cancelled(application: Application) -> None:
    application.start_worker("files")
    with session(application.engine) as db:
        create(db, application.settings)
        queued = list(db.scalars(select(Job.id)))
        for job_id in queued:
            job_queue.cancel(application.settings, db, job_id)
        project_id = db.scalars(select(Job.project_id)).first()
    assert project_id is not None
    name = session_names()[0]

    def enqueue(db: Session) -> str:
        return job_queue.enqueue_demo(application.settings, db, name, project_id, None)

    assert seconds_to_cancel(application, MAKING, enqueue) < 2
    assert not list((application.settings.data_folder / "demo").glob("*.mp4*"))


def test_proposing_and_training_are_cancelled_in_every_stage(
    application: Application, tmp_path: Path
) -> None:
    settings = application.settings
    done = film(tmp_path / "squats.mp4", 3, ("deep_squat", 4))
    list(import_all(settings, [tmp_path / "squats.mp4"], project="Knees", patient="P-01"))
    application.wait_for_job("import", MINUTE, count=len(session_names()) + 2)
    with reading(application.engine) as db:
        video = db.scalars(select(Video)).one()
        model = shipped(db)
    assert model is not None
    label(application, video.id, done)
    with session(application.engine) as db:
        for waiting in db.scalars(select(Job.id).where(Job.kind == "propose")):
            job_queue.cancel(settings, db, waiting)
    application.start_worker("models")

    def propose(db: Session) -> str:
        return job_queue.enqueue_propose(settings, db, video.id, None, None)

    def train(db: Session) -> str:
        wishes = {"epochs": 500, "parent_id": model.id, "seed": 0}
        return job_queue.enqueue_train(settings, db, video.project_id, None, wishes)

    took = {stage: seconds_to_cancel(application, stage, propose) for stage in (FIND, REFINE)}
    took[EXTRACT] = seconds_to_cancel(application, EXTRACT, propose)
    took[TRAINING] = seconds_to_cancel(application, TRAINING, train)
    assert max(took.values()) < 2, took
