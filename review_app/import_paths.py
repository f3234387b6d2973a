"""Bringing files of this machine into a project from the command line."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy.orm import Session

from db.engine import create_engine, session
from db.patients import create_patient, find_patient
from db.projects import create_project, project_named
from inference.video.errors import VideoError
from review_app import importer, jobs
from review_app.inbox import VIDEO_SUFFIXES
from review_app.settings import Settings


def import_all(
    settings: Settings, paths: Sequence[Path], *, project: str, patient: str
) -> Iterator[str]:
    """Copy each file into the data folder and queue its import; yields one line per file.

    Folders are searched for video files by their suffix. A file that cannot be taken gets its
    sentence, and the next one follows.
    """
    engine = create_engine(settings.labels_url)
    with session(engine) as db:
        project_id, patient_id = _project_and_patient(db, project, patient)
    for path in _files(paths):
        try:
            with session(engine) as db:
                line = _import(db, settings, path, project_id, patient_id)
        except VideoError as error:
            line = str(error)
        except OSError as error:
            line = f"cannot be read or copied ({error.strerror})"
        yield f"{path}: {line}"
    engine.dispose()


def _import(db: Session, settings: Settings, path: Path, project_id: int, patient_id: int) -> str:
    found = importer.register_file(
        db,
        settings,
        path,
        project_id=project_id,
        patient_id=patient_id,
        original_name=path.name,
        move=False,
    )
    if isinstance(found, importer.Duplicate):
        return f"already in the project as {found.name}"
    jobs.enqueue_import(settings, db, found, None)
    return f"queued as video {found}"


def _project_and_patient(db: Session, project: str, patient: str) -> tuple[int, int]:
    found = project_named(db, project) or create_project(db, name=project)
    known = find_patient(db, found.id, patient)
    known = known or create_patient(db, project_id=found.id, pseudonym=patient)
    return found.id, known.id


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(
                file for file in path.rglob("*") if file.suffix.lower() in VIDEO_SUFFIXES
            )
        else:
            yield path
