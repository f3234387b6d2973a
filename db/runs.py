"""Runs of a model over a video, and the proposals each left."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from db.models import Model, Proposal, Run, Video


def store_run(
    session: Session,
    *,
    video_id: int,
    model_id: int,
    person: int | None,
    settings: dict[str, Any],
    timings: dict[str, Any],
    proposals: Iterable[dict[str, Any]],
) -> int:
    """Store a run with all its proposals, or nothing; returns the run's id.

    proposals: class_name, start_frame, end_frame, start_s, end_s, score, start_spread_s,
    end_spread_s each.
    """
    run = Run(
        video_id=video_id, model_id=model_id, person=person, settings=settings, timings=timings
    )
    with session.begin_nested():
        session.add(run)
        session.flush()
        rows = [{**proposal, "run_id": run.id} for proposal in proposals]
        if rows:
            session.execute(insert(Proposal), rows)
    return run.id


def latest_run(session: Session, video_id: int, model_id: int | None = None) -> Run | None:
    """The video's newest run (of one model version), with its `.model`."""
    query = select(Run).where(Run.video_id == video_id).order_by(Run.id.desc()).limit(1)
    if model_id is not None:
        query = query.where(Run.model_id == model_id)
    return session.scalars(query).first()


def latest_run_id(session: Session, video_id: int) -> int | None:
    """The id of the video's newest run; None = there is none."""
    return session.scalar(select(func.max(Run.id)).where(Run.video_id == video_id))


def newest_of_each_model(session: Session, video_id: int) -> list[dict[str, Any]]:
    """[{id, model_id, model_name}]: the newest run of every model over the video, newest first."""
    newest = select(func.max(Run.id)).where(Run.video_id == video_id).group_by(Run.model_id)
    rows = session.execute(
        select(Run.id, Run.model_id, Model.name.label("model_name"))
        .join(Model, Model.id == Run.model_id)
        .where(Run.id.in_(newest))
        .order_by(Run.id.desc())
    )
    return [dict(row._mapping) for row in rows]


def latest_models(session: Session, project_id: int) -> dict[int, int]:
    """Which model version the newest proposals of each of the project's videos are of."""
    newest = (
        select(func.max(Run.id))
        .join(Video, Video.id == Run.video_id)
        .where(Video.project_id == project_id)
        .group_by(Run.video_id)
    )
    rows = session.execute(select(Run.video_id, Run.model_id).where(Run.id.in_(newest)))
    return {video_id: model_id for video_id, model_id in rows}


def list_proposals(session: Session, run_id: int) -> Sequence[Proposal]:
    """The run's proposals in order of time."""
    return session.scalars(
        select(Proposal)
        .where(Proposal.run_id == run_id)
        .order_by(Proposal.start_frame, Proposal.end_frame, Proposal.id)
    ).all()
