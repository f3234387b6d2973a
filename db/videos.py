"""Videos of a project."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from db.desk_models import Sitting, TierLock
from db.jobs import ACTIVE
from db.models import Annotation, Edit, Job, Patient, Proposal, Run, User, Video


class VideoRowError(Exception):
    """Why a video cannot be added or removed, as a sentence for people."""


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


def set_ready(
    session: Session, video_id: int, *, message: str | None = None, **fields: Any
) -> None:
    """Store what the import found (columns of `videos`) and let the video be used.

    message: a warning for its row, such as a tail that could not be read.
    """
    session.execute(
        update(Video).where(Video.id == video_id).values(state="ready", message=message, **fields)
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


def set_person(session: Session, video_id: int, person: int, seen: dict[str, Any]) -> None:
    """Which track is the patient, and where that person was seen; see `Video`."""
    session.execute(
        update(Video).where(Video.id == video_id).values(person=person, person_seen=seen)
    )


def delete_video(session: Session, video_id: int) -> str | None:
    """Remove a video nobody has labelled or commented, with its jobs and proposals.

    Returns its sha256 when no other project has this file, so that the files can go as well.
    VideoRowError when there is such work, which is never lost, or a job is at work on it.
    """
    video = session.get_one(Video, video_id, with_for_update=True)
    its_layers = select(Annotation.id).where(Annotation.video_id == video_id)
    authors = session.scalars(
        select(User.name)
        .where(User.id.in_(select(Edit.user_id).where(Edit.annotation_id.in_(its_layers))))
        .order_by(User.name)
    ).all()
    if authors:
        names = ", ".join(authors)
        raise VideoRowError(f"“{video.original_name}” has labels or comments by {names} and stays.")
    if session.scalar(select(Job.id).where(Job.video_id == video_id, Job.state.in_(ACTIVE))):
        raise VideoRowError(
            f"“{video.original_name}” is still being worked on. Cancel its job first."
        )
    its_runs = select(Run.id).where(Run.video_id == video_id)
    for statement in (
        delete(Proposal).where(Proposal.run_id.in_(its_runs)),
        delete(Run).where(Run.video_id == video_id),
        delete(TierLock).where(TierLock.annotation_id.in_(its_layers)),
        delete(Sitting).where(Sitting.annotation_id.in_(its_layers)),
        delete(Annotation).where(Annotation.video_id == video_id),
        delete(Job).where(Job.video_id == video_id),
        delete(Video).where(Video.id == video_id),
    ):
        session.execute(statement, execution_options={"synchronize_session": False})
    session.expunge(video)
    elsewhere = session.scalar(select(Video.id).where(Video.sha256 == video.sha256).limit(1))
    return None if elsewhere else video.sha256
