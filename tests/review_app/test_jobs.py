"""Jobs survive what happens to workers, and say what happened to them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from sqlalchemy import Engine, text

from db import jobs as job_rows
from db.engine import reading, session
from db.models import Job
from db.projects import create_project
from review_app.jobs import job_queue
from review_app.jobs.lost_jobs import remove_leftovers
from review_app.jobs.reporting import JobFailed, guarded
from review_app.settings import ROOT, Settings

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start_worker(settings: Settings) -> Iterator[Start]:
    running: list[subprocess.Popen[bytes]] = []

    def start(*queues: str) -> subprocess.Popen[bytes]:
        script = "import sys; from tests.review_app.small_jobs import serve; serve(*sys.argv[1:])"
        command = [sys.executable, "-c", script, str(settings.data_folder), *(queues or ["models"])]
        running.append(subprocess.Popen(command, cwd=ROOT))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()


@pytest.fixture
def project_id(engine: Engine) -> int:
    with session(engine) as db:
        return create_project(db, name="knees").id


def queue(settings: Settings, engine: Engine, project_id: int, **job_settings: Any) -> str:
    with session(engine) as db:
        return job_queue.enqueue_train(settings, db, project_id, None, job_settings)


def job(engine: Engine, job_id: str) -> Job:
    with reading(engine) as db:
        return db.get_one(Job, job_id)


def wait_for(true: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


def stages_run(settings: Settings) -> list[str]:
    return Path(settings.data_folder / "stages.txt").read_text().split()


def test_a_finished_stage_is_not_done_again_after_kill_9(
    settings: Settings, engine: Engine, project_id: int, start_worker: Start
) -> None:
    job_id = queue(settings, engine, project_id, seconds=1)
    next_id = queue(settings, engine, project_id)
    worker = start_worker()
    wait_for(lambda: job(engine, job_id).stage == "second")
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    assert job(engine, job_id).state == "running"

    start_worker()
    wait_for(lambda: job(engine, next_id).state == "done")
    assert job(engine, job_id).state == "done"
    assert stages_run(settings) == ["first", "second", "second", "first", "second"]


def test_a_worker_of_another_name_takes_over_from_a_dead_one(
    settings: Settings, engine: Engine, project_id: int, start_worker: Start
) -> None:
    job_id = queue(settings, engine, project_id, seconds=1)
    worker = start_worker("models")
    wait_for(lambda: job(engine, job_id).stage == "second")
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    start_worker("models", "files")
    wait_for(lambda: job(engine, job_id).state == "done")
    assert stages_run(settings) == ["first", "second", "second"]


def test_sigterm_stops_the_worker_at_once_and_the_next_one_goes_on(
    settings: Settings, engine: Engine, project_id: int, start_worker: Start
) -> None:
    job_id = queue(settings, engine, project_id, seconds=1)
    worker = start_worker()
    wait_for(lambda: job(engine, job_id).done > 0)
    worker.terminate()
    assert worker.wait(timeout=2) == 0
    start_worker()
    wait_for(lambda: job(engine, job_id).state == "done")


def test_cancel_takes_effect_within_two_seconds_and_a_queued_job_never_starts(
    settings: Settings, engine: Engine, project_id: int, start_worker: Start
) -> None:
    running = queue(settings, engine, project_id, seconds=60)
    queued = queue(settings, engine, project_id)
    last = queue(settings, engine, project_id)
    start_worker()
    wait_for(lambda: job(engine, running).done > 0)
    with session(engine) as db:
        job_queue.cancel(settings, db, queued)
        job_queue.cancel(settings, db, running)
    assert job(engine, queued).state == "cancelled"
    wait_for(lambda: job(engine, running).state == "cancelled", seconds=2)
    wait_for(lambda: job(engine, last).state == "done")
    assert stages_run(settings) == ["first", "first", "second"]


def test_a_failure_is_a_sentence_and_the_queue_goes_on(
    settings: Settings, engine: Engine, project_id: int, start_worker: Start
) -> None:
    plain = queue(settings, engine, project_id, error="plain")
    strange = queue(settings, engine, project_id, error="strange")
    last = queue(settings, engine, project_id)
    start_worker()
    wait_for(lambda: job(engine, last).state == "done")
    assert job(engine, plain).state == job(engine, strange).state == "failed"
    assert job(engine, plain).message == "The picture ends in the middle."
    message = job(engine, strange).message or ""
    assert str(settings.logs) in message and "0xdead" not in message
    assert "0xdead" in (settings.logs / "worker-models.log").read_text()


def test_progress_shows_speed_and_the_remaining_time_of_all_stages(
    settings: Settings, engine: Engine, project_id: int, start_worker: Start
) -> None:
    job_id = queue(settings, engine, project_id, seconds=3)
    start_worker()
    wait_for(lambda: job(engine, job_id).remaining_s is not None)
    seen = job(engine, job_id)
    assert seen.speed is not None and seen.remaining_s is not None
    this_stage_s = (seen.total - seen.done) / seen.speed
    second_stage_s = seen.total / seen.speed
    assert seen.remaining_s == pytest.approx(this_stage_s + second_stage_s, rel=0.01)


def test_a_row_whose_workflow_was_never_queued_is_found_by_the_next_worker(
    settings: Settings, engine: Engine, project_id: int, start_worker: Start
) -> None:
    with session(engine) as db:
        job_rows.create(db, id="lost", kind="train", project_id=project_id)
    start_worker()
    wait_for(lambda: job(engine, "lost").state == "done")


def test_a_transaction_that_is_rolled_back_queues_nothing(
    settings: Settings, engine: Engine, project_id: int
) -> None:
    class ChangedMyMind(Exception):
        pass

    with pytest.raises(ChangedMyMind), session(engine) as db:
        job_id = job_queue.enqueue_train(settings, db, project_id, None, {})
        raise ChangedMyMind
    with reading(engine) as db:
        assert job_rows.get(db, job_id) is None


def test_a_second_worker_on_a_queue_is_refused_with_a_sentence(
    settings: Settings, start_worker: Start
) -> None:
    start_worker("models")
    wait_for(lambda: "is ready" in log_of(settings))
    environment = {**os.environ, "REHAB_REVIEW_DATA_FOLDER": str(settings.data_folder)}
    for queues in (("models",), ("files", "models")):
        options = [part for queue in queues for part in ("--queue", queue)]
        command = [sys.executable, "-m", "review_app.cli", "worker", *options]
        second = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert second.returncode == 1
        assert "A worker for the queue models already runs" in " ".join(second.stderr.split())
        assert "Traceback" not in second.stderr


def test_a_full_disk_is_called_a_full_disk(settings: Settings, engine: Engine) -> None:
    def fill() -> None:
        with session(engine) as db:
            pages = db.scalar(text("PRAGMA page_count"))
            db.execute(text(f"PRAGMA max_page_count={pages}"))
            for number in range(10_000):
                create_project(db, name=f"{number} {'x' * 190}", classes=[])

    with pytest.raises(JobFailed, match=r"The disk with .* is full\. Free some space"):
        guarded(settings, fill)


def test_memory_that_torch_does_not_get_is_called_memory(settings: Settings) -> None:
    def on_the_machine() -> None:
        torch.empty(1 << 50)

    def on_the_gpu() -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    def other() -> None:
        torch.zeros(2) @ torch.zeros(3)

    with pytest.raises(JobFailed, match=r"The machine ran out of memory\. Close other"):
        guarded(settings, on_the_machine)
    with pytest.raises(JobFailed, match=r"The GPU ran out of memory\. Close other"):
        guarded(settings, on_the_gpu)
    with pytest.raises(JobFailed, match="Something unexpected happened"):
        guarded(settings, other)


def test_files_nobody_will_finish_are_removed_a_day_later(settings: Settings) -> None:
    left = [
        settings.artefacts / "ab" / "pose-1.npz.part",
        settings.videos / "ab" / "index.part.npz",
        settings.models / "1.safetensors.part",
        settings.weights / ".download-x" / "wheel",
    ]
    kept = [settings.artefacts / "ab" / "new.part", settings.uploads / "1.part"]
    for path in left + kept:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for path in [*left, kept[1], settings.weights / ".download-x"]:
        os.utime(path, (0, 0))
    remove_leftovers(settings)
    assert not any(path.exists() for path in left)
    assert all(path.exists() for path in kept)


def log_of(settings: Settings) -> str:
    log = settings.logs / "worker-models.log"
    return log.read_text() if log.exists() else ""
