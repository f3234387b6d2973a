"""What happens to a file that has arrived, from the browser or from a folder."""

import errno
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from db.engine import session
from db.models import Job
from db.patients import PatientError, create_patient, find_patient, get_patient
from db.videos import VideoRowError, set_importing
from inference.progress import Progress, silent
from inference.video.errors import VideoError
from review_app.importing import importer
from review_app.importing.inbox import inside
from review_app.jobs import job_queue
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
    keeping = importer.keeping(settings, path, original_name=name, link=link, progress=progress)
    with keeping as kept, session(engine) as db:
        found = importer.add_video(
            db,
            kept,
            project_id=project_id,
            patient_id=patient_of(db, project_id, patient),
            original_name=name,
        )
        if not isinstance(found, importer.Duplicate):
            job_id = job_queue.enqueue_import(settings, db, found, user_id)
            return Arrival(found, job_id, False, "It is now read and proposed.")
        if not found.failed:
            return Arrival(found.video_id, None, True, str(found))
        set_importing(db, found.video_id)
        job_id = job_queue.enqueue_import(settings, db, found.video_id, user_id)
        message = f"{found} It had failed and is tried again."
        return Arrival(found.video_id, job_id, True, message)


def bring(settings: Settings, engine: Engine, job: Job, progress: Progress = silent) -> int:
    """The file of a folder on the server that an import job is about becomes its video. -> its id

    job.settings: file (path), name, patient_id. Running it again finds what is there already.
    Raises FolderError, VideoError, VideoRowError, OSError where the disk is full.
    """
    name: str = job.settings["name"]
    try:
        path = inside(settings, job.settings["file"])
        keeping = importer.keeping(
            settings, path, original_name=name, link=False, progress=progress
        )
        with keeping as kept, session(engine) as db:
            found = importer.add_video(
                db,
                kept,
                project_id=job.project_id,
                patient_id=job.settings["patient_id"],
                original_name=name,
            )
            if isinstance(found, importer.Duplicate):
                if not found.failed:
                    raise VideoRowError(str(found))
                set_importing(db, found.video_id)
                found = found.video_id
            db.get_one(Job, job.id).video_id = found
            return found
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise VideoError(
            f"The file cannot be read ({error.strerror}). Check the disk it is on and who may "
            "read it, then try again."
        ) from None


def patient_of(db: Session, project_id: int, patient: int | str) -> int:
    """The patient's id; a new pseudonym makes a new patient. Raises PatientError."""
    if isinstance(patient, str):
        known = find_patient(db, project_id, patient)
        return (known or create_patient(db, project_id=project_id, pseudonym=patient)).id
    found = get_patient(db, patient)
    if found is None or found.project_id != project_id:
        raise PatientError("This patient does not belong to this project. Choose another.")
    return found.id
