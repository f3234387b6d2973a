"""What the library says about each video, and what can be done with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import jobs
from db.models import Job, Video
from db.videos import list_videos


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

    video: None for a recording of the demo project that is still being made. key: tells the lines
    of a page apart.
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
    """The project's videos, newest first, then recordings that are still being made."""
    latest = jobs.latest_by_video(session, project_id)
    return [
        *(row(video, latest.get(video.id)) for video in list_videos(session, project_id)),
        *(being_made(job) for job in _without_video(session, project_id)),
    ]


def _without_video(session: Session, project_id: int) -> Sequence[Job]:
    """The newest job of each recording of the demo project that has no video yet, by name."""
    imports = session.scalars(
        select(Job)
        .where(Job.project_id == project_id, Job.kind == "import")
        .order_by(Job.created_at, Job.id)
    )
    newest = {job.settings["demo"]: job for job in imports if "demo" in job.settings}
    return [newest[name] for name in sorted(newest) if newest[name].video_id is None]


def being_made(job: Job) -> Row:
    """The line of a recording of the demo project that is not there yet."""
    busy = job.state in jobs.ACTIVE
    share = _share(job) if busy else None
    return Row(
        key=f"demo-{job.id}",
        name=job.settings["demo"],
        video=None,
        job=job,
        state="Waiting" if job.state == "queued" else "Importing" if busy else "Not made",
        colour="gray" if busy else "red",
        about="A recording of the demo project",
        message="" if busy else job.message or "It was stopped before it was complete.",
        serious=job.state == "failed",
        share=share,
        progress=progress_text(job, share or 0.0) if busy else "",
        actions=(Action.CANCEL,) if busy else (Action.RETRY,),
    )


def _share(job: Job) -> float:
    return min(1.0, max(0.0, job.done / job.total)) if job.total else 0.0


def row(video: Video, job: Job | None) -> Row:
    """The line of one video with its newest job."""
    busy = job is not None and job.state in jobs.ACTIVE
    state, colour = _state(video, job, busy)
    message, serious = _message(video, job, busy)
    share = _share(job) if job is not None and busy else None
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
        share=share,
        progress=progress_text(job, share or 0.0) if job is not None and busy else "",
        actions=_actions(video, job, busy),
    )


def _state(video: Video, job: Job | None, busy: bool) -> tuple[str, str]:
    if video.state == "failed":
        return "Failed", "red"
    if busy and job is not None:
        if job.state == "queued":
            return "Waiting", "gray"
        return ("Importing" if job.kind == "import" else "Proposing"), "blue"
    if video.state == "importing":
        return "Not imported", "orange"
    if job is not None and job.kind == "propose" and job.state == "done":
        return "Ready", "green"
    return "No proposals", "orange"


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


def progress_text(job: Job, share: float) -> str:
    """Stage, percentage, speed and remaining time of a job that is under way."""
    if job.cancel_requested:
        return "Stopping"
    if job.state == "queued":
        return "Waiting for its turn"
    words = [job.stage or "Starting", f"{share:.0%}"]
    if job.speed and job.kind == "propose":
        words.append(f"{job.speed:.1f}x real time")
    if job.remaining_s is not None:
        words.append(f"{clock(job.remaining_s)} left")
    return " · ".join(words)


def clock(seconds: float) -> str:
    """Hours, minutes and seconds as people write them: 0:07, 12:30, 1:02:00."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def file_size(size_bytes: int) -> str:
    """In the unit that reads best."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6)):
        if size_bytes >= factor:
            return f"{size_bytes / factor:.1f} {unit}"
    return f"{max(1, round(size_bytes / 1e3))} kB"
