"""The log of a layer's edits: append-only, numbered 1, 2, 3, ... by the revision each led to."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from db.edit_json import parse_changes
from db.models import Edit, User
from db.operations import Edit as Operation


def list_edits(session: Session, annotation_id: int) -> Sequence[Edit]:
    """The whole log, oldest first."""
    return session.scalars(
        select(Edit).where(Edit.annotation_id == annotation_id).order_by(Edit.revision)
    ).all()


def stored_operation(row: Edit) -> Operation:
    """A row of the log as an edit of `db.operations`."""
    return Operation(
        id=row.id,
        base_revision=row.base_revision,
        kind=row.operation["kind"],
        changes=parse_changes(row.operation["changes"]),
        undoes=row.operation["undoes"],
    )


def entries_before(
    session: Session, annotation_id: int, before: int | None, count: int
) -> list[dict[str, Any]]:
    """The newest `count` entries with a revision below `before` (None: of all), oldest first.

    An entry is {id, revision, kind, changes, inverse, undoes, author, user_id, created_at}.
    """
    wanted = Edit.annotation_id == annotation_id
    if before is not None:
        wanted = and_(wanted, Edit.revision < before)
    query = _entries(wanted).order_by(Edit.revision.desc()).limit(count)
    return [_as_json(row) for row in reversed(session.execute(query).all())]


def entries_since(session: Session, known: Mapping[int, int]) -> dict[int, list[dict[str, Any]]]:
    """By annotation id, its entries after the revision that is known of it, oldest first."""
    if not known:
        return {}
    wanted = or_(
        *(
            and_(Edit.annotation_id == annotation_id, Edit.revision > revision)
            for annotation_id, revision in known.items()
        )
    )
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in session.execute(_entries(wanted).order_by(Edit.annotation_id, Edit.revision)):
        found[row.annotation_id].append(_as_json(row))
    return dict(found)


def _entries(wanted: ColumnElement[bool]) -> Any:
    return (
        select(
            Edit.annotation_id,
            Edit.id,
            Edit.revision,
            Edit.operation,
            Edit.inverse,
            Edit.created_at,
            Edit.user_id,
            User.name,
        )
        .join(User, User.id == Edit.user_id)
        .where(wanted)
    )


def _as_json(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "revision": row.revision,
        "kind": row.operation["kind"],
        "changes": row.operation["changes"],
        "inverse": row.inverse,
        "undoes": row.operation["undoes"],
        "author": row.name,
        "user_id": row.user_id,
        "created_at": row.created_at.isoformat(),
    }
