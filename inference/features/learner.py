"""The feature network with its heads, as training sees them: one step, and what it is kept by."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from inference.features.description import JOINTS, model_name
from inference.features.extract import FeatureExtractor
from inference.features.heads import Heads, losses
from inference.features.quality import as_input
from inference.features.r2plus1d import R2Plus1D, channels_last
from inference.features.train_settings import TrainSettings
from inference.features.windows import Batch
from inference.training.processes import Processes, averaging

CLIP = 2.0  # of the norm of all gradients


class FeatureTrainingError(Exception):
    """A training cannot begin or go on; the message says what to do."""


class Together(nn.Module):
    """Network and heads in one call, which several processes share."""

    def __init__(self, network: R2Plus1D, heads: Heads, *, bfloat16: bool) -> None:
        super().__init__()
        self.network, self.heads, self.in_bfloat16 = network, heads, bfloat16

    def forward(self, volumes: torch.Tensor) -> dict[str, torch.Tensor]:
        """(N, 17, T, cells, cells) uint8 -> what `Heads` gives."""
        with torch.autocast(volumes.device.type, torch.bfloat16, enabled=self.in_bfloat16):
            features = self.network(as_input(volumes))
        return self.heads(features.float())


@dataclass(frozen=True, eq=False)
class Learner:
    """shared: `network` and `heads` as one module, in as many processes as there are."""

    network: R2Plus1D
    heads: Heads
    shared: nn.Module
    optimizer: torch.optim.Optimizer
    settings: TrainSettings

    def learn(self, batches: Sequence[Batch], step: int, seeds: Sequence[int]) -> dict[str, float]:
        """One step on the mean gradient of `batches`; gives the losses, averaged over them.

        seeds: one a batch, for what the heads drop out.
        """
        for group in self.optimizer.param_groups:
            settling = group["settles"] and step < self.settings.settle
            group["lr"] = 0.0 if settling else self.settings.rate(step)
        figures = self.gradients(batches, seeds)
        torch.nn.utils.clip_grad_norm_(self.shared.parameters(), CLIP)
        self.optimizer.step()
        return figures

    def gradients(self, batches: Sequence[Batch], seeds: Sequence[int]) -> dict[str, float]:
        """Leaves the mean gradient of `batches` in the parameters; gives their mean losses."""
        self.shared.train()
        device = next(self.network.parameters()).device
        self.optimizer.zero_grad(set_to_none=True)
        figures = {name: 0.0 for name in ("action", "region", "edges", "offsets")}
        for number, (batch, seed) in enumerate(zip(batches, seeds, strict=True)):
            torch.manual_seed(seed)
            with averaging(self.shared, now=number == len(batches) - 1):
                result = losses(
                    self.shared(torch.from_numpy(batch.volumes).to(device)),
                    torch.from_numpy(batch.classes).to(device),
                    torch.from_numpy(batch.edges).to(device),
                    torch.from_numpy(batch.offsets).to(device),
                )
                (result.total / len(batches)).backward()
            for name in figures:
                figures[name] += getattr(result, name).item() / len(batches)
        return figures

    def state(self) -> dict[str, Any]:
        """Everything that a training needs to go on."""
        return {
            "network": self.network.state_dict(),
            "heads": self.heads.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }

    def take(self, state: dict[str, Any]) -> None:
        """Goes on from what `state` gave."""
        self.network.load_state_dict(state["network"])
        self.heads.load_state_dict(state["heads"])
        self.optimizer.load_state_dict(state["optimizer"])


def new_learner(
    settings: TrainSettings,
    *,
    classes: int,
    start: Path | None,
    device: torch.device,
    processes: Processes,
) -> Learner:
    """Random weights by `settings.seed`, or those of the file `start` with new heads.

    Raises FeaturesError and FeatureTrainingError where `start` cannot be used.
    """
    torch.manual_seed(settings.seed)
    network = R2Plus1D(JOINTS, settings.layers)
    if start is not None:
        network = FeatureExtractor.load(start, dtype=torch.float32).network
        if network.layers != settings.layers:
            raise FeatureTrainingError(
                f"{start} holds {model_name(network.layers)}, and {model_name(settings.layers)} is "
                "to be trained: choose the preset that it was trained for."
            )
    network = channels_last(network).to(device)
    heads = Heads(network.out_channels, classes).to(device)
    if settings.compiled:
        network.compile()
    together = Together(network, heads, bfloat16=bool(settings.bfloat16))
    shared = processes.data_parallel(together)
    return Learner(network, heads, shared, _optimizer(network, heads, settings), settings)


def _optimizer(network: R2Plus1D, heads: Heads, settings: TrainSettings) -> torch.optim.Optimizer:
    """AdamW, with decay for kernels only."""
    return torch.optim.AdamW(
        [
            {
                "params": [p for p in part.parameters() if (p.ndim > 1) == kernels],
                "weight_decay": settings.weight_decay if kernels else 0.0,
                "settles": part is network,
            }
            for part in (network, heads)
            for kernels in (True, False)
        ],
        lr=settings.learning_rate,
    )
