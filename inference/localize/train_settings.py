"""How the localizer is trained, and what follows from the amount and kind of data."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

FIRST_RANGE = 4.0  # steps of the finest level; its regression range ends here
LEAST_HALF = 64.0  # ticks: half labels at least as long as this are within reach of the levels
MOST_LEVELS = 7
USUAL_BATCH = 8  # pieces of `crop_ticks`
MOST_CROP_TICKS = 3072  # 205 s; labels longer than half of it are rarely seen whole
LEAST_STEPS, MOST_STEPS = 700, 1400  # from nothing: twice as many as pieces, within these
WARM_STEPS = 200
MOST_EPOCHS = 20  # of those chosen from the amount of data; each is followed by a measurement


class Network(StrEnum):
    """Which network starts from nothing: that of this program, or the published one beside it."""

    REFINED = "refined-actionformer"
    ACTIONFORMER = "actionformer"


class Part(StrEnum):
    """What a network can do without, to see what it is worth."""

    REFINEMENT = "refinement"
    TOP_DOWN = "top-down"
    QUALITY = "quality"
    KINEMATICS = "kinematics"
    HEATMAPS = "heatmaps"


@dataclass(frozen=True)
class TrainSettings:
    """What can be chosen. None means: chosen from the amount and kind of data.

    steps: of the optimizer; epochs: the same in passes over the data, where steps is None.
    learning_rate: peak of a linear warm-up and cosine decay. accumulate: batches a step.
    crop_ticks: longest piece of a recording seen at once; where labels need longer ones, a batch
    has fewer of them. stretch: pieces are played up to this share faster or slower. ema: decay of
    the running mean of the weights that is kept. network, without, width, fine_width, heads,
    stem_blocks, stride shape a network that starts from nothing; as in `NetworkConfig`.
    """

    steps: int | None = None
    epochs: int | None = None
    seed: int = 0
    learning_rate: float | None = None
    weight_decay: float = 0.05
    batch_size: int | None = None
    accumulate: int = 1
    crop_ticks: int = 384
    stretch: float = 0.15
    ema: float = 0.99
    max_gradient: float = 1.0
    network: Network = Network.REFINED
    without: tuple[Part, ...] = ()
    width: int = 128
    fine_width: int = 96
    heads: int = 4
    stem_blocks: int = 2
    stride: int = 2


@dataclass(frozen=True)
class Schedule:
    """The numbers a run goes by. batches: steps of an epoch; the last one may be shorter.
    crop_ticks: longest piece of a recording seen at once."""

    steps: int
    batches: int
    batch_size: int
    learning_rate: float
    crop_ticks: int

    @property
    def epochs(self) -> int:
        return -(-self.steps // self.batches)

    def rate(self, step: int) -> float:
        """Learning rate of an optimizer step: linear warm-up, then half a cosine."""
        warm = max(1, self.steps // 10)
        if step < warm:
            return self.learning_rate * (step + 1) / warm
        along = (step - warm) / max(1, self.steps - warm)
        return self.learning_rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * along)))


def schedule_for(
    settings: TrainSettings, pieces: int, *, crop_ticks: int, warm: bool, processes: int = 1
) -> Schedule:
    """pieces: how many pieces of `crop_ticks` a pass over the data has. warm: not from nothing."""
    most = (settings.batch_size or USUAL_BATCH) * settings.crop_ticks // crop_ticks
    batch_size = max(1, most if settings.batch_size else min(most, max(2, pieces)))
    batches = -(-pieces // (batch_size * settings.accumulate * processes))
    usual = WARM_STEPS if warm else min(max(LEAST_STEPS, 2 * pieces), MOST_STEPS)
    steps = settings.steps or (settings.epochs * batches if settings.epochs else usual)
    if not settings.epochs:
        batches = max(batches, -(-steps // MOST_EPOCHS))
    from_nothing = 1e-3 if settings.network is Network.REFINED else 5e-4
    rate = settings.learning_rate or (2e-4 if warm else from_nothing)
    return Schedule(steps, min(batches, steps), batch_size, rate, crop_ticks)


def crop_for(settings: TrainSettings, longest: float, stride: int) -> int:
    """Ticks of a piece, a multiple of `stride`: twice the longest label, which is cut through in
    many of the pieces otherwise, and where it is cut it cannot be learned."""
    ticks = max(settings.crop_ticks, min(2 * longest, MOST_CROP_TICKS))
    return math.ceil(ticks / stride) * stride


def level_count(lengths: Sequence[float], stride: int) -> int:
    """Levels for labels of these lengths in ticks, when a step of the finest has `stride` ticks.

    Each range is twice the one before; the last begins within reach of the longest half label.
    """
    longest = max(max(lengths) / 2, LEAST_HALF)
    levels = 3
    while levels < MOST_LEVELS and FIRST_RANGE * stride * 2 ** (levels - 1) <= longest:
        levels += 1
    return levels
