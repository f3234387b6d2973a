"""How the feature network is trained, and how long."""

from dataclasses import dataclass, field, replace

import numpy as np

from inference.features.augment import Augmentation
from inference.features.description import R2PLUS1D_12


@dataclass(frozen=True)
class TrainSettings:
    """layers: of `R2Plus1D`; ticks must be a multiple of its stride. expansion: copies of the
    sessions, expanded in time by this factor, are trained on too. stages: (share of the steps,
    cells of the heatmaps): coarse maps first, for speed. batch, ticks: windows of a batch and
    their length; accumulate: batches a step, in each process. augmentation: of each window.
    settle: first steps in which only the heads learn. pool: sessions that windows are taken from.
    bfloat16: matrix work in bfloat16; None where the device is fastest in it. compiled: by
    `torch.compile`.

    train_subjects, validation_subjects: recorded people; nobody is watched where there are none of
    the latter. invented: share of training sessions by people nobody recorded. without: classes
    that occur nowhere.
    """

    layers: tuple[int, ...] = R2PLUS1D_12
    expansion: float | None = None
    steps: int = 1300
    stages: tuple[tuple[float, int], ...] = ((0.82, 16), (0.18, 32))
    batch: int = 8
    accumulate: int = 1
    augmentation: Augmentation = field(default_factory=Augmentation)
    ticks: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    warm_up: float = 0.03
    settle: int = 0
    seed: int = 1
    bfloat16: bool | None = None
    compiled: bool = False
    train_subjects: tuple[int, ...] = ()
    validation_subjects: tuple[int, ...] = ()
    invented: float = 0.25
    without: tuple[str, ...] = ()
    pool: int = 32
    validation_sessions: int = 8
    check_every: int = 100

    def second_stage(self) -> "TrainSettings":
        """For a network that has learnt already: shorter, at half the rate, heads first."""
        return replace(
            self,
            steps=650,
            stages=((0.62, 16), (0.38, 32)),
            learning_rate=self.learning_rate / 2,
            settle=30,
        )

    def stage(self, step: int) -> tuple[int, int, int]:
        """(number of the stage, its first step, the step after its last)."""
        start, done = 0, 0.0
        for number, (share, _) in enumerate(self.stages):
            done += share
            end = round(done * self.steps) if number < len(self.stages) - 1 else self.steps
            if step < end:
                break
            start = end
        return number, start, end

    def cells(self, step: int) -> int:
        """Width of the heatmaps drawn for this step."""
        return self.stages[self.stage(step)[0]][1]

    def rate(self, step: int) -> float:
        """In each stage a short warm-up, then half a cosine down to a hundredth; each later stage
        starts at half the rate of the one before."""
        number, start, end = self.stage(step)
        highest = self.learning_rate / 2**number
        warm = max(round(self.warm_up * (end - start)), 1)
        if step - start < warm:
            return highest * (step - start + 1) / warm
        along = (step - start - warm) / max(end - start - warm, 1)
        return highest * (0.01 + 0.99 * 0.5 * (1 + float(np.cos(np.pi * along))))
