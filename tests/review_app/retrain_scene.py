"""A project with labelled videos, without pictures: rows, indexes, edits and made-up features."""

import hashlib
import uuid
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from sqlalchemy import Engine

from db import annotations, jobs, patients, projects, users, videos
from db.engine import session
from db.models import Model, Video
from inference import presets
from inference.features.track import FeatureTrack
from inference.progress import Progress
from inference.video.index import VideoIndex
from inference.video.probe import save_index
from inference.weights.state_dicts import write
from review_app.importing.importer import files
from review_app.settings import SHIPPED_WEIGHTS, Settings

FRAMES, STEP_S = 1200, 2 / 15
CLASSES = ("deep_squat", "side_lunge")
Spans = list[tuple[int, int]]


@dataclass(frozen=True)
class Scene:
    settings: Settings
    engine: Engine
    project_id: int
    user_id: int


def new_scene(settings: Settings, engine: Engine, name: str = "Knees") -> Scene:
    with session(engine) as db:
        project = projects.create_project(db, name=name)
        return Scene(settings, engine, project.id, users.list_users(db)[0].id)


def index_of(sha256: str) -> VideoIndex:
    """40 s at 30 frames a second."""
    return VideoIndex(
        sha256=sha256,
        size_bytes=1000,
        width=640,
        height=360,
        rotation=0,
        codec="h264",
        container="mp4",
        pixel_format="yuv420p",
        has_audio=False,
        time_base=Fraction(1, 30),
        pts=np.arange(FRAMES, dtype=np.int64),
        last_duration=1,
    )


def add_video(scene: Scene, name: str, pseudonym: str) -> int:
    """A ready video of the patient, who is made when new."""
    sha256 = hashlib.sha256(f"{scene.project_id} {name}".encode()).hexdigest()
    index = index_of(sha256)
    path = files(scene.settings, sha256).index
    path.parent.mkdir(parents=True, exist_ok=True)
    save_index(index, path)
    with session(scene.engine) as db:
        patient = patients.find_patient(db, scene.project_id, pseudonym)
        patient = patient or patients.create_patient(
            db, project_id=scene.project_id, pseudonym=pseudonym
        )
        video = videos.create_video(
            db,
            project_id=scene.project_id,
            patient_id=patient.id,
            sha256=sha256,
            original_name=name,
            file=f"videos/{sha256}/original.mp4",
            size_bytes=1000,
        )
        videos.set_ready(db, video.id, frame_count=FRAMES, duration_s=index.duration)
        return video.id


def repetitions(seed: int = 0, count: int = 8) -> list[tuple[str, int, int]]:
    """(class, start_frame, end_frame), the classes in turn, about 3 s each."""
    rng = np.random.default_rng(seed)
    starts = 30 + np.arange(count) * 140 + rng.integers(0, 20, count)
    lengths = rng.integers(75, 100, count)
    return [
        (CLASSES[i % 2], int(a), int(a + n))
        for i, (a, n) in enumerate(zip(starts, lengths, strict=True))
    ]


def label(
    scene: Scene,
    video_id: int,
    labels: list[tuple[str, int, int]],
    finished: Spans | None = None,
    user_id: int | None = None,
    to_result: bool = False,
) -> None:
    """One edit that adds the labels and the finished spans to the user's layer, or the result."""
    user_id = user_id or scene.user_id
    finished = [(0, FRAMES)] if finished is None else finished
    with session(scene.engine) as db:
        kinds = {kind.name: kind for kind in projects.list_classes(db, scene.project_id)}
        layer = (
            annotations.ensure_result(db, video_id)
            if to_result
            else annotations.ensure_annotation(db, video_id=video_id, user_id=user_id)
        )
        changes: list[dict[str, Any]] = [
            {
                "op": "put",
                "expects": None,
                "segment": {
                    "id": str(uuid.uuid4()),
                    "class_id": kinds[name].id,
                    "tier_id": kinds[name].tier_id,
                    "start_frame": start,
                    "end_frame": end,
                    "proposal_id": None,
                },
            }
            for name, start, end in labels
        ]
        if finished:
            spans = [list(span) for span in finished]
            changes.append({"op": "finish", "spans": spans, "expects_spans": layer.finished})
        edit = {
            "id": str(uuid.uuid4()),
            "base_revision": layer.revision,
            "kind": "add",
            "changes": changes,
            "undoes": None,
        }
        times = index_of("").times.tolist()
        applied = annotations.apply_edit(db, layer.id, user_id, edit, times)
    assert applied.status == "applied"


def features(labels: list[tuple[str, int, int]], seed: int = 0) -> FeatureTrack:
    """Features in which the labels can be seen: one direction a class, and noise."""
    count = int(FRAMES / 30 / STEP_S)
    times = (np.arange(float(count)) + 0.5) * STEP_S
    values = np.random.default_rng(seed).normal(0, 0.3, (count, 16)).astype(np.float32)
    for name, start, end in labels:
        inside = (times >= start / 30) & (times < end / 30)
        values[inside, CLASSES.index(name)] += 2.0
        values[inside, 4] += np.sin(np.linspace(0, np.pi, int(inside.sum())))
    poses = np.ones((2 * count, 17, 3), np.float32)
    return FeatureTrack(times, values, STEP_S, "made-up", poses)


class MadeUpFeatures:
    """The features of videos by file name, as `review_app.training.retrain.train` asks for them."""

    def __init__(self, by_name: dict[str, FeatureTrack]) -> None:
        self.by_name = by_name
        self.asked: list[str] = []
        self.presets: set[str | None] = set()

    def __call__(self, video: Video, base: Model | None, progress: Progress) -> FeatureTrack:
        progress(1, 1)
        self.asked.append(video.original_name)
        self.presets.add(base.preset if base else None)
        return self.by_name[video.original_name]


def keep_weights(settings: Settings, *, network: str | None = "refined-actionformer") -> str:
    """A file that says it is a localizer for the shipped features; -> its sha256.

    network None: as the versions of this program wrote it that knew one network only.
    """
    features = SHIPPED_WEIGHTS / "features.safetensors"
    said: dict[str, Any] = {"kind": "localizer", "network": network, "classes": list(CLASSES)}
    said["config"] = {"features_model": presets.features_hash(features)}
    if network is None:
        del said["network"]
    made = settings.models / "made.safetensors"
    sha256 = write(made, {"weight": torch.zeros(1)}, description=said, about={})
    for suffix in (".safetensors", ".json"):
        made.with_suffix(suffix).rename(settings.models / f"{sha256}{suffix}")
    return sha256


def queue_training(scene: Scene, **wishes: Any) -> str:
    """The row of a training job; nobody works on it."""
    with session(scene.engine) as db:
        job = jobs.create(
            db,
            id=str(uuid.uuid4()),
            kind="train",
            project_id=scene.project_id,
            settings=wishes,
            created_by=scene.user_id,
        )
        jobs.started(db, job.id)
        return job.id
