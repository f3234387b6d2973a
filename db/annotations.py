"""One author's layer on one video, or the video's result: made, and changed edit by edit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db.desk_models import Comment
from db.edit_json import changes_as_json, parse_changes, parse_edit
from db.locks import check_locks
from db.models import Annotation, Edit, Segment
from db.operations import (
    BadEdit,
    Conflict,
    Piece,
    Put,
    Remark,
    Remove,
    Say,
    Span,
    State,
    Unsay,
    apply,
    merge_spans,
    only_comments,
    same_effect,
    target,
)
from db.operations import Edit as Operation
from db.references import check_references
from db.types import now


@dataclass(frozen=True)
class Applied:
    """What became of an edit.

    revision: the annotation's revision the edit led to; for a refused one the present revision.
    """

    status: Literal["applied", "duplicate", "refused"]
    revision: int
    message: str = ""


def ensure_annotation(session: Session, *, video_id: int, user_id: int) -> Annotation:
    """The user's layer on the video, made empty when there is none yet."""
    query = select(Annotation).where(Annotation.video_id == video_id, Annotation.user_id == user_id)
    return session.scalar(query) or _made(session, Annotation(video_id=video_id, user_id=user_id))


def ensure_result(session: Session, video_id: int) -> Annotation:
    """The video's one result, edited by several people; made empty when there is none yet."""
    query = select(Annotation).where(Annotation.video_id == video_id, Annotation.kind == "result")
    return session.scalar(query) or _made(session, Annotation(video_id=video_id, kind="result"))


def _made(session: Session, annotation: Annotation) -> Annotation:
    """The new layer, or the one that another process has made at the same moment."""
    same = select(Annotation).where(
        Annotation.video_id == annotation.video_id,
        Annotation.user_id.is_(None)
        if annotation.user_id is None
        else Annotation.user_id == annotation.user_id,
    )
    try:
        with session.begin_nested():
            session.add(annotation)
    except IntegrityError:
        return session.scalars(same).one()
    return annotation


def find_annotation(session: Session, *, video_id: int, user_id: int) -> Annotation | None:
    """The person's layer on the video; None while there is none."""
    return session.scalar(
        select(Annotation).where(Annotation.video_id == video_id, Annotation.user_id == user_id)
    )


def get_annotation(session: Session, annotation_id: int) -> Annotation | None:
    return session.get(Annotation, annotation_id)


def list_segments(session: Session, annotation_id: int) -> Sequence[Segment]:
    """The segments that are not deleted, in order of time."""
    return session.scalars(
        select(Segment)
        .where(Segment.annotation_id == annotation_id, Segment.deleted.is_(False))
        .order_by(Segment.start_frame, Segment.end_frame, Segment.id)
    ).all()


def add_seen(session: Session, annotation_id: int, spans: Iterable[Span]) -> list[list[int]]:
    """Add to what was really looked at; -> all of it, [[start_frame, end_frame], ...]."""
    annotation = _locked(session, annotation_id)
    merged = merge_spans([*_spans(annotation.seen), *spans])
    if merged != _spans(annotation.seen):
        annotation.seen = [list(span) for span in merged]
        session.flush()
    return annotation.seen


def apply_edit(
    session: Session, annotation_id: int, user_id: int, edit: Any, times: Sequence[float]
) -> Applied:
    """Apply a client's edit (see `db.edit_json.parse_edit`) whole, once, or not at all.

    times: (N + 1,) seconds, the start of each displayed frame and the end of the last.
    The same edit again is a 'duplicate' and changes nothing. One whose segments or comments were
    changed since, or whose tier is locked, is 'refused' and changes nothing. BadEdit when it could
    never be applied.
    """
    operation = parse_edit(edit)
    annotation = _locked(session, annotation_id)
    stored = {
        "kind": operation.kind,
        "changes": changes_as_json(operation.changes),
        "undoes": operation.undoes,
    }
    known = session.get(Edit, operation.id)
    if known is not None:
        if known.annotation_id != annotation_id or known.operation != stored:
            raise BadEdit("This edit's id was already used for another edit.")
        return Applied("duplicate", known.revision)
    try:
        check_references(session, annotation, operation, frame_count=len(times) - 1)
        segments, comments = _touched(session, annotation_id, operation)
        _check_basis(session, annotation, operation)
        state, inverse = apply(_state(annotation, segments, comments), operation)
        check_locks(session, annotation_id, user_id, _tiers(operation, segments))
    except Conflict as conflict:
        return Applied("refused", annotation.revision, str(conflict))

    moment = now()
    annotation.revision += 1
    session.add(
        Edit(
            id=operation.id,
            annotation_id=annotation_id,
            revision=annotation.revision,
            base_revision=operation.base_revision,
            user_id=user_id,
            operation=stored,
            inverse=changes_as_json(inverse),
            created_at=moment,
        )
    )
    if not only_comments(operation):
        annotation.labelled_at = moment
        annotation.finished = [list(span) for span in state.finished]
    session.flush()  # segments and comments refer to the edit
    for piece in state.segments.values():
        _write_segment(session, segments.get(piece.id), annotation_id, piece, times)
    session.flush()  # comments refer to segments
    for remark in state.comments.values():
        _write_comment(session, comments.get(remark.id), annotation_id, remark)
    session.flush()
    return Applied("applied", annotation.revision)


def load_state(session: Session, annotation_id: int) -> State:
    """The whole layer, tombstones too."""
    annotation = session.get_one(Annotation, annotation_id)
    segments = session.scalars(select(Segment).where(Segment.annotation_id == annotation_id))
    comments = session.scalars(select(Comment).where(Comment.annotation_id == annotation_id))
    return _state(annotation, {row.id: row for row in segments}, {row.id: row for row in comments})


def _locked(session: Session, annotation_id: int) -> Annotation:
    """The layer as it is now. A row lock (on SQLite: BEGIN IMMEDIATE) makes writers take turns."""
    return session.get_one(Annotation, annotation_id, with_for_update=True, populate_existing=True)


def _state(
    annotation: Annotation, segments: dict[str, Segment], comments: dict[str, Comment]
) -> State:
    pieces = {
        row.id: Piece(
            id=row.id,
            class_id=row.class_id,
            tier_id=row.tier_id,
            start_frame=row.start_frame,
            end_frame=row.end_frame,
            proposal_id=row.proposal_id,
            unsure=row.unsure,
            last_edit=row.last_edit,
            deleted=row.deleted,
        )
        for row in segments.values()
    }
    remarks = {
        row.id: Remark(
            id=row.id,
            segment_id=row.segment_id,
            start_frame=row.start_frame,
            end_frame=row.end_frame,
            reply_to=row.reply_to,
            resolves=row.resolves,
            text=row.text,
            last_edit=row.last_edit,
            deleted=row.deleted,
        )
        for row in comments.values()
    }
    return State(pieces, _spans(annotation.finished), remarks)


def _spans(stored: list[Any]) -> tuple[Span, ...]:
    return tuple((start, end) for start, end in stored)


def _touched(
    session: Session, annotation_id: int, operation: Operation
) -> tuple[dict[str, Segment], dict[str, Comment]]:
    """The rows that the edit is about, as they are now."""
    segments: dict[str, Segment] = {}
    comments: dict[str, Comment] = {}
    fresh = {"populate_existing": True}
    ids = [target(change) for change in operation.changes if isinstance(change, Put | Remove)]
    if ids:
        of_segments = select(Segment).where(Segment.id.in_(ids)).execution_options(**fresh)
        segments = {row.id: row for row in session.scalars(of_segments)}
    ids = [target(change) for change in operation.changes if isinstance(change, Say | Unsay)]
    if ids:
        of_comments = select(Comment).where(Comment.id.in_(ids)).execution_options(**fresh)
        comments = {row.id: row for row in session.scalars(of_comments)}
    if any(row.annotation_id != annotation_id for row in segments.values()):
        raise BadEdit("This segment's id is already used in another annotation.")
    if any(row.annotation_id != annotation_id for row in comments.values()):
        raise BadEdit("This comment's id is already used in another annotation.")
    return segments, comments


def _tiers(operation: Operation, segments: dict[str, Segment]) -> set[int]:
    """The tiers whose segments the edit changes: where they were and where they come to lie."""
    tiers = {row.tier_id for row in segments.values()}
    return tiers | {change.piece.tier_id for change in operation.changes if isinstance(change, Put)}


def _check_basis(session: Session, annotation: Annotation, operation: Operation) -> None:
    if operation.base_revision > annotation.revision:
        raise Conflict("An earlier edit that this one builds on was not applied.")
    if operation.undoes is None:
        return
    undone = session.get(Edit, operation.undoes)
    if undone is None or undone.annotation_id != annotation.id:
        raise Conflict("The edit to undo was not applied.")
    if not same_effect(operation.changes, parse_changes(undone.inverse)):
        raise BadEdit("An undo makes exactly the changes that take its edit back.")


def _write_segment(
    session: Session,
    row: Segment | None,
    annotation_id: int,
    piece: Piece,
    times: Sequence[float],
) -> None:
    if row is None:
        row = Segment(id=piece.id, annotation_id=annotation_id)
        session.add(row)
    row.class_id = piece.class_id
    row.tier_id = piece.tier_id
    row.start_frame = piece.start_frame
    row.end_frame = piece.end_frame
    row.start_s = float(times[piece.start_frame])
    row.end_s = float(times[piece.end_frame])
    row.proposal_id = piece.proposal_id
    row.unsure = piece.unsure
    row.deleted = piece.deleted
    row.last_edit = piece.last_edit


def _write_comment(
    session: Session, row: Comment | None, annotation_id: int, remark: Remark
) -> None:
    if row is None:
        row = Comment(id=remark.id, annotation_id=annotation_id)
        session.add(row)
    row.segment_id = remark.segment_id
    row.start_frame = remark.start_frame
    row.end_frame = remark.end_frame
    row.reply_to = remark.reply_to
    row.resolves = remark.resolves
    row.text = remark.text
    row.deleted = remark.deleted
    row.last_edit = remark.last_edit
