"""The published ActionFormer as training and the localizer use it, with all of its own parts."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from inference.device import fastest_dtype
from inference.features.track import FeatureTrack
from inference.localize.actionformer.candidates import SuppressSettings, candidates, suppress
from inference.localize.actionformer.losses import NORMALIZER_MOMENTUM, detection_losses
from inference.localize.actionformer.network import ActionFormer
from inference.localize.actionformer.targets import assign, points_of
from inference.localize.batches import Batch
from inference.localize.decode import Candidates
from inference.localize.example import Scaling
from inference.localize.inputs import Inputs, Usual, inputs_of
from inference.localize.kinematics import kinematics
from inference.localize.losses import Losses
from inference.localize.model_file import LocalizerConfig
from inference.video.clock import MODEL_HZ


@dataclass(frozen=True, eq=False)
class Baseline:
    """A `Detector` whose targets, losses and suppression are those of the published work.

    A step is as long as one of stage 2 and has that step's own features. With `config.kinematics`
    its ticks lie side by side, each with columns from keypoints and with interpolated features.
    """

    module: ActionFormer
    config: LocalizerConfig
    settings: SuppressSettings = field(default_factory=SuppressSettings)
    max_per_minute: float = 120.0
    momentum: ClassVar[float] = NORMALIZER_MOMENTUM

    @property
    def ticks(self) -> int:
        """Ticks of a step."""
        return round(self.config.step_s * MODEL_HZ)

    @property
    def stride(self) -> int:
        return self.ticks * self.module.coarsest

    @property
    def reach(self) -> int | None:
        reach = self.module.reach()
        return None if reach is None else self.ticks * reach

    def inputs(
        self, track: FeatureTrack, scaling: Scaling, usual: Usual, first: int, last: int
    ) -> Inputs:
        """Without kinematics every tick of a step has the step's own features, as published."""
        inputs = inputs_of(track, scaling, usual=usual, first=first, last=last)
        if self.config.kinematics:
            return inputs
        steps = np.minimum(np.arange(first, last) // self.ticks, len(track.features) - 1)
        features = scaling.apply(track.features[steps[0] : steps[-1] + 1])[steps - steps[0]]
        return Inputs(inputs.points, inputs.confidence, features)

    def losses(self, batch: Batch) -> Losses:
        device = batch.mask.device
        bfloat16 = fastest_dtype(device) == torch.bfloat16
        mask, known = (each[:, :: self.ticks] for each in (batch.mask, batch.known))
        columns = self.columns(batch.points, batch.confidence, batch.features)
        spare = self.module.padded_length(mask.shape[1]) - mask.shape[1]
        with torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
            levels = self.module(
                functional.pad(columns, (0, spare)), functional.pad(mask, (0, spare))
            )
        known = functional.pad(known, (0, spare))
        points = points_of(levels)
        logits = torch.cat([level.logits for level in levels], dim=1).float()
        real = batch.segments[..., 1] > batch.segments[..., 0]
        targets = [
            assign(points, segments[own] / self.ticks - 0.5, labels[own], logits.shape[2])
            for segments, labels, own in zip(batch.segments, batch.labels, real, strict=True)
        ]
        classification, regression, positives = detection_losses(
            logits,
            torch.cat([level.offsets for level in levels], dim=1).float(),
            torch.stack([class_targets for class_targets, _ in targets]),
            torch.stack([offsets for _, offsets in targets]),
            torch.cat([level.mask & known[:, :: level.stride] for level in levels], dim=1),
        )
        return Losses(classification, regression, logits.new_zeros(()), positives)

    def candidates(
        self, inputs: Inputs, *, first: int, core: tuple[int, int], last: bool
    ) -> tuple[Candidates, Candidates]:
        device = next(self.module.parameters()).device
        points, confidence, features = (
            torch.from_numpy(part)[None].to(device)
            for part in (inputs.points, inputs.confidence, inputs.features)
        )
        with torch.inference_mode():
            columns = self.columns(points, confidence, features)
            steps = columns.shape[2]
            spare = self.module.padded_length(steps) - steps if last else 0
            mask = (torch.arange(steps + spare, device=device) < steps)[None]
            levels = self.module(functional.pad(columns, (0, spare)), mask)
        levels = [level.on_cpu() for level in levels]
        found = candidates(levels, self.settings, (core[0] / self.ticks, core[1] / self.ticks))
        segments, spreads = (found.segments + 0.5) * self.ticks + first, found.spreads * self.ticks
        whatever = np.zeros_like(found.labels)
        return (
            Candidates(segments, found.scores, found.labels, spreads),
            Candidates(segments, found.scores, whatever, spreads),
        )

    def decoded(self, found: Candidates, limit: int) -> Candidates:
        in_steps = Candidates(
            found.segments / self.ticks, found.scores, found.labels, found.spreads
        )
        kept = suppress(in_steps, self.settings, limit)
        return Candidates(
            kept.segments * self.ticks, kept.scores, kept.labels, kept.spreads * self.ticks
        )

    def columns(self, points: Tensor, confidence: Tensor, features: Tensor) -> Tensor:
        """(B, T, 17, 2), (B, T, 17) and (B, T, D) of ticks -> (B, columns, steps)."""
        if not self.config.kinematics:
            return features[:, :: self.ticks].transpose(1, 2)
        ticks = torch.cat([kinematics(points, confidence), features], dim=2)
        ticks = functional.pad(ticks, (0, 0, 0, -ticks.shape[1] % self.ticks))
        return ticks.unflatten(1, (-1, self.ticks)).flatten(2).transpose(1, 2)
