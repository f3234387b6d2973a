"""Retraining the localizer from corrected labels: a new model version that knows its origin."""

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from db import jobs as job_rows
from db import model_versions
from db.engine import reading, session
from db.labels import Layer, as_snapshot
from db.models import DEFAULT_PRESET, Job, Model, Video
from db.snapshots import store_snapshot
from inference.features.track import FeatureTrack
from inference.localize.example import Example
from inference.localize.train import (
    EpochMetrics,
    TrainSettings,
    train_localizer,
)
from inference.progress import Progress
from inference.synthesis.motion import Label
from review_app.preset_models import localizer_file, version_problem
from review_app.settings import Settings
from review_app.training.labelled import Gathered, gather, problem

READING = "Reading the labelled videos"
TRAINING = "Training"

#: Stages of a training job -> roughly how long each takes compared with the others.
STAGES = {READING: 1.0, TRAINING: 6.0}

#: From a video, the version whose preset makes them (None: there is none), and the progress.
FeaturesOf = Callable[[Video, Model | None, Progress], FeatureTrack]


class RetrainError(Exception):
    """Why a model cannot be trained, as a sentence for people."""


@dataclass(frozen=True)
class Wishes:
    """What a person chose. epochs None = as many as suit the amount of labels.

    parent_id: the version to start from; None = new weights, for the preset in use.
    """

    epochs: int | None
    parent_id: int | None
    seed: int

    @classmethod
    def read(cls, stored: dict[str, Any]) -> "Wishes":
        """From a job's settings; what is missing is automatic."""
        return cls(
            epochs=stored.get("epochs"),
            parent_id=stored.get("parent_id"),
            seed=stored.get("seed", 0),
        )

    def training(self) -> TrainSettings:
        return TrainSettings(epochs=self.epochs, seed=self.seed)


def weights_of(settings: Settings, model: Model) -> Path:
    """Where a version's weights are. RetrainError when they cannot be used."""
    if problem := version_problem(settings, model):
        raise RetrainError(problem)
    return localizer_file(settings, model)


def class_list(gathered: Gathered, known: Sequence[str]) -> tuple[str, ...]:
    """The classes a new version knows: those of its parent that the project has, then new ones.

    known: the parent's classes. A class nobody has labelled yet is kept only if the parent knows
    it.
    """
    labelled = {name for name, _ in gathered.repetitions()}
    kept = [name for name in known if name in gathered.classes]
    new = [name for name in gathered.classes if name in labelled and name not in kept]
    return (*kept, *new)


def train(
    settings: Settings,
    engine: Engine,
    job_id: str,
    *,
    features_of: FeaturesOf,
    progress: Callable[[str], Progress],
) -> int:
    """Train a version from the labels as they are now; returns the model's id.

    It stays on the preset of the version it starts from. features_of: the stage-2 features of a
    video's patient, from the cache or made now, for the preset of the version it is given.
    progress: the callback of each of STAGES. RetrainError, TrainingError and others of `inference`
    carry a sentence. Labels are only read. Run again after a crash, it stores nothing twice.
    """
    with reading(engine) as db:
        job = db.get_one(Job, job_id)
        wishes = Wishes.read(job.settings)
        gathered = gather(db, settings, job.project_id)
        parent = model_versions.get_model(db, wishes.parent_id) if wishes.parent_id else None
        base = parent or model_versions.active_model(db, job.project_id)
    if (sentence := problem(gathered)) is not None:
        raise RetrainError(sentence)
    warm_start = weights_of(settings, parent) if parent else None
    content = as_snapshot(list(gathered.layers))
    with session(engine) as db:
        snapshot_id = store_snapshot(db, project_id=job.project_id, content=content).id

    examples = _examples(gathered, base, features_of, progress(READING))
    # The name stays the same for this job: the trainer goes on there after a crash.
    out = settings.models / f"{job_id}.safetensors"
    try:
        trained = train_localizer(
            examples["train"],
            validation=examples["validation"],
            classes=class_list(gathered, parent.classes if parent else ()),
            out=out,
            warm_start=warm_start,
            settings=wishes.training(),
            progress=progress(TRAINING),
            on_epoch=_curve(engine, job_id),
        )
    except BaseException:
        for left in settings.models.glob(f"{job_id}.*"):
            left.unlink()
        raise
    for suffix in (".json", ".safetensors"):
        os.replace(out.with_suffix(suffix), settings.models / f"{trained.model_hash}{suffix}")
    with session(engine) as db:
        version = model_versions.version_from_snapshot(
            db, project_id=job.project_id, snapshot_id=snapshot_id, sha256=trained.model_hash
        ) or model_versions.add_version(
            db,
            project_id=job.project_id,
            parent_id=wishes.parent_id,
            snapshot_id=snapshot_id,
            sha256=trained.model_hash,
            settings=asdict(wishes),
            metrics={
                **trained.metrics,
                "warnings": list(trained.warnings),
                "data": _amounts(gathered),
            },
            classes=list(trained.classes),
            created_by=job.created_by,
            preset=base.preset if base else DEFAULT_PRESET,
        )
        job_rows.set_model(db, job_id, version.id)
        return version.id


def _examples(
    gathered: Gathered,
    base: Model | None,
    features_of: FeaturesOf,
    report: Progress,
) -> dict[str, list[Example]]:
    """The labelled videos of the train and validation splits; those of test are not touched."""
    wanted = {split: gathered.of_split(split) for split in ("train", "validation")}
    total = sum(len(layers) for layers in wanted.values())
    examples: dict[str, list[Example]] = {"train": [], "validation": []}
    for split, layers in wanted.items():
        for layer in layers:
            ready = len(examples["train"]) + len(examples["validation"])

            def within(done: float, whole: float, ready: int = ready) -> None:
                report(ready + (done / whole if whole else 0.0), total)

            track = features_of(layer.video, base, within)
            examples[split].append(_example(layer, track, gathered))
    report(total, total)
    return examples


def _example(layer: Layer, track: FeatureTrack, gathered: Gathered) -> Example:
    return Example(
        track=track,
        labels=tuple(
            Label(segment["class_name"], segment["start_s"], segment["end_s"])
            for segment in layer.segments
        ),
        finished=gathered.finished[layer.video.id],
        group=layer.video.patient.pseudonym,
    )


def _curve(engine: Engine, job_id: str) -> Callable[[EpochMetrics], None]:
    def store(metrics: EpochMetrics) -> None:
        with session(engine) as db:
            job_rows.add_metrics(db, job_id, asdict(metrics))

    return store


def _amounts(gathered: Gathered) -> dict[str, dict[str, float]]:
    """How much each split had, for the list of versions; the snapshot says exactly what."""
    return {
        split: {
            "videos": len(layers),
            "repetitions": sum(len(layer.segments) for layer in layers),
            "finished_s": sum(
                end - start for layer in layers for start, end in gathered.finished[layer.video.id]
            ),
        }
        for split in ("train", "validation")
        if (layers := gathered.of_split(split))
    }
