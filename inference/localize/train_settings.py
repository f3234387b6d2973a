"""How the localizer is trained, and what follows from the amount and kind of data."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

FINEST_RANGE = 4.0  # input steps; the published model's first regression range ends here
MOST_LEVELS = 7


@dataclass(frozen=True)
class TrainSettings:
    """What can be chosen. None means: chosen from the amount of data.

    learning_rate: peak of a linear warm-up and cosine decay. crop_steps: longest piece of a
    recording seen at once. stretch: pieces are played up to this share faster or slower.
    ema: decay of the running mean of the weights that is kept. width, heads, window, stem_blocks
    shape a network that starts from nothing.
    """

    epochs: int | None = None
    seed: int = 0
    learning_rate: float | None = None
    weight_decay: float = 0.05
    batch_size: int | None = None
    crop_steps: int = 384
    stretch: float = 0.15
    ema: float = 0.999
    max_gradient: float = 1.0
    width: int = 160
    heads: int = 4
    window: int = 9
    stem_blocks: int = 2


@dataclass(frozen=True)
class Schedule:
    """The numbers a run goes by."""

    epochs: int
    batch_size: int
    batches: int
    learning_rate: float

    def rate(self, step: int) -> float:
        """Learning rate of an optimizer step: linear warm-up, then half a cosine."""
        total = self.epochs * self.batches
        warm = max(1, total // 10)
        if step < warm:
            return self.learning_rate * (step + 1) / warm
        along = (step - warm) / max(1, total - warm)
        return self.learning_rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * along)))


def schedule_for(settings: TrainSettings, pieces: int, *, warm: bool) -> Schedule:
    """Enough optimizer steps to learn, few enough that two short videos take about a minute.

    pieces: how many pieces of `crop_steps` an epoch has.
    """
    batch_size = settings.batch_size or min(8, max(2, pieces // 8))
    batches = -(-pieces // batch_size)
    wanted = 120 if warm else 1500
    least, most = (8, 60) if warm else (15, 150)
    epochs = settings.epochs or min(most, max(least, -(-wanted // batches)))
    rate = settings.learning_rate or (2e-4 if warm else 1e-3)
    return Schedule(epochs, batch_size, batches, rate)


def regression_ranges(lengths: Sequence[float]) -> tuple[tuple[float, float], ...]:
    """Levels that fit labels of these lengths in input steps: each range twice the one before,
    the last beginning within reach of the longest half label."""
    longest = max(lengths) / 2
    levels = 3
    while levels < MOST_LEVELS and FINEST_RANGE * 2 ** (levels - 1) <= longest:
        levels += 1
    edges = [0.0, *(FINEST_RANGE * 2**level for level in range(levels - 1)), 10000.0]
    return tuple(pairwise(edges))
