"""The worker is killed with -9 in stage 1 and in stage 2; the job finishes, nothing is done twice.

Everything is real: the queue, the worker process, the recording, the models.
"""

from pathlib import Path

from db import runs
from db.engine import reading
from db.models import Job
from review_app.importing.import_paths import import_all
from review_app.jobs.model_jobs import EXTRACT, FIND, REFINE
from tests.browser.conftest import Application
from tests.browser.scene import film

MINUTE = 60.0


def proposing(application: Application) -> Job:
    job = application.job("propose")
    assert job is not None
    return job


def reached(application: Application, stage: str) -> bool:
    """The stage is under way. The second one takes a fraction of a second for a short recording."""
    job = proposing(application)
    assert job.state in ("queued", "running"), job.message
    return job.stage == stage and (job.done > 0 or stage == EXTRACT)


def when_made(application: Application) -> dict[str, int]:
    """The artefacts by kind, each with the moment it was written."""
    found = sorted(application.settings.artefacts.glob("*/*"))
    return {
        path.name.split("-")[0]: path.stat().st_mtime_ns
        for path in found
        if ".part" not in path.name
    }


def test_a_job_goes_on_at_the_first_unfinished_stage(
    application: Application, tmp_path: Path
) -> None:
    film(tmp_path / "squats.mp4", 3, ("deep_squat", 3))
    import_all_now = import_all(
        application.settings, [tmp_path / "squats.mp4"], project="Knees", patient="P-01"
    )
    assert [line.split(": ")[1].split()[0] for line in import_all_now] == ["queued"]
    files = application.start_worker("files")
    application.wait_for_job("import", MINUTE)
    application.kill(files)

    worker = application.start_worker("models")
    application.wait(lambda: reached(application, FIND), MINUTE, "stage 1 to be under way")
    application.kill(worker)
    assert proposing(application).state == "running"
    assert "people" not in when_made(application)

    worker = application.start_worker("models")
    application.wait(lambda: reached(application, EXTRACT), 2 * MINUTE, "stage 2 to be under way")
    application.kill(worker)
    after_stage_1 = when_made(application)
    timings = proposing(application).settings["timings"]
    assert {"people", "pose"} <= set(after_stage_1)
    assert set(timings) == {FIND, REFINE}

    application.start_worker("models")
    job = application.wait_for_job("propose", 2 * MINUTE)
    assert when_made(application)["people"] == after_stage_1["people"]
    assert {stage: job.settings["timings"][stage] for stage in timings} == timings
    with reading(application.engine) as db:
        run = runs.latest_run(db, job.video_id or 0)
        assert run is not None and run.id == job.settings["run"]
