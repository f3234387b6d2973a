"""Jobs that nobody works on any more, and files that nobody will finish.

A worker looks at its start and every half minute. It brings rows and workflows together after a
process ended between writing the two, and takes over what a dead worker of another name had begun.
"""

import contextlib
import fcntl
import logging
import time
from collections.abc import Sequence
from pathlib import Path

from dbos import DBOS, WorkflowStatus

from db import jobs as job_rows
from db.engine import reading, session
from db.models import Job
from review_app import jobs
from review_app.process import app_engine
from review_app.settings import Settings

log = logging.getLogger(__name__)

_GIVEN_UP = ("ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED", "CANCELLED")
_DIED_TOO_OFTEN = (
    "The worker stopped several times during this job, perhaps for lack of memory. "
    "Close other programs and start it again."
)
_OTHER_VERSION = (
    "This job was begun by another version of Rehab Review and cannot go on. Start it again."
)


def lock_file(settings: Settings, worker: str) -> Path:
    """Held (flock) by the worker of this name for as long as it lives."""
    return settings.data_folder / f"worker-{worker}.lock"


def settle(settings: Settings, *, worker: str, version: str, queues: Sequence[str]) -> None:
    """Queue again, take over or give up the jobs of these queues that are lost."""
    with reading(app_engine()) as db:
        active = [job for job in job_rows.active(db) if jobs.queue_of(job) in queues]
    for job in active:
        status = DBOS.get_workflow_status(job.id)
        if status is None:
            log.info("job %s was never queued", job.id)
            jobs.hand_over(settings, job)
        elif status.status in _GIVEN_UP:
            _fail(job, _DIED_TOO_OFTEN)
        elif status.app_version not in (None, version):
            _fail(job, _OTHER_VERSION)
        elif _abandoned(settings, status, worker):
            log.info("job %s is taken over from %s", job.id, status.executor_id)
            DBOS.resume_workflow(job.id, queue_name=jobs.queue_of(job))


def remove_leftovers(settings: Settings) -> None:
    """Half-written files that a killed worker left; younger ones may belong to another process."""
    yesterday = time.time() - 24 * 3600
    for folder in (settings.artefacts, settings.videos):
        for path in folder.rglob("*.part"):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < yesterday:
                    path.unlink()


def _fail(job: Job, message: str) -> None:
    with session(app_engine()) as db:
        job_rows.ended(db, job.id, state="failed", message=message)


def _abandoned(settings: Settings, status: WorkflowStatus, worker: str) -> bool:
    """Begun by another worker that is dead now. One's own is recovered by DBOS at its launch."""
    if status.status != "PENDING" or status.executor_id in (None, worker):
        return False
    try:
        with lock_file(settings, str(status.executor_id)).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except FileNotFoundError:
        return True
    return True
