"""A worker whose jobs only wait: the real queue, rows, reporting and recovery, without models.

Job settings: seconds = how long each of the two stages takes; error = what the first one raises.
"""

import os
import time

from dbos import DBOS

from db import jobs as job_rows
from db.engine import reading
from review_app.jobs import job_queue
from review_app.jobs.reporting import Reporter, guarded
from review_app.jobs.run import run_job
from review_app.jobs.worker import work
from review_app.process import app_engine, app_settings

STAGES = {"first": 1.0, "second": 1.0}


class PlainError(Exception):
    """An error of this project carries a sentence for people."""

    __module__ = "inference.video.errors"


ERRORS = {"plain": PlainError("The picture ends in the middle."), "strange": ValueError("0xdead")}


def wait(job_id: str, stage: str) -> None:
    with reading(app_engine()) as db:
        job = job_rows.get(db, job_id)
    assert job is not None
    with (app_settings().data_folder / "stages.txt").open("a") as out:
        out.write(f"{stage}\n")
    progress = Reporter(app_engine(), job_id, STAGES).stage(stage)
    ticks = int(job.settings.get("seconds", 0.1) * 50)

    def work_on() -> None:
        if stage == "first" and "error" in job.settings:
            raise ERRORS[job.settings["error"]]
        for tick in range(ticks):
            time.sleep(0.02)
            progress(tick + 1, ticks)

    guarded(app_settings(), work_on)


@DBOS.step(name="first")
def first(job_id: str) -> None:
    wait(job_id, "first")


@DBOS.step(name="second")
def second(job_id: str) -> None:
    wait(job_id, "second")


@DBOS.workflow(name="train")
def train(job_id: str) -> str:
    return run_job(job_id, [first, second])


def serve(data_folder: str, *queues: str) -> None:
    os.environ["REHAB_REVIEW_DATA_FOLDER"] = data_folder
    work(queues, dict.fromkeys(job_queue.QUEUES, "tests.review_app.small_jobs"))
