"""The tables: what is labelled, by whom, and what the models made of it.

Three of them are history and never change: `edits` (append-only, held by a trigger), `proposals`
(immutable, held by a trigger) and `snapshots`. `segments` is the projection of `edits`. What else
the annotator's desk remembers is in `db.desk_models`.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from db.base import NO_ID_TWICE, Base, one_of
from db.types import now

ROLES = ("annotator", "therapist", "researcher", "admin")
SPLITS = ("train", "validation", "test")
VIDEO_STATES = ("importing", "ready", "failed")
JOB_KINDS = ("import", "propose", "train", "export")
JOB_STATES = ("queued", "running", "done", "failed", "cancelled")
ANNOTATION_KINDS = ("own", "result")

#: The preset of a model version that does not say otherwise; `inference.presets` knows them all.
DEFAULT_PRESET = "movenet-r2plus1d12"


class User(Base):
    """A person who works here."""

    __tablename__ = "users"
    __table_args__ = (one_of("role", ROLES, "role"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    role: Mapped[str] = mapped_column(String(20))


class Project(Base):
    """A set of classes, patients and videos that belong together.

    active_model_id: the model version whose proposals new videos get; null = the shipped one.
    """

    __tablename__ = "projects"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    active_model_id: Mapped[int | None] = mapped_column(
        ForeignKey("models.id", use_alter=True), index=True
    )


class Tier(Base):
    """One line of the timeline: exercise repetitions, phases, events.

    overlaps: whether its segments may lie over each other. The page keeps to it; edits that break
    it are stored all the same, because edits of different segments always merge.
    """

    __tablename__ = "tiers"
    __table_args__ = (UniqueConstraint("project_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    name: Mapped[str] = mapped_column(String(200))
    position: Mapped[int]
    overlaps: Mapped[bool]


class Class(Base):
    """What a segment can be. colour: #rrggbb. key: the keyboard key that chooses it."""

    __tablename__ = "classes"
    __table_args__ = (
        UniqueConstraint("project_id", "name"),
        UniqueConstraint("project_id", "key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    tier_id: Mapped[int] = mapped_column(ForeignKey("tiers.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    colour: Mapped[str] = mapped_column(String(7))
    key: Mapped[str | None] = mapped_column(String(1))


class Patient(Base):
    """A pseudonym and the split all of the patient's videos are in."""

    __tablename__ = "patients"
    __table_args__ = (
        UniqueConstraint("project_id", "pseudonym"),
        one_of("split", SPLITS, "split"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    pseudonym: Mapped[str] = mapped_column(String(200))
    split: Mapped[str] = mapped_column(String(20))


class Video(Base):
    """One recording. Width and height are as displayed (after rotation).

    file: path below the data folder. person: the track id of the patient chosen by a person;
    null = chosen automatically. person_seen: where that patient was, {"tick", "box"} as in
    `inference.pose.people.Sighting`; another detector may give the same person another id.
    message: the plain sentence that says why it failed.
    """

    __tablename__ = "videos"
    __table_args__ = (
        UniqueConstraint("project_id", "sha256"),
        one_of("state", VIDEO_STATES, "state"),
        CheckConstraint("frame_count >= 0", name="frame_count"),
        CheckConstraint("duration_s >= 0", name="duration_s"),
        NO_ID_TWICE,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    original_name: Mapped[str]
    file: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(20), default="importing")
    message: Mapped[str | None]
    width: Mapped[int | None]
    height: Mapped[int | None]
    rotation: Mapped[int | None]
    codec: Mapped[str | None] = mapped_column(String(50))
    frame_count: Mapped[int | None]
    duration_s: Mapped[float | None]
    has_proxy: Mapped[bool] = mapped_column(default=False)
    person: Mapped[int | None]
    person_seen: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = mapped_column(default=now)

    patient: Mapped[Patient] = relationship(lazy="joined", innerjoin=True, viewonly=True)


class Snapshot(Base):
    """Exactly what a model was trained from. content: see `db.snapshots`; sha256 is over it."""

    __tablename__ = "snapshots"

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[list[Any]]


class Model(Base):
    """A version of the localizer. project_id null = belongs to the installation, not to a project.

    preset: the name of the pipeline whose features it reads.
    """

    __tablename__ = "models"
    __table_args__ = (UniqueConstraint("project_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int | None] = mapped_column(ForeignKey("projects.id"))
    name: Mapped[str] = mapped_column(String(200))
    preset: Mapped[str] = mapped_column(String(100), default=DEFAULT_PRESET)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("models.id"), index=True)
    snapshot_id: Mapped[int | None] = mapped_column(ForeignKey("snapshots.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    settings: Mapped[dict[str, Any]]
    metrics: Mapped[dict[str, Any]]
    classes: Mapped[list[Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class Run(Base):
    """One pass of one model version over one video, for one person in it."""

    __tablename__ = "runs"
    __table_args__ = (Index(None, "video_id", "model_id"), NO_ID_TWICE)

    id: Mapped[int] = mapped_column(primary_key=True)
    video_id: Mapped[int] = mapped_column(ForeignKey("videos.id"))
    model_id: Mapped[int] = mapped_column(ForeignKey("models.id"), index=True)
    person: Mapped[int | None]
    settings: Mapped[dict[str, Any]]
    timings: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)

    model: Mapped[Model] = relationship(lazy="joined", innerjoin=True, viewonly=True)


class Proposal(Base):
    """What a model proposed. Immutable; half-open in displayed frames, with its seconds."""

    __tablename__ = "proposals"
    __table_args__ = (
        CheckConstraint("0 <= start_frame and start_frame < end_frame", name="frames"),
        CheckConstraint("0 <= score and score <= 1", name="score"),
        CheckConstraint("start_spread_s >= 0 and end_spread_s >= 0", name="spread"),
        NO_ID_TWICE,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"), index=True)
    class_name: Mapped[str] = mapped_column(String(200))
    start_frame: Mapped[int]
    end_frame: Mapped[int]
    start_s: Mapped[float]
    end_s: Mapped[float]
    score: Mapped[float]
    start_spread_s: Mapped[float]
    end_spread_s: Mapped[float]


class Annotation(Base):
    """One author's layer on one video, or the video's one result, which several people edit.

    user_id: null for the result. finished: [[start_frame, end_frame], ...] half-open, sorted,
    apart: what its author is done with. seen: the same of what was really looked at; it only
    grows. labelled_at: when labels or finished spans last changed; null = never.
    """

    __tablename__ = "annotations"
    __table_args__ = (
        UniqueConstraint("video_id", "user_id"),
        Index(
            "uq_annotations_result",
            "video_id",
            unique=True,
            sqlite_where=text("kind = 'result'"),
            postgresql_where=text("kind = 'result'"),
        ),
        CheckConstraint("revision >= 0", name="revision"),
        one_of("kind", ANNOTATION_KINDS, "kind"),
        CheckConstraint("(kind = 'result') = (user_id is null)", name="author"),
        NO_ID_TWICE,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    video_id: Mapped[int] = mapped_column(ForeignKey("videos.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20), default="own")
    revision: Mapped[int] = mapped_column(default=0)
    finished: Mapped[list[Any]] = mapped_column(default=list)
    seen: Mapped[list[Any]] = mapped_column(default=list)
    labelled_at: Mapped[datetime | None]


class Segment(Base):
    """A label, half-open in displayed frames. A deleted one stays as a tombstone.

    id: UUID made by the client. unsure: its author wants somebody to look at it again. last_edit:
    the edit that gave it its present form.
    """

    __tablename__ = "segments"
    __table_args__ = (
        CheckConstraint("0 <= start_frame and start_frame < end_frame", name="frames"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    annotation_id: Mapped[int] = mapped_column(ForeignKey("annotations.id"), index=True)
    tier_id: Mapped[int] = mapped_column(ForeignKey("tiers.id"), index=True)
    class_id: Mapped[int] = mapped_column(ForeignKey("classes.id"), index=True)
    start_frame: Mapped[int]
    end_frame: Mapped[int]
    start_s: Mapped[float]
    end_s: Mapped[float]
    proposal_id: Mapped[int | None] = mapped_column(ForeignKey("proposals.id"), index=True)
    unsure: Mapped[bool] = mapped_column(default=False)
    deleted: Mapped[bool] = mapped_column(default=False)
    last_edit: Mapped[str] = mapped_column(ForeignKey("edits.id"))


class Edit(Base):
    """One applied edit. Append-only.

    id: UUID made by the client. operation: {kind, changes, undoes} as it was applied; inverse:
    the changes that take it back. revision: the annotation's revision after it.
    """

    __tablename__ = "edits"
    __table_args__ = (UniqueConstraint("annotation_id", "revision"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    annotation_id: Mapped[int] = mapped_column(ForeignKey("annotations.id"))
    revision: Mapped[int]
    base_revision: Mapped[int]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    operation: Mapped[dict[str, Any]]
    inverse: Mapped[list[Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)


class Job(Base):
    """What people see of a durable workflow; id is the workflow's id.

    done, total: in seconds of video or in steps. speed: done per second of work.
    metrics: one dict per epoch of a training, in order.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        one_of("kind", JOB_KINDS, "kind"),
        one_of("state", JOB_STATES, "state"),
        Index(None, "project_id", "state"),
    )

    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    video_id: Mapped[int | None] = mapped_column(ForeignKey("videos.id"), index=True)
    model_id: Mapped[int | None] = mapped_column(ForeignKey("models.id"), index=True)
    state: Mapped[str] = mapped_column(String(20), default="queued")
    stage: Mapped[str] = mapped_column(default="")
    done: Mapped[float] = mapped_column(default=0.0)
    total: Mapped[float] = mapped_column(default=0.0)
    speed: Mapped[float | None]
    remaining_s: Mapped[float | None]
    message: Mapped[str | None]
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    metrics: Mapped[list[Any]] = mapped_column(default=list)
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
