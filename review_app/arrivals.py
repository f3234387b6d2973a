"""What happens to a file that has arrived, from the browser or from a folder."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from db.engine import session
from db.patients import PatientError, create_patient, find_patient, get_patient
from db.videos import set_importing
from inference.progress import Progress, silent
from review_app import importer, jobs
from review_app.settings import Settings


@dataclass(frozen=True)
class Arrival:
    """How it went. job_id: the import that was queued, if one was. message: for people."""

    video_id: int
    job_id: str | None
    duplicate: bool
    message: str


def arrive(
    settings: Settings,
    engine: Engine,
    path: Path,
    *,
    name: str,
    project_id: int,
    patient: int | str,
    user_id: int | None,
    link: bool,
    progress: Progress = silent,
) -> Arrival:
    """Stores a file, adds it to the project and queues its import.

    patient: an id, or the pseudonym of a patient who may be new. link: the file is ours and may be
    linked rather than copied. progress: counts bytes. The same file twice is recognised; one that
    had failed is tried again. Raises VideoError, VideoRowError, PatientError, OSError.
    """
    kept = importer.keep_file(settings, path, original_name=name, link=link, progress=progress)
    with session(engine) as db:
        found = importer.add_video(
            db,
            kept,
            project_id=project_id,
            patient_id=patient_of(db, project_id, patient),
            original_name=name,
        )
        if not isinstance(found, importer.Duplicate):
            job_id = jobs.enqueue_import(settings, db, found, user_id)
            return Arrival(found, job_id, False, "It is now read and proposed.")
        if not found.failed:
            message = f"This file is already in the project, as “{found.name}”."
            return Arrival(found.video_id, None, True, message)
        set_importing(db, found.video_id)
        job_id = jobs.enqueue_import(settings, db, found.video_id, user_id)
        message = (
            f"This file was in the project already, as “{found.name}”, and had failed. "
            "It is tried again."
        )
        return Arrival(found.video_id, job_id, True, message)


def patient_of(db: Session, project_id: int, patient: int | str) -> int:
    """The patient's id; a new pseudonym makes a new patient. Raises PatientError."""
    if isinstance(patient, str):
        known = find_patient(db, project_id, patient)
        return (known or create_patient(db, project_id=project_id, pseudonym=patient)).id
    found = get_patient(db, patient)
    if found is None or found.project_id != project_id:
        raise PatientError("This patient does not belong to this project. Choose another.")
    return found.id
