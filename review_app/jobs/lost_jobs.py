"""Jobs that nobody works on any more, and files that nobody will finish.

A worker looks at its start and every half minute. It brings rows and workflows together after a
process ended between writing the two, and takes over what a dead worker of another name had begun.
"""

import contextlib
import logging
import shutil
import time
from collections.abc import Sequence

from dbos import DBOS

from db import jobs as job_rows
from db.engine import reading
from review_app.jobs import job_queue
from review_app.jobs.run import fail_job
from review_app.process import app_engine
from review_app.settings import Settings

log = logging.getLogger(__name__)

_DIED_TOO_OFTEN = (
    "The worker stopped several times during this job, perhaps for lack of memory. "
    "Close other programs and start it again."
)
_LEFT_NOTHING = (
    "How this job ended could not be stored. Look whether the disk is full, then start it again."
)
_OTHER_VERSION = (
    "This job was begun by another version of Rehab Review and cannot go on. Start it again."
)
_GIVEN_UP = {
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": _DIED_TOO_OFTEN,
    "ERROR": _LEFT_NOTHING,
    "CANCELLED": _LEFT_NOTHING,
}


def settle(
    settings: Settings, *, worker: str, machine: str, version: str, queues: Sequence[str]
) -> None:
    """Queue again, take over or give up the jobs of these queues that are lost.

    Only one worker of a machine serves a queue (it holds the queue's lock), so whatever another
    one of this machine had begun there is abandoned. What this worker itself had begun before it
    died, DBOS recovers at its launch.
    """
    with reading(app_engine()) as db:
        active = [job for job in job_rows.active(db) if job_queue.queue_of(job) in queues]
    for job in active:
        status = DBOS.get_workflow_status(job.id)
        if status is None:
            log.info("job %s was never queued", job.id)
            job_queue.hand_over(settings, job)
        elif status.status in _GIVEN_UP:
            fail_job(job.id, _GIVEN_UP[status.status])
        elif status.app_version not in (None, version):
            fail_job(job.id, _OTHER_VERSION)
        elif status.status == "PENDING" and _abandoned(status.executor_id, worker, machine):
            log.info("job %s is taken over from %s", job.id, status.executor_id)
            DBOS.resume_workflow(job.id, queue_name=job_queue.queue_of(job))


def remove_leftovers(settings: Settings) -> None:
    """Half-written files that a killed process left; younger ones may still be written."""
    yesterday = time.time() - 24 * 3600
    for pattern in ("**/*.part", "**/*.part.npz", "weights/.download-*"):
        for path in settings.data_folder.glob(pattern):
            if path.is_relative_to(settings.uploads):
                continue  # an upload may be resumed days later; `upload.store` clears its own
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime > yesterday:
                    continue
                if path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink()


def _abandoned(executor: str | None, worker: str, machine: str) -> bool:
    return executor is not None and executor != worker and executor.startswith(machine)
