"""Files of a folder on the server, brought in by the real worker, which is killed meanwhile."""

import os
import subprocess
import sys
import time
from collections.abc import Callable

from sqlalchemy import Engine

from db import jobs as job_rows
from db.engine import reading, session
from db.models import Job, Video
from db.patients import create_patient
from db.projects import create_project
from review_app.jobs import job_queue
from review_app.settings import ROOT, Settings
from tests.video_files import write_video


def start_worker(settings: Settings) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "review_app.cli", "worker", "--queue", "files"]
    environment = os.environ | {"REHAB_REVIEW_DATA_FOLDER": str(settings.data_folder)}
    return subprocess.Popen(command, cwd=ROOT, env=environment)


def wait_for(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not true():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def test_a_killed_worker_loses_no_file_and_a_bad_one_stops_nobody(
    settings: Settings, engine: Engine
) -> None:
    film = write_video(settings.inbox / "good.mkv", frames=900, size=(640, 360))
    (settings.inbox / "again.mkv").write_bytes(film.read_bytes())
    (settings.inbox / "letter.mp4").write_text("Dear colleague")
    with session(engine) as db:
        project = create_project(db, name="Knee study")
        patient = create_patient(db, project_id=project.id, pseudonym="P-01")
        names = ("gone.mp4", "good.mkv", "again.mkv", "letter.mp4")
        ids = [
            job_queue.enqueue_file(
                settings,
                db,
                settings.inbox / name,
                project_id=project.id,
                patient_id=patient.id,
                user_id=None,
            )
            for name in names
        ]

    def rows() -> list[Job]:
        with reading(engine) as db:
            return [db.get_one(Job, job_id) for job_id in ids]

    worker = start_worker(settings)
    try:
        wait_for(lambda: rows()[1].state == "running")
        worker.kill()
        worker.wait()
        worker = start_worker(settings)
        wait_for(lambda: all(row.state in job_rows.ENDED for row in rows()))
    finally:
        worker.kill()
        worker.wait()
    gone, good, again, letter = rows()
    assert (gone.state, gone.video_id) == ("failed", None) and "There is no “" in (
        gone.message or ""
    )
    assert good.state == "done" and good.message is None
    assert (again.state, again.video_id) == ("failed", None)
    assert "already in the project, as “good.mkv” of patient P-01." in (again.message or "")
    with reading(engine) as db:
        videos = {video.id: video for video in db.query(Video)}
    assert good.video_id is not None and letter.video_id is not None
    assert videos[good.video_id].state == "ready" and videos[good.video_id].frame_count == 900
    assert videos[letter.video_id].state == "failed" and len(videos) == 2
    assert film.exists()
