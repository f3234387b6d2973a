"""What of a project is labelled: one layer for each video, the result where there is one."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from db.models import Annotation, Class, Segment, Tier, User, Video
from db.projects import REPETITIONS
from db.snapshots import SnapshotSegment, SnapshotVideo


@dataclass(frozen=True)
class Layer:
    """The layer of a video that counts: its result when that says anything, else the layer whose
    labels were changed last.

    author: None for the result. edited_at: when its labels last changed. segments: labelled
    repetitions in order of time. finished: half-open spans of frames. others: authors of other
    layers on the same video, which are left aside.
    """

    video: Video
    annotation_id: int
    revision: int
    author: str | None
    edited_at: datetime
    segments: tuple[SnapshotSegment, ...]
    finished: tuple[tuple[int, int], ...]
    others: tuple[str, ...]


def labelled_layers(session: Session, project_id: int) -> list[Layer]:
    """One layer for each ready video with labels or finished spans, in order of import."""
    rows = session.execute(
        select(
            Annotation.id,
            Annotation.video_id,
            Annotation.revision,
            Annotation.finished,
            Annotation.labelled_at,
            User.name.label("author"),
        )
        .join(Video, Video.id == Annotation.video_id)
        .outerjoin(User, User.id == Annotation.user_id)
        .where(
            Video.project_id == project_id,
            Video.state == "ready",
            Annotation.labelled_at.is_not(None),
        )
        .order_by(
            Annotation.user_id.is_(None).desc(), Annotation.labelled_at.desc(), Annotation.id.desc()
        )
    ).all()
    segments = _segments(session, project_id)
    by_video: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        if row.finished or row.id in segments:
            by_video[row.video_id].append(row)
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
    video: Video, best_first: list[Row[Any]], segments: dict[int, list[SnapshotSegment]]
) -> Layer:
    best = best_first[0]
    return Layer(
        video=video,
        annotation_id=best.id,
        revision=best.revision,
        author=best.author,
        edited_at=best.labelled_at,
        segments=tuple(segments.get(best.id, [])),
        finished=tuple((start, end) for start, end in best.finished),
        others=tuple(row.author for row in best_first[1:]),
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
