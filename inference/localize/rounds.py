"""The rounds of a training: pieces of recordings in, the best mean of the weights out."""

import copy
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from inference.evaluation.evaluate import Evaluation
from inference.localize.actionformer.convolution import pack_weights
from inference.localize.augment import Augmentation, augmented
from inference.localize.batches import Batch, batches, collate, piece
from inference.localize.detector import detector_of
from inference.localize.example import Example, Scaling
from inference.localize.fit import Fit, Sums
from inference.localize.localizer import Localizer
from inference.localize.measure import find
from inference.localize.sample import Sample
from inference.localize.train_settings import Schedule, TrainSettings
from inference.progress import Progress
from inference.training.event_log import EventLog

VALIDATION_TICKS = 2048  # of the pieces whose loss is measured, or a little more


@dataclass(frozen=True)
class EpochMetrics:
    """epoch counts from 1 to `epochs`. Losses are per position that learns a segment.

    validation_map: mean over tIoU 0.3 to 0.7; None without validation recordings. seconds: of
    training so far, without the time it was stopped for.
    """

    epoch: int
    epochs: int
    train_loss: float
    validation_loss: float | None
    validation_map: float | None
    seconds: float


@dataclass(frozen=True, eq=False)
class Kept:
    """What a training ends with: weights, and the epoch that they are from (0: the start)."""

    weights: dict[str, Tensor]
    epoch: int
    history: list[EpochMetrics]


@dataclass(frozen=True, eq=False)
class Rounds:
    """One training with all it needs. measured: recordings that quality is measured on, none
    where the last epoch is kept whatever it is worth."""

    fit: Fit
    classes: tuple[str, ...]
    scaling: Scaling
    samples: list[Sample]
    validation: list[Sample]
    measured: Sequence[Example]
    augmentation: Augmentation
    settings: TrainSettings
    schedule: Schedule
    device: torch.device
    resume: Path

    def train(
        self,
        before: Evaluation | None,
        key: str,
        *,
        log: EventLog,
        progress: Progress,
        on_epoch: Callable[[EpochMetrics], None],
    ) -> Kept:
        """Goes on where the run `key` was stopped. before: how good the start is, if any."""
        schedule, began = self.schedule, time.monotonic()
        best = score_of(before) if before and self.measured else -math.inf
        best_weights, best_epoch = copied(self.fit.mean), 0
        history: list[EpochMetrics] = []
        extra = self.fit.load(self.resume, key)
        if extra:
            history = [EpochMetrics(**row) for row in extra["history"]]
            best, best_weights, best_epoch = extra["best"], extra["weights"], extra["epoch"]
        earlier = history[-1].seconds if history else 0.0
        self.fit.processes.wait()
        for epoch in range(len(history), schedule.epochs):
            loss = self.epoch(epoch, log, progress)
            quality = self.quality(progress) if self.measured else None
            metrics = EpochMetrics(
                epoch=epoch + 1,
                epochs=schedule.epochs,
                train_loss=loss,
                validation_loss=self.validation_loss(progress) if self.validation else None,
                validation_map=quality.average if quality else None,
                seconds=earlier + time.monotonic() - began,
            )
            history.append(metrics)
            score = score_of(quality) if quality else math.inf
            if score >= best:
                best, best_weights, best_epoch = score, copied(self.fit.mean), epoch + 1
            if self.fit.processes.first:
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
            log.add(self.fit.steps, logged(metrics))
            on_epoch(metrics)
        return Kept(best_weights, best_epoch, history)

    def resumed_at(self, key: str) -> int:
        """The step at which `train` will go on."""
        self.fit.load(self.resume, key)
        return self.fit.steps

    def epoch(self, epoch: int, log: EventLog, progress: Progress) -> float:
        """One epoch, whose random numbers depend on nothing but its number; gives its loss."""
        schedule, fit = self.schedule, self.fit
        supply = self.supply(epoch)
        sums = Sums()
        for _ in range(min(schedule.batches, schedule.steps - fit.steps)):
            progress(fit.steps, schedule.steps)
            rate = schedule.rate(fit.steps)
            step = fit.step([next(supply) for _ in range(self.settings.accumulate)], rate)
            log.add(fit.steps, {"train/loss": step.each, "train/learning rate": rate})
            sums += step
        return fit.processes.mean({"loss": sums.each})["loss"]

    def supply(self, epoch: int) -> Iterator[Batch]:
        """Batches without end, and torch's own random numbers made those of this epoch."""
        seed = np.random.SeedSequence((self.settings.seed, self.fit.processes.rank, epoch))
        random = np.random.default_rng(seed)
        numbers = seed.generate_state(2)
        generator = torch.Generator().manual_seed(int(numbers[0]))
        torch.manual_seed(int(numbers[1]))

        def endless() -> Iterator[Batch]:
            while True:
                for batch in batches(
                    self.samples,
                    random,
                    size=self.schedule.batch_size,
                    ticks=self.schedule.crop_ticks,
                    stretch=self.settings.stretch,
                ):
                    yield augmented(batch, self.augmentation, generator).to(self.device)

        return endless()

    def localizer(self) -> Localizer:
        """The mean weights as they are now, not calibrated."""
        model = pack_weights(copy.deepcopy(self.fit.mean))
        return Localizer(
            detector_of(model, self.fit.config),
            self.fit.config,
            self.classes,
            self.scaling,
            "in training",
        )

    def still(self, progress: Progress) -> Progress:
        """For work between two steps: where the training is."""
        return lambda done, total: progress(self.fit.steps, self.schedule.steps)

    def quality(self, progress: Progress) -> Evaluation:
        """The mean weights on the measured recordings, within what was looked at."""
        return find(self.localizer(), self.measured, self.still(progress)).evaluation()

    def validation_loss(self, progress: Progress) -> float:
        """Loss of the mean weights over all validation recordings."""
        detector = detector_of(self.fit.mean, self.fit.config, quality=self.fit.quality)
        ticks = -(-VALIDATION_TICKS // detector.stride) * detector.stride
        sums = Sums()
        with torch.inference_mode():
            for sample in self.validation:
                for first in range(0, len(sample), ticks):
                    progress(self.fit.steps, self.schedule.steps)
                    part = piece(sample, first=first, speed=1.0, ticks=ticks)
                    batch = collate([part], ticks).to(self.device)
                    sums += Sums.of(detector.losses(batch))
        return sums.each


def logged(metrics: EpochMetrics) -> dict[str, float]:
    """The curves of the epochs."""
    figures = {
        "epoch/train loss": metrics.train_loss,
        "epoch/validation loss": metrics.validation_loss,
        "epoch/validation mAP": metrics.validation_map,
    }
    return {name: value for name, value in figures.items() if value is not None}


def score_of(quality: Evaluation) -> float:
    """What "better" means; without any label to find, every model is as good."""
    return 0.0 if math.isnan(quality.average) else quality.average


def copied(model: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.detach().cpu().clone() for name, tensor in model.state_dict().items()}
