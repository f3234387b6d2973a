"""Dataset snapshots: exactly which labels a model was trained from."""

import hashlib
import json
from typing import Any, TypedDict

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Snapshot


class SnapshotSegment(TypedDict):
    """One label, half-open in displayed frames, with its seconds."""

    class_name: str
    start_frame: int
    end_frame: int
    start_s: float
    end_s: float


class SnapshotVideo(TypedDict):
    """One annotator's layer on one video as it was.

    video: sha256 of the file. finished: half-open spans in displayed frames.
    """

    video: str
    patient: str
    split: str
    annotation_id: int
    revision: int
    segments: list[SnapshotSegment]
    finished: list[list[int]]


def digest(content: list[SnapshotVideo]) -> str:
    """sha256 over the canonical JSON (sorted keys, no spaces) of the content, in given order."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def store_snapshot(session: Session, *, project_id: int, content: list[SnapshotVideo]) -> Snapshot:
    """The snapshot with this content; the same content is stored once."""
    ordered = sorted(content, key=lambda video: (video["video"], video["annotation_id"]))
    sha256 = digest(ordered)
    known = session.scalar(
        select(Snapshot).where(Snapshot.project_id == project_id, Snapshot.sha256 == sha256)
    )
    if known is not None:
        return known
    as_json: list[Any] = list(ordered)
    snapshot = Snapshot(project_id=project_id, sha256=sha256, content=as_json)
    session.add(snapshot)
    session.flush()
    return snapshot


def snapshot_hashes(session: Session, project_id: int) -> dict[int, str]:
    """The sha256 of each of the project's snapshots, by id."""
    rows = session.execute(
        select(Snapshot.id, Snapshot.sha256).where(Snapshot.project_id == project_id)
    )
    return {snapshot_id: sha256 for snapshot_id, sha256 in rows}
