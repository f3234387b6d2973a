"""Training of the localizer: from nothing, or from an earlier one with other classes."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
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
from inference.localize.measure import find
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
    `calibrated_on` in `metrics` says what the scores of both were calibrated on: "validation"
    (each by itself, on these very recordings) or "nothing" (taken over, or a usual one).
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
    of their own; None for that of the start, or a usual one from nothing. What is kept because no
    epoch was better keeps its own. processes: of which this
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
            samples=samples,
            validation=[sample_of(example, classes, scaling) for example in validation],
            measured=validation,
            augmentation=augmentation_for(config, classes),
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
        begun = find(rounds.localizer(), measured, still) if start else None
        key = fingerprint(rounds, examples, start)
        with EventLog(logs if processes.first else None, first=rounds.resumed_at(key)) as log:
            kept = rounds.train(
                begun.evaluation() if begun else None,
                key,
                log=log,
                progress=progress,
                on_epoch=on_epoch,
            )
        rounds.fit.mean.load_state_dict(kept.weights)
        ended = find(rounds.localizer(), measured, still)
    as_it_was = start is not None and bool(validation) and kept.epoch == 0
    taken_over = calibration or (start.calibration if start else usual(config))
    own = None
    if start and as_it_was:
        taken_over = start.calibration
    elif validation:
        own = ended.calibration()
    before = begun.evaluation(begun.calibration() if own else taken_over) if begun else None
    after = ended.evaluation(own or taken_over)
    if as_it_was:
        warnings.append(
            "No round of training made the model better on the validation patients, so the new "
            "version works like the one it started from."
        )
    metrics = {
        "measured_on": measured_on,
        "calibrated_on": "validation" if own else "nothing",
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
            calibration=own or taken_over,
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


def fingerprint(rounds: Rounds, examples: Sequence[Example], start: LocalizerFile | None) -> str:
    """Tells whether a half-finished run was this very run: on the same examples, measured on the
    same recordings, with everything that decides its random numbers."""
    said = {
        "classes": rounds.classes,
        "start": start.model_hash if start else None,
        "settings": asdict(rounds.settings),
        "augmentation": asdict(rounds.augmentation),
        "processes": rounds.fit.processes.size,
        "examples": [digest_of(example) for example in examples],
        "validation": [digest_of(example) for example in rounds.measured],
    }
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def digest_of(example: Example) -> str:
    digest = hashlib.sha256()
    for array in (example.track.features, example.track.keypoints):
        digest.update(np.ascontiguousarray(array).tobytes())
    rows = [(label.name, label.start_s, label.end_s) for label in example.labels]
    digest.update(json.dumps([rows, example.finished, example.group]).encode())
    return digest.hexdigest()
