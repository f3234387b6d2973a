"""Training of the localizer: from nothing, or from an earlier one with other classes."""

import copy
import hashlib
import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from inference.evaluation.evaluate import Evaluation, evaluate
from inference.localize import model_file
from inference.localize.actionformer.convolution import pack_weights
from inference.localize.actionformer.network import ActionFormer
from inference.localize.batches import batches, collate, piece_count
from inference.localize.example import Example, Sample, Scaling, sample_of
from inference.localize.fit import Fit, batch_losses
from inference.localize.localizer import CORE_STEPS, Localizer
from inference.localize.model_file import LocalizerConfig, LocalizerFile
from inference.localize.train_checks import TrainingError, check, check_labels, described
from inference.localize.train_settings import (
    Schedule,
    TrainSettings,
    regression_ranges,
    schedule_for,
)
from inference.progress import Progress, silent

__all__ = ["EpochMetrics", "TrainSettings", "TrainedModel", "TrainingError", "train_localizer"]

LICENCE = "MIT"


@dataclass(frozen=True)
class EpochMetrics:
    """epoch counts from 1 to `epochs`. Losses are per step that learns a segment.

    validation_map: mean over tIoU 0.3 to 0.7; None without validation recordings. seconds: since
    training began.
    """

    epoch: int
    epochs: int
    train_loss: float
    validation_loss: float | None
    validation_map: float | None
    seconds: float


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
    progress: Progress = silent,
    on_epoch: Callable[[EpochMetrics], None] = lambda metrics: None,
    about: dict[str, Any] | None = None,
) -> TrainedModel:
    """Trains and writes `out` (safetensors) with its .json sidecar.

    Only what lies in finished spans or inside labels counts. With validation recordings the best
    of the start and of all epochs is kept, without them the last epoch. A warm start keeps its
    network; rows of the class head are taken over by class name. Stopped by an exception from
    `progress`, the same call goes on at the last finished epoch and ends with the same weights.
    about: added to the sidecar. Raises TrainingError, LocalizerError (warm start), and what
    `progress` raises.
    """
    classes = tuple(classes)
    examples = [example for example in examples if len(example.track.times)]
    validation = [example for example in validation if len(example.track.times)]
    start = model_file.read(warm_start) if warm_start else None
    check(examples, validation, start)
    scaling = start.scaling if start else Scaling.fit(examples)
    samples = [sample_of(example, classes, scaling) for example in examples]
    warnings = check_labels(samples, examples, warm=start is not None)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        config = start.config if start else config_for(examples, samples, settings)
        model = config.build(len(classes))
        if start:
            model.load_state_dict(transferred(model, classes, start))
        run = Run(
            fit=Fit(
                model,
                weight_decay=settings.weight_decay,
                ema=settings.ema,
                max_gradient=settings.max_gradient,
                random=np.random.default_rng(settings.seed),
            ),
            config=config,
            classes=classes,
            scaling=scaling,
            samples=samples,
            validation=[sample_of(example, classes, scaling) for example in validation],
            measured=list(validation) or examples,
            has_validation=bool(validation),
            settings=settings,
            schedule=schedule_for(
                settings, piece_count(samples, settings.crop_steps), warm=start is not None
            ),
            resume=out.with_name(out.name + ".resume"),
        )
        before = run.measure(progress) if start else None
        kept = run.train(
            before, fingerprint(examples, classes, start, settings), progress, on_epoch
        )
    if before and run.has_validation and kept.epoch == 0:
        warnings.append(
            "No round of training made the model better on the validation patients, so the new "
            "version works like the one it started from."
        )
    measured_on = "validation" if run.has_validation else "training"
    metrics = {
        "measured_on": measured_on,
        "before": asdict(before) if before else None,
        "after": asdict(kept.quality),
        "kept_epoch": kept.epoch,
        "epochs": [asdict(row) for row in kept.history],
    }
    model_hash = model_file.write(
        out,
        config=config,
        classes=classes,
        weights=kept.weights,
        scaling=scaling,
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
    run.resume.unlink(missing_ok=True)
    return TrainedModel(
        path=out,
        model_hash=model_hash,
        classes=classes,
        measured_on=measured_on,
        before=before,
        after=kept.quality,
        epochs=tuple(kept.history),
        kept_epoch=kept.epoch,
        warnings=tuple(warnings),
        metrics=metrics,
    )


@dataclass(eq=False)
class Kept:
    """The best so far: weights, the epoch they are from (0: the start), and all epochs' metrics."""

    weights: dict[str, torch.Tensor]
    epoch: int
    quality: Evaluation
    history: list[EpochMetrics]


@dataclass(frozen=True, eq=False)
class Run:
    """One training with all it needs."""

    fit: Fit
    config: LocalizerConfig
    classes: tuple[str, ...]
    scaling: Scaling
    samples: list[Sample]
    validation: list[Sample]
    measured: list[Example]
    has_validation: bool
    settings: TrainSettings
    schedule: Schedule
    resume: Path

    def train(
        self,
        before: Evaluation | None,
        key: str,
        progress: Progress,
        on_epoch: Callable[[EpochMetrics], None],
    ) -> Kept:
        schedule, began = self.schedule, time.monotonic()
        best = score_of(before) if before and self.has_validation else -math.inf
        best_weights, best_epoch = copied(self.fit.mean), 0
        history: list[EpochMetrics] = []
        extra = self.fit.load(self.resume, key)
        if extra:
            history = [EpochMetrics(**row) for row in extra["history"]]
            best, best_weights, best_epoch = extra["best"], extra["weights"], extra["epoch"]
        total = schedule.epochs * schedule.batches
        for epoch in range(len(history), schedule.epochs):
            loss, positives = 0.0, 0
            for batch in batches(
                self.samples,
                self.fit.model,
                self.fit.random,
                size=schedule.batch_size,
                steps=self.settings.crop_steps,
                stretch=self.settings.stretch,
            ):
                progress(self.fit.steps, total)
                summed, learned = self.fit.step(batch, schedule.rate(self.fit.steps))
                loss, positives = loss + summed, positives + learned
            quality = self.measure(progress) if self.has_validation else None
            metrics = EpochMetrics(
                epoch=epoch + 1,
                epochs=schedule.epochs,
                train_loss=loss / max(1, positives),
                validation_loss=self.validation_loss(progress) if self.has_validation else None,
                validation_map=quality.average if quality else None,
                seconds=time.monotonic() - began,
            )
            history.append(metrics)
            score = score_of(quality) if quality else math.inf
            if score >= best:
                best, best_weights, best_epoch = score, copied(self.fit.mean), epoch + 1
            self.fit.save(
                self.resume,
                key,
                {
                    "history": [asdict(row) for row in history],
                    "best": best,
                    "weights": best_weights,
                    "epoch": best_epoch,
                },
            )
            on_epoch(metrics)
        self.fit.mean.load_state_dict(best_weights)
        return Kept(best_weights, best_epoch, self.measure(progress), history)

    def measure(self, progress: Progress) -> Evaluation:
        """The mean weights on the measured recordings, within what was looked at."""

        def still(done: float, total: float) -> None:
            progress(self.fit.steps, self.schedule.epochs * self.schedule.batches)

        model = pack_weights(copy.deepcopy(self.fit.mean))
        localizer = Localizer(model, self.config, self.classes, self.scaling, "in training")
        truth, proposals, minutes = {}, {}, 0.0
        for number, example in enumerate(self.measured):
            spans = example.finished or ((0.0, example.duration_s),)
            found, _ = localizer.propose(example.track, example.duration_s, still)
            name = str(number)
            truth[name] = [
                label
                for label in example.labels
                if label.name in self.classes and inside(label.start_s, label.end_s, spans)
            ]
            proposals[name] = [p for p in found if inside(p.start_s, p.end_s, spans)]
            minutes += sum(end - start for start, end in spans) / 60
        return evaluate(truth, proposals, minutes=minutes)

    def validation_loss(self, progress: Progress) -> float:
        """Loss of the mean weights over all recordings, per step that learns a segment."""
        total, positives = 0.0, 0
        pieces = [
            sample.cut(first, min(first + CORE_STEPS, len(sample)))
            for sample in self.validation
            for first in range(0, len(sample), CORE_STEPS)
        ]
        with torch.inference_mode():
            for piece in pieces:
                progress(self.fit.steps, self.schedule.epochs * self.schedule.batches)
                parts = batch_losses(self.fit.mean, collate([piece], self.fit.mean))
                total += float(parts[0] + parts[1])
                positives += parts[2]
        return total / max(1, positives)


def config_for(
    examples: Sequence[Example], samples: Sequence[Sample], settings: TrainSettings
) -> LocalizerConfig:
    """A network from nothing, its levels chosen from the lengths of the labels."""
    track = examples[0].track
    lengths = np.concatenate([sample.segments[:, 1] - sample.segments[:, 0] for sample in samples])
    ranges = regression_ranges(lengths.tolist())
    return LocalizerConfig(
        input_dim=track.features.shape[1],
        width=settings.width,
        heads=settings.heads,
        window=settings.window,
        arch=(2, settings.stem_blocks, len(ranges) - 1),
        regression_ranges=ranges,
        max_steps=2304,
        step_s=track.step_s,
        features_model=track.model,
    )


def transferred(
    model: ActionFormer, classes: Sequence[str], start: LocalizerFile
) -> dict[str, torch.Tensor]:
    """The start's weights; class rows go by name, and classes it did not know keep fresh rows."""
    weights = dict(start.weights)
    fresh = model.state_dict()
    for key in ("cls_head.cls_head.conv.weight", "cls_head.cls_head.conv.bias"):
        rows = fresh[key].clone()
        for row, name in enumerate(classes):
            if name in start.classes:
                rows[row] = start.weights[key][start.classes.index(name)]
        weights[key] = rows
    return weights


def inside(start_s: float, end_s: float, spans: Sequence[tuple[float, float]]) -> bool:
    """Whether the middle lies in one of the spans."""
    middle = (start_s + end_s) / 2
    return any(start <= middle < end for start, end in spans)


def score_of(quality: Evaluation) -> float:
    """What "better" means; without any label to find, every model is as good."""
    return 0.0 if math.isnan(quality.average) else quality.average


def copied(model: ActionFormer) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


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
        digest.update(np.ascontiguousarray(example.track.features).tobytes())
        rows = [(label.name, label.start_s, label.end_s) for label in example.labels]
        digest.update(json.dumps([rows, example.finished, example.group]).encode())
    return digest.hexdigest()
