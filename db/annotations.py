"""One author's layer on one video: segments, finished spans and the log of edits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db.models import Annotation, Class, Edit, Proposal, Run, Segment, Video
from db.operations import (
    BadEdit,
    Conflict,
    Finish,
    Piece,
    Put,
    Remove,
    Span,
    State,
    apply,
    changes_as_json,
    parse_changes,
    parse_edit,
    same_effect,
)
from db.operations import Edit as Operation


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
    known = session.scalar(query)
    if known is not None:
        return known
    annotation = Annotation(video_id=video_id, user_id=user_id)
    try:
        with session.begin_nested():
            session.add(annotation)
    except IntegrityError:
        return session.scalars(query).one()
    return annotation


def find_annotation(session: Session, *, video_id: int, user_id: int) -> Annotation | None:
    """The person's layer on the video; None while there is none."""
    return session.scalar(
        select(Annotation).where(Annotation.video_id == video_id, Annotation.user_id == user_id)
    )


def get_annotation(session: Session, annotation_id: int) -> Annotation | None:
    return session.get(Annotation, annotation_id)


def list_annotations(session: Session, video_id: int) -> Sequence[Annotation]:
    """All layers on the video."""
    return session.scalars(
        select(Annotation).where(Annotation.video_id == video_id).order_by(Annotation.id)
    ).all()


def list_segments(session: Session, annotation_id: int) -> Sequence[Segment]:
    """The segments that are not deleted, in order of time."""
    return session.scalars(
        select(Segment)
        .where(Segment.annotation_id == annotation_id, Segment.deleted.is_(False))
        .order_by(Segment.start_frame, Segment.end_frame, Segment.id)
    ).all()


def list_edits(session: Session, annotation_id: int) -> Sequence[Edit]:
    """The log, oldest first."""
    return session.scalars(
        select(Edit).where(Edit.annotation_id == annotation_id).order_by(Edit.revision)
    ).all()


def last_edited(session: Session, annotation_id: int) -> datetime | None:
    """When the layer was last changed; None = never."""
    return session.scalar(
        select(func.max(Edit.created_at)).where(Edit.annotation_id == annotation_id)
    )


def as_json(session: Session, annotation_id: int) -> dict[str, Any]:
    """The layer as a client sees it: {id, revision, finished, segments: [...]}."""
    annotation = session.get_one(Annotation, annotation_id)
    return {
        "id": annotation.id,
        "revision": annotation.revision,
        "finished": annotation.finished,
        "segments": [
            {
                "id": segment.id,
                "tier_id": segment.tier_id,
                "class_id": segment.class_id,
                "start_frame": segment.start_frame,
                "end_frame": segment.end_frame,
                "proposal_id": segment.proposal_id,
                "last_edit": segment.last_edit,
            }
            for segment in list_segments(session, annotation_id)
        ],
    }


def apply_edit(
    session: Session, annotation_id: int, user_id: int, edit: Any, times: Sequence[float]
) -> Applied:
    """Apply a client's edit (see `db.operations.parse_edit`) whole, once, or not at all.

    times: (N + 1,) seconds, the start of each displayed frame and the end of the last.
    The same edit again is a 'duplicate' and changes nothing. One whose segments were changed since
    is 'refused' and changes nothing. BadEdit when it could never be applied.
    """
    operation = parse_edit(edit)
    # The row lock (on SQLite: BEGIN IMMEDIATE) makes two processes take turns.
    annotation = session.get_one(
        Annotation, annotation_id, with_for_update=True, populate_existing=True
    )
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
    _check_references(session, annotation, operation, frame_count=len(times) - 1)
    rows = _touched(session, annotation_id, operation)
    try:
        _check_basis(session, annotation, operation)
        state, inverse = apply(_state(rows, annotation), operation)
    except Conflict as conflict:
        return Applied("refused", annotation.revision, str(conflict))

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
        )
    )
    session.flush()  # segments refer to the edit
    for piece in state.segments.values():
        _write(session, rows.get(piece.id), annotation_id, piece, times)
    annotation.finished = [list(span) for span in state.finished]
    session.flush()
    return Applied("applied", annotation.revision)


def stored_operation(row: Edit) -> Operation:
    """A row of the log as an edit of `db.operations`."""
    return Operation(
        id=row.id,
        base_revision=row.base_revision,
        kind=row.operation["kind"],
        changes=parse_changes(row.operation["changes"]),
        undoes=row.operation["undoes"],
    )


def load_state(session: Session, annotation_id: int) -> State:
    """The whole layer, tombstones too."""
    annotation = session.get_one(Annotation, annotation_id)
    rows = session.scalars(select(Segment).where(Segment.annotation_id == annotation_id))
    return _state({row.id: row for row in rows}, annotation)


def _state(rows: dict[str, Segment], annotation: Annotation) -> State:
    pieces = {
        row.id: Piece(
            id=row.id,
            class_id=row.class_id,
            tier_id=row.tier_id,
            start_frame=row.start_frame,
            end_frame=row.end_frame,
            proposal_id=row.proposal_id,
            last_edit=row.last_edit,
            deleted=row.deleted,
        )
        for row in rows.values()
    }
    finished: tuple[Span, ...] = tuple((start, end) for start, end in annotation.finished)
    return State(pieces, finished)


def _touched(session: Session, annotation_id: int, operation: Operation) -> dict[str, Segment]:
    ids = [change.piece.id for change in operation.changes if isinstance(change, Put)]
    ids += [change.segment_id for change in operation.changes if isinstance(change, Remove)]
    rows = {
        row.id: row
        for row in session.scalars(
            select(Segment).where(Segment.id.in_(ids)).execution_options(populate_existing=True)
        )
    }
    if any(row.annotation_id != annotation_id for row in rows.values()):
        raise BadEdit("This segment's id is already used in another annotation.")
    return rows


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


def _check_references(
    session: Session, annotation: Annotation, operation: Operation, *, frame_count: int
) -> None:
    video = session.get_one(Video, annotation.video_id)
    for change in operation.changes:
        if isinstance(change, Finish):
            if change.spans and change.spans[-1][1] > frame_count:
                raise BadEdit(f"This video has {frame_count} frames.")
        elif isinstance(change, Put):
            piece = change.piece
            if piece.end_frame > frame_count:
                raise BadEdit(f"This video has {frame_count} frames.")
            kind = session.get(Class, piece.class_id)
            if kind is None or kind.project_id != video.project_id:
                raise BadEdit("This class does not belong to the project.")
            if kind.tier_id != piece.tier_id:
                raise BadEdit("This class belongs to another tier.")
            if piece.proposal_id is not None and not session.scalar(
                select(Proposal.id)
                .join(Run, Run.id == Proposal.run_id)
                .where(Proposal.id == piece.proposal_id, Run.video_id == video.id)
            ):
                raise BadEdit("This proposal does not belong to the video.")


def _write(
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
    row.deleted = piece.deleted
    row.last_edit = piece.last_edit
