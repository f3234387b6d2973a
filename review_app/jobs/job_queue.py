"""Starting and cancelling jobs: what the web process and the command line do with the queue.

A job is a row in `jobs` (what people see) and a DBOS workflow of the same id (what makes it
durable). The row is written in the caller's transaction; the workflow is enqueued right after that
transaction has committed, so that no worker can see a job whose row is not there yet. A row whose
workflow is missing, because the process ended in between, is enqueued by a worker that finds it
(`review_app.jobs.lost_jobs`).
"""

import logging
import uuid
from functools import cache
from pathlib import Path
from typing import Any

from dbos import DBOS, DBOSClient, EnqueueOptions
from sqlalchemy import event
from sqlalchemy.orm import Session

from db import jobs as job_rows
from db.models import Job, Video
from review_app.settings import Settings

log = logging.getLogger(__name__)

APPLICATION = "rehab-review"

#: Propose and train: the models stay loaded in the worker, one job at a time.
MODELS_QUEUE = "models"
#: Import and the rendering of demo sessions: proposing goes on beside them.
FILES_QUEUE = "files"
QUEUES = (MODELS_QUEUE, FILES_QUEUE)

_WAITING = "jobs waiting for the commit"
_QUEUE_OF = {"import": FILES_QUEUE, "propose": MODELS_QUEUE, "train": MODELS_QUEUE}


def migrate_queue(settings: Settings) -> None:
    """Create the queue's own tables, or bring them to the version this DBOS needs."""
    settings.data_folder.mkdir(parents=True, exist_ok=True)
    DBOS.migrate(settings.jobs_url)


def enqueue_import(settings: Settings, session: Session, video_id: int, user_id: int | None) -> str:
    """Read a registered video, make what the pages need, then propose. -> job id"""
    return _enqueue(
        settings,
        session,
        "import",
        project_id=_project_of(session, video_id),
        video_id=video_id,
        user_id=user_id,
    )


def enqueue_demo(
    settings: Settings, session: Session, name: str, project_id: int, user_id: int | None
) -> str:
    """Make one recording of the demo project, then import it and propose. -> job id"""
    return _enqueue(
        settings,
        session,
        "import",
        project_id=project_id,
        user_id=user_id,
        job_settings={"demo": name},
    )


def enqueue_file(
    settings: Settings,
    session: Session,
    file: Path,
    *,
    project_id: int,
    patient_id: int,
    user_id: int | None,
) -> str:
    """Copy a file of a folder on the server into the project, then import and propose. -> job id"""
    return _enqueue(
        settings,
        session,
        "import",
        project_id=project_id,
        user_id=user_id,
        job_settings={"file": str(file), "name": file.name, "patient_id": patient_id},
    )


def enqueue_propose(
    settings: Settings,
    session: Session,
    video_id: int,
    model_id: int | None,
    user_id: int | None,
    *,
    job_id: str | None = None,
) -> str:
    """Run the three stages on a video. -> job id

    model_id: None = the project's active model. job_id: given by a caller that may have to ask
    twice; the second time changes nothing.
    """
    if job_id is not None and job_rows.get(session, job_id) is not None:
        return job_id
    return _enqueue(
        settings,
        session,
        "propose",
        project_id=_project_of(session, video_id),
        video_id=video_id,
        model_id=model_id,
        user_id=user_id,
        job_id=job_id,
    )


def enqueue_train(
    settings: Settings,
    session: Session,
    project_id: int,
    user_id: int | None,
    train_settings: dict[str, Any],
) -> str:
    """Retrain the localizer from the project's corrected labels. -> job id"""
    return _enqueue(
        settings,
        session,
        "train",
        project_id=project_id,
        user_id=user_id,
        job_settings=train_settings,
    )


def cancel(settings: Settings, session: Session, job_id: str) -> None:
    """Ask a job to stop. A queued one never starts; a running one stops within two seconds."""
    job_rows.request_cancel(session, job_id)


def queue_of(job: Job) -> str:
    """The queue that jobs of this kind wait in."""
    return _QUEUE_OF[job.kind]


def hand_over(settings: Settings, job: Job) -> None:
    """Give the job to the queue; doing it again changes nothing."""
    options: EnqueueOptions = {
        "workflow_name": job.kind,
        "queue_name": queue_of(job),
        "workflow_id": job.id,
    }
    _client(settings.jobs_url).enqueue(options, job.id)


def _project_of(session: Session, video_id: int) -> int:
    return session.get_one(Video, video_id).project_id


def _enqueue(
    settings: Settings,
    session: Session,
    kind: str,
    *,
    project_id: int,
    user_id: int | None,
    video_id: int | None = None,
    model_id: int | None = None,
    job_settings: dict[str, Any] | None = None,
    job_id: str | None = None,
) -> str:
    job = job_rows.create(
        session,
        id=job_id or str(uuid.uuid4()),
        kind=kind,
        project_id=project_id,
        video_id=video_id,
        model_id=model_id,
        settings=job_settings or {},
        created_by=user_id,
    )
    waiting: list[Job] | None = session.info.get(_WAITING)
    if waiting is None:
        waiting = session.info[_WAITING] = []
        event.listen(session, "after_commit", lambda done: _hand_over_waiting(settings, done))
        event.listen(session, "after_rollback", lambda _: waiting.clear())
    waiting.append(job)
    return job.id


def _hand_over_waiting(settings: Settings, session: Session) -> None:
    if session.in_nested_transaction():
        return  # a savepoint was released; the row is not yet visible to others
    waiting: list[Job] = session.info[_WAITING]
    while waiting:
        job = waiting.pop(0)
        try:
            hand_over(settings, job)
        except Exception:
            # The row is committed and must not be made again; a worker finds it and queues it.
            log.exception("job %s could not be queued yet", job.id)


@cache
def _client(url: str) -> DBOSClient:
    return DBOSClient(system_database_url=url, application_name=APPLICATION)
