"""Training of the localizer: from nothing, or from an earlier one with other classes."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from inference.device import CPU
from inference.evaluation.evaluate import Evaluation
from inference.localize import model_file
from inference.localize.batches import piece_count
from inference.localize.calibration import Calibration
from inference.localize.example import Example, Scaling
from inference.localize.fit import Fit
from inference.localize.measure import calibrated, find
from inference.localize.model_file import LocalizerFile
from inference.localize.rounds import EpochMetrics, Rounds
from inference.localize.sample import longest_label, sample_of
from inference.localize.train_checks import TrainingError, check, check_labels, described
from inference.localize.train_config import augmentation_for, config_for
from inference.localize.train_settings import Part, TrainSettings, crop_for, schedule_for
from inference.localize.warm_start import knowing, transferred, usual
from inference.progress import Progress, silent
from inference.training.event_log import EventLog
from inference.training.processes import Processes
from inference.weights.kept import sha256_of

__all__ = ["EpochMetrics", "TrainSettings", "TrainedModel", "TrainingError", "train_localizer"]

LICENCE = "MIT"


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """A localizer on disk and how it came out.

    before, after: of the start (None from nothing) and of what was kept, measured on the
    recordings named by `measured_on`: "validation", or "training" when there was no validation.
    warnings: sentences that people should read.
    """

    path: Path
    model_hash: str
    classes: tuple[str, ...]
    measured_on: str
    before: Evaluation | None
    after: Evaluation
    epochs: tuple[EpochMetrics, ...]
    kept_epoch: int
    warnings: tuple[str, ...]
    metrics: dict[str, Any]


def train_localizer(
    examples: Sequence[Example],
    *,
    validation: Sequence[Example],
    classes: Sequence[str],
    out: Path,
    warm_start: Path | None,
    settings: TrainSettings,
    calibration: Calibration | None = None,
    device: torch.device = CPU,
    processes: Processes | None = None,
    logs: Path | None = None,
    progress: Progress = silent,
    on_epoch: Callable[[EpochMetrics], None] = lambda metrics: None,
    about: dict[str, Any] | None = None,
) -> TrainedModel:
    """Trains and writes `out` (safetensors) with its .json sidecar.

    Only what lies in finished spans or inside labels counts. With validation recordings the best
    of the start and of all epochs is kept, without them the last epoch. A warm start keeps its
    network; rows of the class head are taken over by class name. Stopped by an exception from
    `progress`, the same call goes on at the last finished epoch and ends with the same weights.
    calibration: of scores and spreads where the validation recordings hold too few labels for one
    of their own; None for that of the start, or a usual one from nothing. processes: of which this
    is one; all of them make this call, and the first one writes. logs: folder for tensorboard.
    about: added to the sidecar.
    Raises TrainingError, LocalizerError (warm start), and what `progress` raises.
    """
    classes, processes = tuple(classes), processes or Processes()
    examples = [example for example in examples if len(example.track.keypoints)]
    validation = [example for example in validation if len(example.track.keypoints)]
    start = model_file.read(warm_start) if warm_start else None
    check(examples, validation, start)
    scaling = start.scaling if start else Scaling.fit(examples)
    samples = [sample_of(example, classes, scaling) for example in examples]
    warnings = check_labels(samples, examples, warm=start is not None)
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(settings.seed)
        config = (
            knowing(start.config, len(classes))
            if start
            else config_for(examples[0].track, samples, classes, settings)
        )
        model = config.build(len(classes))
        if start:
            model.load_state_dict(transferred(model, classes, start))
        fit = Fit(
            model.to(device),
            config,
            weight_decay=settings.weight_decay,
            ema=settings.ema,
            max_gradient=settings.max_gradient,
            quality=Part.QUALITY not in settings.without,
            processes=processes,
        )
        crop_ticks = crop_for(settings, longest_label(samples), fit.detector.stride)
        rounds = Rounds(
            fit=fit,
            classes=classes,
            scaling=scaling,
            calibration=calibration or (start.calibration if start else usual(config)),
            samples=samples,
            validation=[sample_of(example, classes, scaling) for example in validation],
            measured=validation,
            augmentation=augmentation_for(config),
            settings=settings,
            schedule=schedule_for(
                settings,
                piece_count(samples, crop_ticks),
                crop_ticks=crop_ticks,
                warm=start is not None,
                processes=processes.size,
            ),
            device=device,
            resume=out.with_name(out.name + ".resume"),
        )
        measured, measured_on = (validation, "validation") if validation else (examples, "training")
        still = rounds.still(progress)
        before = find(rounds.localizer(), measured, still).evaluation() if start else None
        key = fingerprint(examples, classes, start, settings)
        with EventLog(logs if processes.first else None, first=rounds.resumed_at(key)) as log:
            kept = rounds.train(before, key, log=log, progress=progress, on_epoch=on_epoch)
        rounds.fit.mean.load_state_dict(kept.weights)
        own = calibrated(rounds.localizer(), validation, still) if validation else None
        rounds = replace(rounds, calibration=own or rounds.calibration)
        after = find(rounds.localizer(), measured, still).evaluation()
    if before and validation and kept.epoch == 0:
        warnings.append(
            "No round of training made the model better on the validation patients, so the new "
            "version works like the one it started from."
        )
    metrics = {
        "measured_on": measured_on,
        "before": asdict(before) if before else None,
        "after": asdict(after),
        "kept_epoch": kept.epoch,
        "epochs": [asdict(row) for row in kept.history],
    }
    if processes.first:
        model_file.write(
            out,
            config=config,
            classes=classes,
            weights=kept.weights,
            scaling=scaling,
            calibration=rounds.calibration,
            about={
                "parent": start.model_hash if start else None,
                "licence": LICENCE,
                "seed": settings.seed,
                "settings": asdict(settings),
                "data": described(examples, validation),
                "metrics": metrics,
                "warnings": warnings,
                **(about or {}),
            },
        )
        rounds.resume.unlink(missing_ok=True)
    processes.wait()
    return TrainedModel(
        path=out,
        model_hash=sha256_of(out),
        classes=classes,
        measured_on=measured_on,
        before=before,
        after=after,
        epochs=tuple(kept.history),
        kept_epoch=kept.epoch,
        warnings=tuple(warnings),
        metrics=metrics,
    )


def fingerprint(
    examples: Sequence[Example],
    classes: Sequence[str],
    start: LocalizerFile | None,
    settings: TrainSettings,
) -> str:
    """Tells whether a half-finished run was this very run."""
    digest = hashlib.sha256(
        json.dumps([list(classes), start.model_hash if start else None, asdict(settings)]).encode()
    )
    for example in examples:
        for array in (example.track.features, example.track.keypoints):
            digest.update(np.ascontiguousarray(array).tobytes())
        rows = [(label.name, label.start_s, label.end_s) for label in example.labels]
        digest.update(json.dumps([rows, example.finished, example.group]).encode())
    return digest.hexdigest()
