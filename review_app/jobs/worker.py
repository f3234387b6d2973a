"""The worker process: takes jobs from the queues, one at a time per queue.

It may be killed at any moment. Its identity stays the same from one start to the next, so DBOS
gives it back the workflows it had begun, and each goes on at its first unfinished stage.
"""

import fcntl
import importlib
import logging
import logging.handlers
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import TextIO

from dbos import DBOS
from sqlalchemy import make_url

from review_app.jobs import job_queue, lost_jobs
from review_app.process import app_settings
from review_app.settings import Settings

log = logging.getLogger(__name__)

#: Raise it when the steps of a workflow change: jobs begun under another version are not resumed.
WORKFLOW_VERSION = "1"

#: The module that registers each queue's workflows; models are imported only where they are used.
WORKFLOWS = {
    job_queue.MODELS_QUEUE: "review_app.jobs.model_jobs",
    job_queue.FILES_QUEUE: "review_app.jobs.import_job",
}

#: What waits for whom when the processor is short: pages, then models, then files.
_NICE = {job_queue.MODELS_QUEUE: 3, job_queue.FILES_QUEUE: 8}
_LOOK_AROUND_S = 30.0


class WorkerError(Exception):
    """Why the worker cannot start, as a sentence for people."""


def work(queues: Sequence[str], workflows: Mapping[str, str] = WORKFLOWS) -> None:
    """Serve the queues until SIGTERM or Ctrl-C.

    WorkerError when a queue is unknown or another worker serves it on this data folder.
    """
    unknown = sorted(set(queues) - set(workflows))
    if unknown:
        raise WorkerError(
            f"There is no queue {unknown[0]!r}; the queues are {' and '.join(workflows)}."
        )
    settings = app_settings()
    served = "-".join(sorted(queues))
    machine = _machine(settings)
    name = f"{machine}{served}"
    _log_to_file(settings.logs / f"worker-{served}.log")
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    folder = settings.data_folder
    held = [_only_one(folder / f"worker-{machine}{queue}.lock", queue) for queue in sorted(queues)]
    os.nice(min(_NICE[queue] for queue in queues))
    for queue in queues:
        importlib.import_module(workflows[queue])
    DBOS(
        config={
            "name": job_queue.APPLICATION,
            "system_database_url": settings.jobs_url,
            "application_version": WORKFLOW_VERSION,
            "executor_id": name,
            "log_level": "WARNING",
        }
    )
    DBOS.listen_queues(list(queues))
    DBOS.launch()
    for queue in queues:
        DBOS.register_queue(queue, worker_concurrency=1, polling_interval_sec=0.3)
    lost_jobs.remove_leftovers(settings)
    log.info("worker %s is ready, alone by %s", name, [lock.name for lock in held])
    while True:
        try:
            lost_jobs.settle(
                settings, worker=name, machine=machine, version=WORKFLOW_VERSION, queues=queues
            )
        except Exception:
            log.exception("looking for lost jobs failed")  # the running job must not suffer
        time.sleep(_LOOK_AROUND_S)


def _stop(number: int, frame: FrameType | None) -> None:
    """End at once: every stage writes to a temporary file first, and the queue remembers."""
    log.info("stopped by signal %d; unfinished jobs go on at the next start", number)
    logging.shutdown()
    os._exit(0)


def _machine(settings: Settings) -> str:
    """In front of a worker's name, the same at every start.

    Empty with one SQLite file, which means one machine, whatever its name is today.
    """
    if make_url(settings.jobs_url).get_backend_name() == "sqlite":
        return ""
    return f"{socket.gethostname()}-"


def _only_one(path: Path, queue: str) -> TextIO:
    """Holds the queue's lock until the process ends. Raises WorkerError when another one does."""
    lock = path.open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise WorkerError(
            f"A worker for the queue {queue} already runs on this data folder. "
            "Stop it first, or leave the work to it."
        ) from None
    return lock


def _log_to_file(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(
        path, maxBytes=5_000_000, backupCount=3, encoding="utf-8"
    )
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s",
        handlers=[handler, logging.StreamHandler(sys.stderr)],
    )
