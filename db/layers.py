"""What lies on a video, layer by layer, as a page sees it: few queries, however many layers."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from db.desk_models import Comment
from db.models import Annotation, Segment, User

#: id, kind, user_id, revision, finished, seen, labelled_at, author (None for the result)
Layer = Row[Any]

_COLUMNS = (
    Annotation.id,
    Annotation.kind,
    Annotation.user_id,
    Annotation.revision,
    Annotation.finished,
    Annotation.seen,
    Annotation.labelled_at,
    User.name.label("author"),
)


def list_layers(session: Session, video_id: int) -> Sequence[Layer]:
    """All layers of the video, oldest first."""
    return session.execute(
        select(*_COLUMNS)
        .outerjoin(User, User.id == Annotation.user_id)
        .where(Annotation.video_id == video_id)
        .order_by(Annotation.id)
    ).all()


def as_json(session: Session, annotation_id: int) -> dict[str, Any]:
    """One layer's state; see `states`."""
    layer = session.execute(
        select(*_COLUMNS)
        .outerjoin(User, User.id == Annotation.user_id)
        .where(Annotation.id == annotation_id)
    ).one()
    return states(session, [layer])[annotation_id]


def states(session: Session, layers: Collection[Layer]) -> dict[int, dict[str, Any]]:
    """By id: {id, revision, finished, seen, segments, comments} without what is deleted.

    Segments and comments are in order of time.
    """
    if not layers:
        return {}
    found: dict[int, dict[str, Any]] = {
        layer.id: {
            "id": layer.id,
            "revision": layer.revision,
            "finished": layer.finished,
            "seen": layer.seen,
            "segments": [],
            "comments": [],
        }
        for layer in layers
    }
    for segment in session.execute(
        select(
            Segment.annotation_id,
            Segment.id,
            Segment.tier_id,
            Segment.class_id,
            Segment.start_frame,
            Segment.end_frame,
            Segment.proposal_id,
            Segment.unsure,
            Segment.last_edit,
        )
        .where(Segment.annotation_id.in_(found), Segment.deleted.is_(False))
        .order_by(Segment.start_frame, Segment.end_frame, Segment.id)
    ):
        annotation_id, segment_id, tier_id, class_id, start, end, proposal, unsure, edit = segment
        found[annotation_id]["segments"].append(
            {
                "id": segment_id,
                "tier_id": tier_id,
                "class_id": class_id,
                "start_frame": start,
                "end_frame": end,
                "proposal_id": proposal,
                "unsure": unsure,
                "last_edit": edit,
            }
        )
    authors = {layer.id: layer.author for layer in layers}
    for comment in session.execute(
        select(Comment.__table__)
        .where(Comment.annotation_id.in_(found), Comment.deleted.is_(False))
        .order_by(Comment.start_frame, Comment.created_at, Comment.id)
    ):
        found[comment.annotation_id]["comments"].append(
            {
                "id": comment.id,
                "segment_id": comment.segment_id,
                "start_frame": comment.start_frame,
                "end_frame": comment.end_frame,
                "reply_to": comment.reply_to,
                "resolves": comment.resolves,
                "text": comment.text,
                "author": authors[comment.annotation_id],
                "created_at": comment.created_at.isoformat(),
                "last_edit": comment.last_edit,
            }
        )
    return found
