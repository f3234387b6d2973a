"""What of a project is labelled: one author's layer for each video."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Annotation, Class, Edit, Segment, Tier, User, Video
from db.projects import REPETITIONS
from db.snapshots import SnapshotSegment, SnapshotVideo


@dataclass(frozen=True)
class Layer:
    """The most recently edited layer of a video that says anything.

    segments: labelled repetitions in order of time. finished: half-open spans of frames.
    others: authors of older layers on the same video, which are left aside.
    """

    video: Video
    annotation_id: int
    revision: int
    author: str
    edited_at: datetime
    segments: tuple[SnapshotSegment, ...]
    finished: tuple[tuple[int, int], ...]
    others: tuple[str, ...]


def labelled_layers(session: Session, project_id: int) -> list[Layer]:
    """One layer for each ready video with labels or finished spans, in order of import."""
    rows = session.execute(
        select(Annotation, User.name, Edit.created_at)
        .join(Video, Video.id == Annotation.video_id)
        .join(User, User.id == Annotation.user_id)
        .join(Edit, (Edit.annotation_id == Annotation.id) & (Edit.revision == Annotation.revision))
        .where(Video.project_id == project_id, Video.state == "ready")
        .order_by(Edit.created_at.desc(), Annotation.id.desc())
    ).all()
    segments = _segments(session, project_id)
    by_video: dict[int, list[tuple[Annotation, str, datetime]]] = defaultdict(list)
    for annotation, author, edited_at in rows:
        if annotation.finished or annotation.id in segments:
            by_video[annotation.video_id].append((annotation, author, edited_at))
    videos = session.scalars(select(Video).where(Video.project_id == project_id))
    return [
        _layer(video, by_video[video.id], segments)
        for video in sorted(videos, key=lambda video: video.id)
        if video.id in by_video
    ]


def as_snapshot(layers: list[Layer]) -> list[SnapshotVideo]:
    """What `db.snapshots` stores of these layers."""
    return [
        {
            "video": layer.video.sha256,
            "patient": layer.video.patient.pseudonym,
            "split": layer.video.patient.split,
            "annotation_id": layer.annotation_id,
            "revision": layer.revision,
            "segments": list(layer.segments),
            "finished": [list(span) for span in layer.finished],
        }
        for layer in layers
    ]


def _layer(
    video: Video,
    newest_first: list[tuple[Annotation, str, datetime]],
    segments: dict[int, list[SnapshotSegment]],
) -> Layer:
    annotation, author, edited_at = newest_first[0]
    return Layer(
        video=video,
        annotation_id=annotation.id,
        revision=annotation.revision,
        author=author,
        edited_at=edited_at,
        segments=tuple(segments.get(annotation.id, [])),
        finished=tuple((start, end) for start, end in annotation.finished),
        others=tuple(name for _, name, _ in newest_first[1:]),
    )


def _segments(session: Session, project_id: int) -> dict[int, list[SnapshotSegment]]:
    """The repetitions of every annotation in the project, by annotation id."""
    found: dict[int, list[SnapshotSegment]] = defaultdict(list)
    rows = session.execute(
        select(Segment, Class.name)
        .join(Class, Class.id == Segment.class_id)
        .join(Tier, Tier.id == Class.tier_id)
        .where(
            Class.project_id == project_id,
            Tier.name == REPETITIONS,
            Segment.deleted.is_(False),
        )
        .order_by(Segment.start_frame, Segment.end_frame, Segment.id)
    )
    for segment, name in rows:
        found[segment.annotation_id].append(
            {
                "class_name": name,
                "start_frame": segment.start_frame,
                "end_frame": segment.end_frame,
                "start_s": segment.start_s,
                "end_s": segment.end_s,
            }
        )
    return dict(found)
