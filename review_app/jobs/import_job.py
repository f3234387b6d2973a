"""The workflow of the files queue: a file becomes a video that can be reviewed."""

from dbos import DBOS

from db.engine import reading, session
from db.models import Job
from db.videos import get_video, set_ready
from review_app import demo
from review_app.importing import arrivals, importer
from review_app.jobs import job_queue
from review_app.jobs.reporting import Reporter, guarded
from review_app.jobs.run import run_job
from review_app.process import app_engine, app_settings
from review_app.progress_text import COPYING, MAKING, READING

_SHARES = {MAKING: 4.0, COPYING: 1.0, READING: 1.0}


@DBOS.workflow(name="import", max_recovery_attempts=10)
def import_video(job_id: str) -> str:
    """Read a video from end to end and make what the pages need; then propose."""
    return run_job(job_id, [fetch_file, read_video, propose_next])


@DBOS.step(name="fetch file")
def fetch_file(job_id: str) -> None:
    """Make a recording of the demo project, or copy a file of a folder on the server.

    A file from the browser or the command line is there already.
    """
    job = _job(job_id)
    if job.video_id is not None:
        return
    settings, engine = app_settings(), app_engine()
    reporter = Reporter(engine, job_id, _SHARES)
    if "demo" in job.settings:
        progress = reporter.stage(MAKING)
        video_id = guarded(
            settings, lambda: demo.make(settings, engine, job.settings["demo"], progress)
        )
        with session(engine) as db:
            db.get_one(Job, job_id).video_id = video_id
    else:
        progress = reporter.stage(COPYING)
        guarded(settings, lambda: arrivals.bring(settings, engine, job, progress))


@DBOS.step(name="read video")
def read_video(job_id: str) -> None:
    """Index, poster, thumbnails and, where the browser needs one, the review proxy."""
    settings = app_settings()
    with reading(app_engine()) as db:
        video = get_video(db, _job(job_id).video_id or 0)
    assert video is not None
    progress = Reporter(app_engine(), job_id, _SHARES).stage(READING)
    fields = guarded(settings, lambda: importer.prepare(video, settings, progress))
    with session(app_engine()) as db:
        set_ready(db, video.id, **fields)


@DBOS.step(name="propose next")
def propose_next(job_id: str) -> None:
    """Queue the proposals; a step that runs twice after a crash queues them once."""
    job = _job(job_id)
    assert job.video_id is not None
    with session(app_engine()) as db:
        job_queue.enqueue_propose(
            app_settings(), db, job.video_id, None, job.created_by, job_id=f"{job_id}-propose"
        )


def _job(job_id: str) -> Job:
    with reading(app_engine()) as db:
        return db.get_one(Job, job_id)
