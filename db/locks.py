"""Locks: who holds a tier of a layer, so that nobody changes its segments meanwhile."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.desk_models import TierLock
from db.models import Annotation, Tier, User, Video
from db.operations import Conflict


class LockError(Exception):
    """Why a tier cannot be locked or let go, as a sentence for people."""


def take_lock(
    session: Session, *, annotation_id: int, tier_id: int, user_id: int, may_take_over: bool
) -> None:
    """Hold the tier of this layer. LockError when there is no such tier or somebody else holds it.

    may_take_over: somebody else's lock is taken over instead.
    """
    held = _held(session, annotation_id, tier_id, user_id, may_take_over)
    if held is None:
        lock = TierLock(annotation_id=annotation_id, tier_id=tier_id, user_id=user_id)
        session.add(lock)
    elif held.user_id != user_id:
        session.delete(held)
        session.flush()
        session.add(TierLock(annotation_id=annotation_id, tier_id=tier_id, user_id=user_id))
    session.flush()


def release_lock(
    session: Session, *, annotation_id: int, tier_id: int, user_id: int, may_take_over: bool
) -> None:
    """Let the tier go; nothing happens when nobody holds it. LockError as in `take_lock`."""
    held = _held(session, annotation_id, tier_id, user_id, may_take_over)
    if held is not None:
        session.delete(held)
        session.flush()


def list_locks(session: Session, video_id: int) -> list[dict[str, Any]]:
    """[{annotation_id, tier_id, user_id, name, since}] of all the video's layers."""
    rows = session.execute(
        select(
            TierLock.annotation_id, TierLock.tier_id, TierLock.user_id, User.name, TierLock.since
        )
        .join(User, User.id == TierLock.user_id)
        .join(Annotation, Annotation.id == TierLock.annotation_id)
        .where(Annotation.video_id == video_id)
        .order_by(TierLock.annotation_id, TierLock.tier_id)
    )
    return [{**row._mapping, "since": row.since.isoformat()} for row in rows]


def check_locks(
    session: Session, annotation_id: int, user_id: int, tier_ids: Collection[int]
) -> None:
    """Conflict that names the holder when one of these tiers of the layer is locked."""
    if not tier_ids:
        return
    held = session.execute(
        select(TierLock.user_id, User.name, Tier.name.label("tier"))
        .join(User, User.id == TierLock.user_id)
        .join(Tier, Tier.id == TierLock.tier_id)
        .where(TierLock.annotation_id == annotation_id, TierLock.tier_id.in_(tier_ids))
    ).first()
    if held is None:
        return
    if held.user_id == user_id:
        raise Conflict(f"You have locked “{held.tier}”. Unlock it to change it.")
    raise Conflict(f"{held.name} holds “{held.tier}”. Ask {held.name} to unlock it.")


def _held(
    session: Session, annotation_id: int, tier_id: int, user_id: int, may_take_over: bool
) -> TierLock | None:
    """The lock as it is now, for a person who may change it."""
    # The layer's row is what edits lock as well: a lock falls between two edits, not into one.
    annotation = session.get_one(Annotation, annotation_id, with_for_update=True)
    tier = session.get(Tier, tier_id)
    if tier is None or tier.project_id != session.get_one(Video, annotation.video_id).project_id:
        raise LockError("There is no such tier in this project.")
    held = session.get(TierLock, (annotation_id, tier_id), populate_existing=True)
    if held is not None and held.user_id != user_id and not may_take_over:
        holder = session.get_one(User, held.user_id).name
        raise LockError(f"{holder} holds “{tier.name}”. Ask {holder} to unlock it.")
    return held
