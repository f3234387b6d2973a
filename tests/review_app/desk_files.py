"""A project with one recording, imported for real, and proposals as a worker leaves them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from db.engine import reading, session
from db.model_versions import register_shipped
from db.models import DEFAULT_PRESET, Video
from db.patients import create_patient
from db.projects import create_project, list_classes
from db.runs import list_proposals, store_run
from db.users import create_user
from db.videos import set_ready
from inference.pose.people import People
from inference.video.clock import MODEL_HZ, seconds_to_frames
from inference.video.index import VideoIndex
from inference.video.probe import load_index
from review_app.importing import importer
from review_app.remember import PROJECT_COOKIE, USER_COOKIE
from review_app.settings import Settings

#: class name, start and end in seconds, score
Proposed = tuple[str, float, float, float]


@dataclass(frozen=True)
class DeskProject:
    """Ids of what was made. `index` holds the recording's frames and their times."""

    user_id: int
    project_id: int
    video_id: int
    index: VideoIndex


def make_desk_project(
    settings: Settings, engine: Engine, recording: Path, *, role: str = "annotator"
) -> DeskProject:
    """A new project and person, with this recording imported."""
    keeping = importer.keeping(settings, recording, original_name=recording.name, link=False)
    with keeping as kept, session(engine) as db:
        user = create_user(db, name=f"Robin ({recording.stem})", role=role)
        project = create_project(db, name=f"Knee study {recording.stem}")
        video_id = importer.add_video(
            db,
            kept,
            project_id=project.id,
            patient_id=create_patient(db, project_id=project.id, pseudonym="P-01").id,
            original_name=recording.name,
        )
    assert isinstance(video_id, int)
    with reading(engine) as db:
        video = db.get_one(Video, video_id)
    with session(engine) as db:
        set_ready(db, video_id, **importer.prepare(video, settings))
    index = load_index(importer.files(settings, video.sha256).index)
    return DeskProject(user.id, project.id, video_id, index)


def open_desk(page: Page, address: str, made: DeskProject) -> None:
    """The review page of the recording, as its person, when it is ready to be worked on."""
    page.context.add_cookies(
        [
            {"name": USER_COOKIE, "value": str(made.user_id), "url": address},
            {"name": PROJECT_COOKIE, "value": str(made.project_id), "url": address},
        ]
    )
    page.goto(f"{address}/review?video={made.video_id}")
    expect(page.locator('.desk[data-ready="true"]')).to_be_visible(timeout=60_000)


def store_proposals(
    settings: Settings,
    engine: Engine,
    made: DeskProject,
    proposed: Sequence[Proposed],
    *,
    joints: NDArray[np.float32] | None = None,
    boxes: NDArray[np.float32] | None = None,
    model: str = "model 1",
) -> list[int]:
    """A run with these proposals and all it leaves on the disk. -> ids of the proposals

    joints: (T, 17, 3) of the patient, person 0, on the model's clock. boxes: (P, T, 4) of all.
    """
    index = made.index
    ticks = max(1, int(np.ceil(index.duration * MODEL_HZ)))
    if joints is None:
        joints = np.tile(
            np.array([index.width / 2, index.height / 2, 0.8], np.float32), (ticks, 17, 1)
        )
    if boxes is None:
        box = [10, 10, index.width - 10, index.height - 10]
        boxes = np.tile(np.array(box, np.float32), (1, ticks, 1))
    folder = settings.artefacts / index.sha256
    folder.mkdir(parents=True, exist_ok=True)
    times = np.arange(ticks) / MODEL_HZ
    people = People(
        width=index.width,
        height=index.height,
        times=times,
        person_ids=np.arange(len(boxes)),
        keypoints=np.repeat(joints[None], len(boxes), axis=0).astype(np.float32),
        boxes=boxes.astype(np.float32),
    )
    people.save(folder / "people-test.npz")
    np.savez(folder / "keypoints-test.npz", times=times, keypoints=joints.astype(np.float32))
    with session(engine) as db:
        classes = [kind.name for kind in list_classes(db, made.project_id)]
        _write_confidence(folder / "proposals-test.npz", classes, proposed, index.duration)
        version = register_shipped(
            db,
            name=model,
            preset=DEFAULT_PRESET,
            sha256=hashlib.sha256(model.encode()).hexdigest(),
            settings={},
            metrics={},
            classes=classes,
        )
        run_id = store_run(
            db,
            video_id=made.video_id,
            model_id=version.id,
            person=0,
            settings={
                kind: f"{index.sha256}/{kind}-test.npz"
                for kind in ("people", "keypoints", "proposals")
            },
            timings={},
            proposals=[_row(index, one) for one in proposed],
        )
    with reading(engine) as db:
        return [proposal.id for proposal in list_proposals(db, run_id)]


def _row(index: VideoIndex, proposed: Proposed) -> dict[str, object]:
    name, start_s, end_s, score = proposed
    start, end = seconds_to_frames(index.times, start_s, end_s)
    return {
        "class_name": name,
        "start_frame": start,
        "end_frame": end,
        "start_s": float(index.times[start]),
        "end_s": float(index.times[end]),
        "score": score,
        "start_spread_s": 0.1,
        "end_spread_s": 0.2,
    }


def _write_confidence(
    path: Path, classes: list[str], proposed: Sequence[Proposed], duration: float
) -> None:
    times = np.arange(0, duration, 2 / MODEL_HZ)
    scores = np.full((len(times), len(classes)), 0.03)
    for name, start_s, end_s, score in proposed:
        middle, half = (start_s + end_s) / 2, (end_s - start_s) / 2
        hill = score * np.clip(1.4 - (np.abs(times - middle) / half) ** 4, 0, 1)
        column = classes.index(name)
        scores[:, column] = np.maximum(scores[:, column], hill)
    np.savez(
        path,
        times=times,
        scores=np.round(scores * 255).astype(np.uint8),
        classes=np.array(classes, dtype=np.str_),
    )
