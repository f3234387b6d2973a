"""One job from start to end: its row follows it, whatever happens to it."""

import logging
from collections.abc import Callable, Sequence

from db import jobs as job_rows
from db.engine import session
from inference.progress import Cancelled
from review_app.process import app_engine
from review_app.reporting import JobFailed

log = logging.getLogger(__name__)


def run_job(
    job_id: str,
    stages: Sequence[Callable[[str], None]],
    on_failure: Callable[[str, str], None] | None = None,
) -> str:
    """Run the stages (DBOS steps) in order and store how the job ended. -> its final state

    A stage that finished before a worker died is not run again: its step is remembered.
    on_failure: told the job id and the sentence, to put it on the video's row as well.
    """
    with session(app_engine()) as db:
        job = job_rows.get(db, job_id)
        if job is None or job.state in job_rows.ENDED:
            return "gone" if job is None else job.state
        job_rows.started(db, job_id)
    try:
        for stage in stages:
            stage(job_id)
    except Cancelled:
        return _end(job_id, "cancelled", "Cancelled.")
    except JobFailed as failure:
        if on_failure is not None:
            on_failure(job_id, str(failure))
        return _end(job_id, "failed", str(failure))
    except Exception:
        log.exception("job %s", job_id)
        sentence = "The job could not be stored; the details are in the worker's log."
        return _end(job_id, "failed", sentence)
    return _end(job_id, "done", "")


def _end(job_id: str, state: str, message: str) -> str:
    log.info("job %s is %s %s", job_id, state, message)
    with session(app_engine()) as db:
        job_rows.ended(db, job_id, state=state, message=message)
    return state
