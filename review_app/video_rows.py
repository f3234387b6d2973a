"""What the library says about each video, and what can be done with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import jobs, runs
from db.models import Job, Video
from db.videos import list_videos
from review_app.progress_text import progress_text, share
from review_app.units import clock, file_size


class Action(StrEnum):
    """What a person can do with a video; the value is the button's label."""

    REVIEW = "Review"
    CANCEL = "Cancel"
    RETRY = "Try again"
    PROPOSE = "Propose again"
    DELETE = "Delete"


@dataclass(frozen=True)
class Row:
    """One line of the library. share: of the job's stage, None while nothing is under way.

    video: None for a recording that is still to come. key: tells the lines of a page apart.
    """

    key: str
    name: str
    video: Video | None
    job: Job | None
    state: str
    colour: str
    about: str
    message: str
    serious: bool
    share: float | None
    progress: str
    actions: tuple[Action, ...]


def project_rows(session: Session, project_id: int) -> list[Row]:
    """The project's videos, newest first, then recordings that are not there yet."""
    latest = jobs.latest_by_video(session, project_id)
    proposed = runs.latest_models(session, project_id)
    return [
        *(
            row(video, latest.get(video.id), proposed=video.id in proposed)
            for video in list_videos(session, project_id)
        ),
        *(coming(job) for job in _without_video(session, project_id)),
    ]


def _without_video(session: Session, project_id: int) -> Sequence[Job]:
    """Imports whose file is still to come, by name; of a demo recording the newest."""
    imports = session.scalars(
        select(Job)
        .where(Job.project_id == project_id, Job.kind == "import")
        .order_by(Job.created_at, Job.id)
    )
    newest = {job.settings.get("demo", job.id): job for job in imports}
    return sorted((job for job in newest.values() if job.video_id is None), key=_name)


def _name(job: Job) -> str:
    return str(job.settings.get("demo") or job.settings["name"])


def coming(job: Job) -> Row:
    """The line of a recording that is still to be made, or to be copied from a folder."""
    busy = job.state in jobs.ACTIVE
    demo = "demo" in job.settings
    state = "Waiting" if job.state == "queued" else "Importing" if busy else "Not imported"
    ended = (Action.RETRY,) if demo else (Action.RETRY, Action.DELETE)
    return Row(
        key=f"job-{job.id}",
        name=_name(job),
        video=None,
        job=job,
        state=state,
        colour="gray" if busy else "red",
        about="A recording of the demo project" if demo else f"From {job.settings['file']}",
        message="" if busy else job.message or "It was stopped before it was complete.",
        serious=job.state == "failed",
        share=share(job) if busy else None,
        progress=progress_text(job) if busy else "",
        actions=(Action.CANCEL,) if busy else ended,
    )


def row(video: Video, job: Job | None, *, proposed: bool) -> Row:
    """The line of one video with its newest job. proposed: there are proposals of some model."""
    busy = job is not None and job.state in jobs.ACTIVE
    state, colour = _state(video, job, busy, proposed)
    message, serious = _message(video, job, busy)
    return Row(
        key=str(video.id),
        name=video.original_name,
        video=video,
        job=job,
        state=state,
        colour=colour,
        about=" · ".join(_facts(video)),
        message=message,
        serious=serious,
        share=share(job) if job is not None and busy else None,
        progress=progress_text(job) if job is not None and busy else "",
        actions=_actions(video, job, busy),
    )


def _state(video: Video, job: Job | None, busy: bool, proposed: bool) -> tuple[str, str]:
    if video.state == "failed":
        return "Failed", "red"
    if busy and job is not None:
        if job.state == "queued":
            return "Waiting", "gray"
        return ("Importing" if job.kind == "import" else "Proposing"), "blue"
    if video.state == "importing":
        return "Not imported", "orange"
    return ("Ready", "green") if proposed else ("No proposals", "orange")


def _message(video: Video, job: Job | None, busy: bool) -> tuple[str, bool]:
    """The sentence below the name, and whether it says that something went wrong."""
    if busy:
        return "", False
    if video.state == "failed":
        return video.message or "This video could not be read. Delete it and import it again.", True
    if video.state == "importing":
        return "The import was stopped before it was complete.", False
    if job is not None and job.state == "failed" and job.message:
        return job.message, True
    return video.message or "", False


def _actions(video: Video, job: Job | None, busy: bool) -> tuple[Action, ...]:
    """What can be done now, the most usual first."""
    review = (Action.REVIEW,) if video.state == "ready" else ()
    if busy:
        return (*review, Action.CANCEL)
    if video.state != "ready":
        return (Action.RETRY, Action.DELETE)
    again = Action.RETRY if job is not None and job.state == "failed" else Action.PROPOSE
    return (*review, again, Action.DELETE)


def _facts(video: Video) -> list[str]:
    facts = [video.patient.pseudonym]
    if video.duration_s is not None and video.frame_count:
        facts.append(clock(video.duration_s))
        facts.append(f"{video.width} x {video.height}")
        if video.duration_s > 0:
            facts.append(f"{video.frame_count / video.duration_s:.3g} fps")
    facts.append(file_size(video.size_bytes))
    return facts
