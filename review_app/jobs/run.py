"""One job from start to end: its row follows it, whatever happens to it."""

import logging
import time
from collections.abc import Callable, Sequence

from sqlalchemy.exc import OperationalError

from db import jobs as job_rows
from db.engine import session
from db.models import Video
from db.videos import set_failed
from inference.progress import Cancelled
from review_app.jobs.reporting import JobFailed
from review_app.process import app_engine

log = logging.getLogger(__name__)

#: How long a worker waits for room on a full disk before it gives up storing how a job ended.
_PATIENCE_S = (1.0, 4.0, 15.0, 40.0)


def run_job(job_id: str, stages: Sequence[Callable[[str], None]]) -> str:
    """Run the stages (DBOS steps) in order and store how the job ended. -> its final state

    A stage that finished before a worker died is not run again: its step is remembered.
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
        return _end(job_id, "failed", str(failure))
    except Exception:
        log.exception("job %s", job_id)
        sentence = "What the job made could not be stored. Look whether the disk is full."
        return _end(job_id, "failed", sentence)
    return _end(job_id, "done", "")


def fail_job(job_id: str, message: str) -> None:
    """Store the sentence on the job's row, and on that of a video whose import it was."""
    with session(app_engine()) as db:
        job = job_rows.get(db, job_id)
        if job is None:
            return
        job_rows.ended(db, job_id, state="failed", message=message)
        if job.kind == "import" and job.video_id is not None:
            video = db.get(Video, job.video_id)
            if video is not None and video.state == "importing":
                set_failed(db, video.id, message)


def _end(job_id: str, state: str, message: str) -> str:
    log.info("job %s is %s %s", job_id, state, message)
    for pause in (*_PATIENCE_S, None):
        try:
            if state == "failed":
                fail_job(job_id, message)
            else:
                with session(app_engine()) as db:
                    job_rows.ended(db, job_id, state=state, message=message)
            break
        except OperationalError:
            if pause is None:
                raise
            time.sleep(pause)
    return state
