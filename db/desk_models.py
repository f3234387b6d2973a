"""The tables of the annotator's desk: comments, locks, preferences and sittings."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, one_of
from db.types import now

#: Whether a sitting had proposals on the page, had them but hid them, or had none to show.
SITTING_MODES = ("shown", "hidden", "none")


class Comment(Base):
    """What somebody said about a span of a video. A deleted one stays as a tombstone.

    id: UUID made by the client. annotation_id: its author's own layer, whose edits make and change
    it. segment_id: the segment it is about, of any layer. reply_to: the comment it answers.
    resolves: it settles what it answers. last_edit: the edit that gave it its present form.
    """

    __tablename__ = "comments"
    __table_args__ = (
        CheckConstraint("0 <= start_frame and start_frame < end_frame", name="frames"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    annotation_id: Mapped[int] = mapped_column(ForeignKey("annotations.id"), index=True)
    segment_id: Mapped[str | None] = mapped_column(ForeignKey("segments.id"), index=True)
    start_frame: Mapped[int]
    end_frame: Mapped[int]
    reply_to: Mapped[str | None] = mapped_column(ForeignKey("comments.id"), index=True)
    resolves: Mapped[bool]
    text: Mapped[str]
    deleted: Mapped[bool] = mapped_column(default=False)
    last_edit: Mapped[str] = mapped_column(ForeignKey("edits.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)


class TierLock(Base):
    """Who holds a tier of a layer: nobody changes its segments until it is let go."""

    __tablename__ = "tier_locks"

    annotation_id: Mapped[int] = mapped_column(ForeignKey("annotations.id"), primary_key=True)
    tier_id: Mapped[int] = mapped_column(ForeignKey("tiers.id"), primary_key=True, index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    since: Mapped[datetime] = mapped_column(default=now)


class Preference(Base):
    """How one person wants the page: keys, layout, reaction time, steps. value: any JSON."""

    __tablename__ = "preferences"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)


class Sitting(Base):
    """The work of one person on one opened page, in one mode of showing proposals.

    id: UUID made by the page. active_s: seconds in which something was done. actions: how often
    each command was used. segments: how many segments were labelled in it.
    """

    __tablename__ = "sittings"
    __table_args__ = (one_of("proposals", SITTING_MODES, "proposals"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    annotation_id: Mapped[int] = mapped_column(ForeignKey("annotations.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    proposals: Mapped[str] = mapped_column(String(20))
    began_at: Mapped[datetime]
    active_s: Mapped[float]
    actions: Mapped[dict[str, Any]]
    segments: Mapped[int]
