"""A project with one video, and edits as a browser would write them."""

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from db import annotations, patients, projects, users, videos
from db.engine import create_engine, migrate, session

FRAMES = 100
#: The clock of the video: uneven on purpose.
TIMES = [frame / 30 + (0.004 if frame % 3 == 1 else 0.0) for frame in range(FRAMES + 1)]


@dataclass(frozen=True)
class Desk:
    engine: Engine
    project_id: int
    patient_id: int
    video_id: int
    tier_id: int
    class_ids: tuple[int, ...]
    user_ids: tuple[int, int]


def fresh_engine(folder: Path) -> Engine:
    url = f"sqlite:///{folder / 'rehab.sqlite'}"
    migrate(url)
    return create_engine(url)


def set_up(engine: Engine) -> Desk:
    with session(engine) as opened:
        ann = users.create_user(opened, name="Ann")
        ben = users.create_user(opened, name="Ben", role="therapist")
        project = projects.create_project(opened, name="Knees")
        classes = projects.list_classes(opened, project.id)
        patient = patients.create_patient(opened, project_id=project.id, pseudonym="P1")
        desk = Desk(
            engine=engine,
            project_id=project.id,
            patient_id=patient.id,
            video_id=0,
            tier_id=classes[0].tier_id,
            class_ids=tuple(kind.id for kind in classes),
            user_ids=(ann.id, ben.id),
        )
    return Desk(**{**desk.__dict__, "video_id": add_video(desk, "a" * 64)})


def add_video(desk: Desk, sha256: str) -> int:
    with session(desk.engine) as opened:
        video = videos.create_video(
            opened,
            project_id=desk.project_id,
            patient_id=desk.patient_id,
            sha256=sha256,
            original_name="clip.mp4",
            file=f"videos/{sha256}/original.mp4",
            size_bytes=1000,
        )
        videos.set_ready(opened, video.id, frame_count=FRAMES, duration_s=TIMES[-1])
        return video.id


def annotation(desk: Desk, *, video_id: int | None = None, user: int = 0) -> int:
    with session(desk.engine) as opened:
        return annotations.ensure_annotation(
            opened, video_id=video_id or desk.video_id, user_id=desk.user_ids[user]
        ).id


def apply(desk: Desk, annotation_id: int, edit: Any, *, user: int = 0) -> annotations.Applied:
    with session(desk.engine) as opened:
        return annotations.apply_edit(opened, annotation_id, desk.user_ids[user], edit, TIMES)


def new_id() -> str:
    return str(uuid.uuid4())


def edit(*changes: dict[str, Any], base: int = 0, undoes: str | None = None) -> dict[str, Any]:
    return {
        "id": new_id(),
        "base_revision": base,
        "kind": "undo" if undoes else "add",
        "changes": list(changes),
        "undoes": undoes,
    }


def put(
    desk: Desk,
    start: int,
    end: int,
    *,
    segment_id: str | None = None,
    kind: int = 0,
    expects: str | None = None,
    proposal_id: int | None = None,
    unsure: bool = False,
) -> dict[str, Any]:
    return {
        "op": "put",
        "segment": {
            "id": segment_id or new_id(),
            "class_id": desk.class_ids[kind],
            "tier_id": desk.tier_id,
            "start_frame": start,
            "end_frame": end,
            "proposal_id": proposal_id,
            "unsure": unsure,
        },
        "expects": expects,
    }


def remove(segment_id: str, expects: str | None) -> dict[str, Any]:
    return {"op": "remove", "segment_id": segment_id, "expects": expects}


def finish(spans: list[list[int]], expects: list[list[int]]) -> dict[str, Any]:
    return {"op": "finish", "spans": spans, "expects_spans": expects}


def say(
    text: str,
    *,
    start: int = 0,
    end: int = 5,
    comment_id: str | None = None,
    segment_id: str | None = None,
    reply_to: str | None = None,
    resolves: bool = False,
    expects: str | None = None,
) -> dict[str, Any]:
    return {
        "op": "say",
        "comment": {
            "id": comment_id or new_id(),
            "segment_id": segment_id,
            "start_frame": start,
            "end_frame": end,
            "reply_to": reply_to,
            "resolves": resolves,
            "text": text,
        },
        "expects": expects,
    }


def unsay(comment_id: str, expects: str | None) -> dict[str, Any]:
    return {"op": "unsay", "comment_id": comment_id, "expects": expects}
