"""One network being fitted: losses, optimizer, mean of the weights, and all of its state."""

import copy
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, distributed, nn

from inference.localize.actionformer.losses import NORMALIZER_START, next_normalizer
from inference.localize.batches import Batch
from inference.localize.detector import detector_of
from inference.localize.losses import Losses
from inference.localize.model_file import Config
from inference.training.processes import Processes

EMA_WARM_UP = 10  # the mean forgets its first weights within about this many steps


@dataclass(frozen=True)
class Sums:
    """Summed losses of some batches, and how many positions learned a segment in them."""

    classification: float = 0.0
    regression: float = 0.0
    refinement: float = 0.0
    positives: int = 0

    @classmethod
    def of(cls, losses: Losses) -> "Sums":
        return cls(
            float(losses.classification.detach()),
            float(losses.regression.detach()),
            float(losses.refinement.detach()),
            losses.positives,
        )

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.classification + other.classification,
            self.regression + other.regression,
            self.refinement + other.refinement,
            self.positives + other.positives,
        )

    @property
    def each(self) -> float:
        """All losses per position that learns a segment."""
        total = self.classification + self.regression + self.refinement
        return total / max(1, self.positives)


class Fit:
    """`model` learns; `mean` is the exponential mean of its weights, which is what is kept.

    Random numbers, those of batches and of dropped paths, are the caller's. quality: as in
    `losses_of`.
    """

    def __init__(
        self,
        model: nn.Module,
        config: Config,
        *,
        weight_decay: float,
        ema: float,
        max_gradient: float,
        quality: bool = True,
        processes: Processes | None = None,
    ) -> None:
        self.model, self.config = model, config
        self.detector = detector_of(model, config, quality=quality)
        self.mean = copy.deepcopy(model).eval().requires_grad_(False)
        self.ema, self.max_gradient, self.quality = ema, max_gradient, quality
        self.processes = processes or Processes()
        self.optimizer = torch.optim.AdamW(parameter_groups(model, weight_decay), lr=0.0)
        self.normalizer = NORMALIZER_START
        self.steps = 0

    def step(self, batches: Sequence[Batch], learning_rate: float) -> Sums:
        """One optimizer step on all the batches together, those of the other processes included."""
        self.model.train()
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        self.optimizer.zero_grad(set_to_none=True)
        sums = Sums()
        for batch in batches:
            losses = self.detector.losses(batch)
            (losses.classification + losses.regression + losses.refinement).backward()
            sums += Sums.of(losses)
        positives = together(self.model, sums.positives, self.processes)
        self.normalizer = next_normalizer(self.normalizer, positives, self.detector.momentum)
        for parameter in self.model.parameters():
            if parameter.grad is not None:
                parameter.grad /= self.normalizer
        nn.utils.clip_grad_norm_(self.model.parameters(), self.max_gradient)
        self.optimizer.step()
        self.steps += 1
        decay = min(self.ema, (1 + self.steps) / (EMA_WARM_UP + self.steps))
        with torch.no_grad():
            for kept, new in zip(self.mean.parameters(), self.model.parameters(), strict=True):
                kept.lerp_(new, 1 - decay)
        return sums

    def save(self, path: Path, key: str, extra: dict[str, Any]) -> None:
        """Everything needed to go on as if never stopped.

        key: which run this is. extra: plain values and tensors of the caller's own.
        """
        part = path.with_name(path.name + ".part")
        state = {
            "model": self.model.state_dict(),
            "mean": self.mean.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "normalizer": self.normalizer,
            "steps": self.steps,
        }
        torch.save({**state, "key": key, "extra": extra}, part)
        os.replace(part, path)

    def load(self, path: Path, key: str) -> dict[str, Any] | None:
        """Goes back to what `save` kept of the run `key` and gives its `extra`, if there is any."""
        if not path.exists():
            return None
        state = torch.load(path, weights_only=True, map_location="cpu")
        if state["key"] != key:
            return None
        self.model.load_state_dict(state["model"])
        self.mean.load_state_dict(state["mean"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.normalizer, self.steps = state["normalizer"], state["steps"]
        extra: dict[str, Any] = state["extra"]
        return extra


def together(model: nn.Module, positives: int, processes: Processes) -> int:
    """Adds up the gradients of all processes, and gives how many positions learned in all."""
    if processes.size == 1:
        return positives
    parameters = list(model.parameters())
    device = parameters[0].device
    flat = [torch.full((1,), float(positives), device=device)]
    flat += [(torch.zeros_like(p) if p.grad is None else p.grad).flatten() for p in parameters]
    row: Tensor = torch.cat(flat)
    distributed.all_reduce(row)
    parts = row[1:].split([p.numel() for p in parameters])
    for parameter, part in zip(parameters, parts, strict=True):
        parameter.grad = part.view_as(parameter).clone()
    return round(float(row[0]))


def parameter_groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Weight decay acts on convolution weights only, as published."""
    decayed: list[nn.Parameter] = []
    free: list[nn.Parameter] = []
    for module in model.modules():
        for name, parameter in module.named_parameters(recurse=False):
            is_weight = isinstance(module, nn.Conv1d) and name == "weight"
            (decayed if is_weight else free).append(parameter)
    return [
        {"params": decayed, "weight_decay": weight_decay},
        {"params": free, "weight_decay": 0.0},
    ]
