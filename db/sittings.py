"""Sittings: how long people worked on a recording, and with how many actions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db.desk_models import Sitting
from db.models import Annotation, Project, Video


class SittingError(Exception):
    """Why a sitting cannot be kept, as a sentence for people."""


@dataclass(frozen=True)
class Totals:
    """What a page has counted since it was opened. active_s: seconds in which somebody worked.

    actions: how often each command was used. segments: how many were labelled.
    """

    active_s: float
    actions: dict[str, int]
    segments: int


def save_sitting(
    session: Session,
    *,
    sitting_id: str,
    annotation_id: int,
    user_id: int,
    proposals: str,
    began_at: datetime,
    totals: Totals,
) -> None:
    """Keep the running totals; a message that comes late or twice changes nothing.

    SittingError when the id is already used for another person, layer or mode.
    """
    known = session.get(Sitting, sitting_id, with_for_update=True, populate_existing=True)
    if known is None:
        new = Sitting(
            id=sitting_id,
            annotation_id=annotation_id,
            user_id=user_id,
            proposals=proposals,
            began_at=began_at,
            active_s=totals.active_s,
            actions=totals.actions,
            segments=totals.segments,
        )
        try:
            with session.begin_nested():
                session.add(new)
            return
        except IntegrityError:  # the same message, twice at the same moment
            known = session.get_one(Sitting, sitting_id, with_for_update=True)
    if (known.annotation_id, known.user_id, known.proposals) != (annotation_id, user_id, proposals):
        raise SittingError("This sitting's id was already used for another one.")
    before = (known.active_s, sum(known.actions.values()))
    if (totals.active_s, sum(totals.actions.values())) >= before:
        known.active_s = totals.active_s
        known.actions = totals.actions
        known.segments = totals.segments
        session.flush()


def list_sittings(session: Session, project_name: str | None = None) -> Sequence[Row[Any]]:
    """project, video_id, video, proposals, active_s, actions and segments of each sitting.

    In order of project, video and beginning. project_name: only that project's.
    """
    query = (
        select(
            Project.name.label("project"),
            Video.id.label("video_id"),
            Video.original_name.label("video"),
            Sitting.proposals,
            Sitting.active_s,
            Sitting.actions,
            Sitting.segments,
        )
        .join(Annotation, Annotation.id == Sitting.annotation_id)
        .join(Video, Video.id == Annotation.video_id)
        .join(Project, Project.id == Video.project_id)
        .order_by(Project.id, Video.id, Sitting.began_at, Sitting.id)
    )
    if project_name is not None:
        query = query.where(Project.name == project_name)
    return session.execute(query).all()
