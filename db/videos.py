"""Videos of a project."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.models import Patient, Video


class VideoRowError(Exception):
    """Why a video cannot be added, as a sentence for people."""


def create_video(
    session: Session,
    *,
    project_id: int,
    patient_id: int,
    sha256: str,
    original_name: str,
    file: str,
    size_bytes: int,
) -> Video:
    """A new video in state 'importing'.

    file: path below the data folder. VideoRowError when the project already has this file or the
    patient belongs to another project.
    """
    patient = session.get(Patient, patient_id)
    if patient is None or patient.project_id != project_id:
        raise VideoRowError("This patient does not belong to this project.")
    if find_video(session, project_id, sha256):
        raise VideoRowError("This file is already in the project.")
    video = Video(
        project_id=project_id,
        patient_id=patient_id,
        sha256=sha256,
        original_name=original_name,
        file=file,
        size_bytes=size_bytes,
    )
    session.add(video)
    session.flush()
    return video


def find_video(session: Session, project_id: int, sha256: str) -> Video | None:
    """The project's video with this content, if it has one."""
    return session.scalar(
        select(Video).where(Video.project_id == project_id, Video.sha256 == sha256)
    )


def get_video(session: Session, video_id: int) -> Video | None:
    return session.get(Video, video_id)


def list_videos(session: Session, project_id: int) -> Sequence[Video]:
    """The project's videos, newest first; each with its `.patient`."""
    return session.scalars(
        select(Video).where(Video.project_id == project_id).order_by(Video.id.desc())
    ).all()


def set_ready(session: Session, video_id: int, **fields: Any) -> None:
    """Store what the import found (columns of `videos`) and let the video be used."""
    session.execute(
        update(Video).where(Video.id == video_id).values(state="ready", message=None, **fields)
    )


def set_failed(session: Session, video_id: int, message: str) -> None:
    """Say on the video's row, in one plain sentence, why it cannot be used."""
    session.execute(
        update(Video).where(Video.id == video_id).values(state="failed", message=message)
    )


def set_importing(session: Session, video_id: int) -> None:
    """Back to the start: the import is tried again."""
    session.execute(
        update(Video).where(Video.id == video_id).values(state="importing", message=None)
    )


def set_person(session: Session, video_id: int, person: int | None) -> None:
    """Which track is the patient; None = chosen automatically."""
    session.execute(update(Video).where(Video.id == video_id).values(person=person))
