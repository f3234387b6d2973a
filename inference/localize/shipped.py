"""Training of the localizer of a preset, on sessions seen by virtual cameras."""

import shlex
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import torch

from inference.device import CPU
from inference.features.extract import FeatureExtractor
from inference.localize.train import EpochMetrics, TrainedModel, TrainSettings, train_localizer
from inference.progress import Progress, silent
from inference.synthesis.trainset import TrainingSetSettings, training_set

DATA = "UI-PRMD (Vakanski et al., 2018, PDDL 1.0) in spliced sessions, seen by virtual cameras"


def train_shipped(
    *,
    motions: Path,
    recordings: Path,
    features: Path,
    out: Path,
    cache: Path,
    sessions: TrainingSetSettings | None = None,
    settings: TrainSettings | None = None,
    device: torch.device = CPU,
    progress: Callable[[str], Progress] = lambda stage: silent,
    on_epoch: Callable[[EpochMetrics], None] = lambda metrics: None,
) -> TrainedModel:
    """Makes sessions, turns them to features (kept in `cache`) and trains `out` from nothing.

    motions, recordings: the files of `load_recordings`; features: the weights of stage 2, which
    computes on `device`.
    progress(stage) gives the progress of "features" (sessions) and "training" (steps). Raises
    FeaturesError, TrainingError and what `progress` raises.
    """
    sessions = sessions or TrainingSetSettings()
    examples = training_set(
        motions=motions,
        recordings=recordings,
        extractor=FeatureExtractor.load(features, device=device),
        cache=cache,
        settings=sessions,
        progress=progress("features"),
    )
    return train_localizer(
        examples.train,
        validation=examples.validation,
        classes=examples.classes,
        out=out,
        warm_start=None,
        settings=settings or TrainSettings(seed=1, epochs=22),
        progress=progress("training"),
        on_epoch=on_epoch,
        about={
            "source": DATA,
            "sessions": asdict(sessions),
            "command": shlex.join(["rehab-review", *sys.argv[1:]]),
        },
    )
