"""Training of the localizer of a preset, on sessions seen by virtual cameras."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import torch

from inference.device import CPU
from inference.features.extract import FeatureExtractor
from inference.localize import model_file
from inference.localize.train import EpochMetrics, TrainedModel, TrainSettings, train_localizer
from inference.progress import Progress, silent
from inference.synthesis.trainset import TrainingSetSettings, training_set
from inference.training.processes import joined, launched
from inference.training.provenance import command, source_of, start_of


def train_shipped(
    *,
    motions: Path,
    recordings: Path,
    features: Path,
    out: Path,
    cache: Path,
    sessions: TrainingSetSettings | None = None,
    settings: TrainSettings | None = None,
    start: Path | None = None,
    calibration: Path | None = None,
    logs: Path | None = None,
    device: torch.device = CPU,
    progress: Callable[[str], Progress] = lambda stage: silent,
    on_epoch: Callable[[EpochMetrics], None] = lambda metrics: None,
) -> TrainedModel:
    """Makes sessions, turns them to features (kept in `cache`) and trains `out`.

    motions, recordings: the files of `load_recordings`; features: the weights of stage 2. start:
    the localizer to begin with, None for nothing. calibration: a localizer whose calibration is
    taken over where nobody is watched. logs: folder for tensorboard.
    progress(stage) gives the progress of "features" (sessions) and "training" (steps). In several
    processes of `torchrun` each works on batches of its own, and the first alone writes. Raises
    FeaturesError, SupplyError, RecordingsError, LocalizerError, TrainingError and what `progress`
    raises.
    """
    sessions = sessions or TrainingSetSettings()
    processes = launched()
    device = processes.device(device)
    scores = model_file.read(calibration).calibration if calibration else None
    extractor = FeatureExtractor.load(features, device=device)
    with joined(processes, device):
        if not processes.first:
            processes.wait()  # and find the features in the cache
        examples = training_set(
            motions=motions,
            recordings=recordings,
            extractor=extractor,
            cache=cache,
            settings=sessions,
            progress=progress("features"),
        )
        if processes.first:
            processes.wait()
        source = source_of(motions, invented=sessions.invented > 0)
        return train_localizer(
            examples.train,
            validation=examples.validation,
            classes=examples.classes,
            out=out,
            warm_start=start,
            settings=settings or TrainSettings(),
            calibration=scores,
            device=device,
            processes=processes,
            logs=logs,
            progress=progress("training"),
            on_epoch=on_epoch,
            about={
                "source": source.data,
                "licence": source.licence,
                "sessions": asdict(sessions),
                "features": extractor.model_hash,
                "start": start_of(start),
                "command": command(),
            },
        )
