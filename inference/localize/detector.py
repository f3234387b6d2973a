"""What training and the localizer need of a network, whichever it is."""

from dataclasses import dataclass, field, replace
from typing import ClassVar, Protocol

import numpy as np
import torch
from torch import nn

from inference.device import fastest_dtype
from inference.features.track import FeatureTrack
from inference.localize.actionformer.baseline import Baseline
from inference.localize.actionformer.candidates import SuppressSettings
from inference.localize.actionformer.network import ActionFormer
from inference.localize.batches import Batch
from inference.localize.candidates import candidates
from inference.localize.decode import Candidates, DecodeSettings, decode, joined
from inference.localize.example import Scaling
from inference.localize.inputs import Inputs, Usual, inputs_of
from inference.localize.losses import Losses, losses_of
from inference.localize.model_file import Config, LocalizerConfig, RefinedConfig
from inference.localize.network import RefinedActionFormer


class Detector(Protocol):
    """A network with what surrounds it.

    momentum: of the running mean of how many positions learn a segment, which losses are divided
    by; 0 takes those of the batch alone.
    """

    momentum: ClassVar[float]

    @property
    def module(self) -> nn.Module: ...

    @property
    def settings(self) -> DecodeSettings | SuppressSettings:
        """How candidates are thinned out; proposals kept with others are not these."""

    @property
    def max_per_minute(self) -> float:
        """More proposals than this say nothing."""

    @property
    def stride(self) -> int:
        """Ticks of a step of the coarsest level, where chunks may begin."""

    @property
    def reach(self) -> int | None:
        """How many ticks away something can still matter, a multiple of `stride`; None when
        everything matters everywhere."""

    def inputs(
        self, track: FeatureTrack, scaling: Scaling, usual: Usual, first: int, last: int
    ) -> Inputs:
        """Ticks [first, last) of a recording as the network sees them."""

    def losses(self, batch: Batch) -> Losses:
        """Summed losses of a batch, with gradients where the module has them."""

    def candidates(
        self, inputs: Inputs, *, first: int, core: tuple[int, int], last: bool
    ) -> tuple[Candidates, Candidates]:
        """Of a chunk, in ticks of the recording: by class, and whatever the class with label 0.

        first: the recording's tick that the chunk begins with. core: the chunk's ticks that it
        answers for. last: whether the recording ends with the chunk.
        """

    def decoded(self, found: Candidates, limit: int) -> Candidates:
        """The candidates of a whole recording thinned out, by falling score."""


@dataclass(frozen=True, eq=False)
class Refined:
    """The network of this program as a `Detector`. quality: as in `losses_of`.

    Where it sees joints and features it gives two opinions, one of them of the joints alone: they
    vote on boundaries, and what both say counts more.
    """

    module: RefinedActionFormer
    quality: bool = True
    settings: DecodeSettings = field(default_factory=DecodeSettings)
    momentum: ClassVar[float] = 0.0

    @property
    def max_per_minute(self) -> float:
        return self.settings.max_per_minute

    @property
    def stride(self) -> int:
        return self.module.coarsest_stride

    @property
    def reach(self) -> int | None:
        return self.module.reach()

    def inputs(
        self, track: FeatureTrack, scaling: Scaling, usual: Usual, first: int, last: int
    ) -> Inputs:
        return inputs_of(track, scaling, usual=usual, first=first, last=last)

    def losses(self, batch: Batch) -> Losses:
        device = batch.mask.device
        dtype = fastest_dtype(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=dtype == torch.bfloat16):
            answer = self.module(batch.points, batch.confidence, batch.features, batch.mask)
        return losses_of(self.module, answer, batch, quality=self.quality)

    def candidates(
        self, inputs: Inputs, *, first: int, core: tuple[int, int], last: bool
    ) -> tuple[Candidates, Candidates]:
        opinions = [inputs]
        if self.module.join is not None:  # what it says of the joints alone, as in training
            opinions.append(replace(inputs, features=np.zeros_like(inputs.features)))
        by_class, whatever = zip(
            *(candidates(self.module, each, first=first, core=core) for each in opinions),
            strict=True,
        )
        return joined(by_class), joined(whatever)

    def decoded(self, found: Candidates, limit: int) -> Candidates:
        return decode(found, self.settings, limit)


def detector_of(module: nn.Module, config: Config, *, quality: bool = True) -> Detector:
    """The detector around a module that `config` built. quality: as in `losses_of`."""
    if isinstance(config, RefinedConfig):
        assert isinstance(module, RefinedActionFormer)
        return Refined(module, quality)
    assert isinstance(config, LocalizerConfig) and isinstance(module, ActionFormer)
    return Baseline(module, config)
