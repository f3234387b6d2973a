"""Whether what an edit names exists and belongs together: asked in sets, not change by change."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from db.desk_models import Comment
from db.models import Annotation, Class, Proposal, Run, Segment, Video
from db.operations import BadEdit, Conflict, Edit, Finish, Piece, Put, Remark, Say


def check_references(
    session: Session, annotation: Annotation, operation: Edit, *, frame_count: int
) -> None:
    """BadEdit for what can never be; Conflict for a comment on something that is not there."""
    video = session.get_one(Video, annotation.video_id)
    pieces = [change.piece for change in operation.changes if isinstance(change, Put)]
    remarks = [change.remark for change in operation.changes if isinstance(change, Say)]
    ends = [piece.end_frame for piece in pieces] + [remark.end_frame for remark in remarks]
    for change in operation.changes:
        if isinstance(change, Finish):
            ends += [end for _, end in change.spans[-1:]]
    if ends and max(ends) > frame_count:
        raise BadEdit(f"This video has {frame_count} frames.")
    _check_pieces(session, video, pieces)
    if remarks:
        if annotation.kind != "own":
            raise BadEdit("Comments are part of your own labels, not of the result.")
        _check_remarks(session, video, remarks, new={piece.id for piece in pieces})


def _check_pieces(session: Session, video: Video, pieces: list[Piece]) -> None:
    tiers: dict[int, int] = {}
    wanted = {piece.class_id for piece in pieces}
    if wanted:
        query = select(Class.id, Class.tier_id).where(
            Class.project_id == video.project_id, Class.id.in_(wanted)
        )
        tiers = {class_id: tier_id for class_id, tier_id in session.execute(query)}
    for piece in pieces:
        if piece.class_id not in tiers:
            raise BadEdit("This class does not belong to the project.")
        if tiers[piece.class_id] != piece.tier_id:
            raise BadEdit("This class belongs to another tier.")
    proposals = {piece.proposal_id for piece in pieces if piece.proposal_id is not None}
    of_video = (
        select(Proposal.id)
        .join(Run, Run.id == Proposal.run_id)
        .where(Proposal.id.in_(proposals), Run.video_id == video.id)
    )
    if _missing(session, proposals, of_video):
        raise BadEdit("This proposal does not belong to the video.")


def _check_remarks(
    session: Session, video: Video, remarks: list[Remark], *, new: Collection[str]
) -> None:
    """new: ids of the segments that the same edit makes."""
    of_video = Annotation.video_id == video.id
    segments = {remark.segment_id for remark in remarks if remark.segment_id} - set(new)
    known = select(Segment.id).join(Annotation, Annotation.id == Segment.annotation_id)
    if _missing(session, segments, known.where(Segment.id.in_(segments), of_video)):
        raise Conflict("The segment of this comment is not there.")
    said: set[str] = set()
    answered: set[str] = set()
    for remark in remarks:
        if remark.reply_to is not None and remark.reply_to not in said:
            answered.add(remark.reply_to)
        said.add(remark.id)
    known = select(Comment.id).join(Annotation, Annotation.id == Comment.annotation_id)
    if _missing(session, answered, known.where(Comment.id.in_(answered), of_video)):
        raise Conflict("The comment that this one answers is not there.")


def _missing(session: Session, wanted: Iterable[Any], query: Select[Any]) -> bool:
    """Whether the query for the wanted ids leaves some of them out; nothing wanted: not asked."""
    ids = set(wanted)
    return bool(ids) and ids != set(session.scalars(query))
