"""What people see of the durable workflows: progress, messages, cancelling."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from db.models import Job
from db.types import now

ACTIVE = ("queued", "running")
ENDED = ("done", "failed", "cancelled")


def create(
    session: Session,
    *,
    id: str,
    kind: str,
    project_id: int,
    video_id: int | None = None,
    model_id: int | None = None,
    settings: dict[str, Any] | None = None,
    created_by: int | None = None,
) -> Job:
    """A queued job; id is the workflow's id."""
    job = Job(
        id=id,
        kind=kind,
        project_id=project_id,
        video_id=video_id,
        model_id=model_id,
        settings=settings or {},
        created_by=created_by,
    )
    session.add(job)
    session.flush()
    return job


def get(session: Session, job_id: str) -> Job | None:
    return session.get(Job, job_id)


def started(session: Session, job_id: str) -> None:
    """A worker took it up, for the first time or again after a crash."""
    job = session.get_one(Job, job_id)
    if job.state in ENDED:
        return
    job.state = "running"
    job.started_at = job.started_at or now()
    job.heartbeat_at = now()
    session.flush()


def report(
    session: Session,
    job_id: str,
    *,
    stage: str,
    done: float,
    total: float,
    speed: float | None = None,
    remaining_s: float | None = None,
) -> None:
    """Where it is. One UPDATE; also the heartbeat."""
    session.execute(
        update(Job)
        .where(Job.id == job_id)
        .values(
            stage=stage,
            done=done,
            total=total,
            speed=speed,
            remaining_s=remaining_s,
            heartbeat_at=now(),
        )
    )


def heartbeat(session: Session, job_id: str) -> None:
    """The worker still lives."""
    session.execute(update(Job).where(Job.id == job_id).values(heartbeat_at=now()))


def add_metrics(session: Session, job_id: str, row: dict[str, Any]) -> None:
    """Append one epoch of a training.

    A row with an "epoch" replaces the rows from that epoch on, so that a training that a worker's
    death sent back to its start does not show its curve twice.
    """
    job = session.get_one(Job, job_id, with_for_update=True)
    kept = job.metrics
    if "epoch" in row:
        kept = [old for old in kept if "epoch" not in old or old["epoch"] < row["epoch"]]
    job.metrics = [*kept, row]
    job.heartbeat_at = now()
    session.flush()


def ended(session: Session, job_id: str, *, state: str, message: str = "") -> None:
    """'done', 'failed' or 'cancelled', with a sentence for people where there is one to say."""
    if state not in ENDED:
        raise ValueError(f"A job cannot end as {state!r}.")
    values: dict[str, Any] = {
        "state": state,
        "message": message or None,
        "ended_at": now(),
        "remaining_s": None,
    }
    session.execute(update(Job).where(Job.id == job_id).values(**values))


def set_model(session: Session, job_id: str, model_id: int) -> None:
    """The model version a training has produced, or a proposing job has used."""
    session.execute(update(Job).where(Job.id == job_id).values(model_id=model_id))


def request_cancel(session: Session, job_id: str) -> None:
    """Ask it to stop: at once when still queued, else at the worker's next look."""
    moment = now()
    session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state == "queued")
        .values(state="cancelled", cancel_requested=True, ended_at=moment)
    )
    session.execute(
        update(Job).where(Job.id == job_id, Job.state == "running").values(cancel_requested=True)
    )


def forget(session: Session, job_id: str) -> None:
    """Remove the row of a job that has ended."""
    session.execute(delete(Job).where(Job.id == job_id, Job.state.in_(ENDED)))


def cancel_requested(session: Session, job_id: str) -> bool:
    """Whether somebody asked this job to stop."""
    return bool(session.scalar(select(Job.cancel_requested).where(Job.id == job_id)))


def active(session: Session, project_id: int | None = None) -> Sequence[Job]:
    """Queued and running jobs (of one project), oldest first."""
    query = select(Job).where(Job.state.in_(ACTIVE)).order_by(Job.created_at, Job.id)
    if project_id is not None:
        query = query.where(Job.project_id == project_id)
    return session.scalars(query).all()


def stale(session: Session, *, after_s: float) -> Sequence[Job]:
    """Running jobs whose worker has not been heard of for `after_s` seconds."""
    return session.scalars(
        select(Job).where(
            Job.state == "running", Job.heartbeat_at < now() - timedelta(seconds=after_s)
        )
    ).all()


def latest_for_video(session: Session, video_id: int) -> Job | None:
    """The newest job of a video."""
    return session.scalars(
        select(Job).where(Job.video_id == video_id).order_by(Job.created_at.desc(), Job.id).limit(1)
    ).first()


def latest_by_video(session: Session, project_id: int) -> dict[int, Job]:
    """The newest job of each of the project's videos, by video id."""
    rows = session.scalars(
        select(Job)
        .where(Job.project_id == project_id, Job.video_id.is_not(None))
        .order_by(Job.created_at, Job.id.desc())
    )
    return {job.video_id: job for job in rows if job.video_id is not None}


def latest_of_kind(session: Session, project_id: int, kind: str) -> Job | None:
    """The newest job of this kind in the project, whatever its state."""
    return session.scalars(
        select(Job)
        .where(Job.project_id == project_id, Job.kind == kind)
        .order_by(Job.created_at.desc(), Job.id)
        .limit(1)
    ).first()
