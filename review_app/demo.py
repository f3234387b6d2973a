"""The demo project: recordings of mannequins with exactly known labels, and one real clip."""

import json
import shutil
from functools import cache
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from db import jobs as job_rows
from db.engine import reading, session
from db.models import Video
from db.patients import create_patient, find_patient
from db.projects import create_project, project_named
from inference.progress import Progress
from inference.synthesis.demo import DemoSession, demo_sessions
from inference.synthesis.motion import Label
from inference.weights.fetched import DEMO_CLIP, fetch
from review_app.importing import importer
from review_app.jobs import job_queue
from review_app.settings import Settings

PROJECT = "Demo"
SEED = 0
REAL_CLIP = "08 two people outdoors (real)"
REAL_PATIENT = ("P-07", "train")


class DemoError(Exception):
    """Why a recording of the demo project cannot be made, as a sentence for people."""


def session_names() -> list[str]:
    """The recordings, the one that is ready first in front."""
    return [*_sessions(), REAL_CLIP]


def create(session: Session, settings: Settings, user_id: int | None = None) -> int:
    """The demo project with its patients; queues every recording it does not have. -> project id

    May be called again at any time: nothing is made twice.
    """
    project = project_named(session, PROJECT) or create_project(session, name=PROJECT)
    for pseudonym, split in _patients().items():
        if find_patient(session, project.id, pseudonym) is None:
            create_patient(session, project_id=project.id, pseudonym=pseudonym, split=split)
    under_way = {job.settings.get("demo") for job in job_rows.active(session, project.id)}
    for name in session_names():
        if name not in under_way and _video(session, project.id, name) is None:
            job_queue.enqueue_demo(settings, session, name, project.id, user_id)
    return project.id


def make(settings: Settings, engine: Engine, name: str, progress: Progress) -> int:
    """Render or fetch one recording and register it. -> video id

    Returns the video at once when it is there already. Progress counts seconds of video. Raises
    DemoError, WeightsError, and whatever `progress` raises; nothing half-made stays.
    """
    with reading(engine) as db:
        project = project_named(db, PROJECT)
        if project is None:
            raise DemoError(f"There is no project called {PROJECT}. Run `rehab-review demo`.")
        project_id = project.id
        known = _video(db, project_id, name)
    if known is not None:
        return known
    if name == REAL_CLIP:
        clip = fetch(DEMO_CLIP, settings.weights, progress)
        film = _film_path(settings, name)
        shutil.copyfile(clip, film)
        return _register(settings, engine, project_id, film, REAL_PATIENT[0])
    if name not in _sessions():
        raise DemoError(f"The demo project has no recording called “{name}”.")
    return film_session(settings, engine, project_id, _sessions()[name], progress)


def film_session(
    settings: Settings, engine: Engine, project_id: int, recording: DemoSession, progress: Progress
) -> int:
    """Render one session, keep its exact labels, and register it. -> video id"""
    film = _film_path(settings, recording.name)
    recording.render(film, progress)
    _keep_labels(settings, recording)
    return _register(settings, engine, project_id, film, recording.patient)


def _film_path(settings: Settings, name: str) -> Path:
    folder = settings.data_folder / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / _file_name(name)


def _register(
    settings: Settings, engine: Engine, project_id: int, film: Path, pseudonym: str
) -> int:
    keeping = importer.keeping(settings, film, original_name=film.name, link=True)
    with keeping as kept, session(engine) as db:
        patient = find_patient(db, project_id, pseudonym)
        if patient is None:
            raise DemoError(f"Patient {pseudonym} is missing. Run `rehab-review demo`.")
        added = importer.add_video(
            db, kept, project_id=project_id, patient_id=patient.id, original_name=film.name
        )
    film.unlink()
    return added.video_id if isinstance(added, importer.Duplicate) else added


def labels_file(settings: Settings, name: str) -> Path:
    """Where the exact labels of a recording are kept."""
    return settings.data_folder / "demo" / f"{name}.labels.json"


def exact_labels(settings: Settings, name: str) -> tuple[Label, ...]:
    """What is really done in a recording; empty for the real clip. DemoError when not made yet."""
    if name == REAL_CLIP:
        return ()
    path = labels_file(settings, name)
    if not path.exists():
        raise DemoError(f"“{name}” has not been rendered yet. Start `rehab-review up` and wait.")
    rows = json.loads(path.read_text())["labels"]
    return tuple(Label(row["name"], row["start_s"], row["end_s"]) for row in rows)


@cache
def _sessions() -> dict[str, DemoSession]:
    return {recording.name: recording for recording in demo_sessions(SEED)}


def _patients() -> dict[str, str]:
    return {s.patient: s.split for s in _sessions().values()} | dict([REAL_PATIENT])


def _file_name(name: str) -> str:
    return f"{name}.mp4"


def _video(session: Session, project_id: int, name: str) -> int | None:
    return session.scalar(
        select(Video.id).where(
            Video.project_id == project_id, Video.original_name == _file_name(name)
        )
    )


def _keep_labels(settings: Settings, recording: DemoSession) -> None:
    path = labels_file(settings, recording.name)
    rows = [
        {"name": label.name, "start_s": label.start_s, "end_s": label.end_s}
        for label in recording.motion.labels
    ]
    content = {"video": _file_name(recording.name), "fps": recording.fps, "labels": rows}
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(content, indent=1))
    part.replace(path)
