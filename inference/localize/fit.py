"""One network being fitted: losses, optimizer, mean of the weights, and all of its state."""

import copy
import os
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from inference.localize.actionformer.losses import (
    NORMALIZER_START,
    detection_losses,
    next_normalizer,
)
from inference.localize.actionformer.network import ActionFormer
from inference.localize.actionformer.targets import assign, points_of
from inference.localize.batches import Batch

EMA_WARM_UP = 10  # the mean forgets its first weights within about this many steps


class Fit:
    """`model` learns; `mean` is the exponential mean of its weights, which is what is kept.

    `random` draws the batches; dropped paths and values come from torch's own generator.
    """

    def __init__(
        self,
        model: ActionFormer,
        *,
        weight_decay: float,
        ema: float,
        max_gradient: float,
        random: np.random.Generator,
    ) -> None:
        self.model, self.random = model, random
        self.mean = copy.deepcopy(model).eval().requires_grad_(False)
        self.ema, self.max_gradient = ema, max_gradient
        self.optimizer = torch.optim.AdamW(parameter_groups(model, weight_decay), lr=0.0)
        self.normalizer = NORMALIZER_START
        self.steps = 0

    def step(self, batch: Batch, learning_rate: float) -> tuple[float, int]:
        """One optimizer step; gives the summed loss and how many steps learned a segment."""
        self.model.train()
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        classification, regression, positives = batch_losses(self.model, batch)
        self.normalizer = next_normalizer(self.normalizer, positives)
        loss = (classification + regression) / self.normalizer
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.max_gradient)
        self.optimizer.step()
        self.steps += 1
        decay = min(self.ema, (1 + self.steps) / (EMA_WARM_UP + self.steps))
        with torch.no_grad():
            for kept, new in zip(self.mean.parameters(), self.model.parameters(), strict=True):
                kept.lerp_(new, 1 - decay)
        return float((classification + regression).detach()), positives

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
            "random": self.random.bit_generator.state,
            "torch_random": torch.get_rng_state(),
        }
        torch.save({**state, "key": key, "extra": extra}, part)
        os.replace(part, path)

    def load(self, path: Path, key: str) -> dict[str, Any] | None:
        """Goes back to what `save` kept of the run `key` and gives its `extra`, if there is any.

        What an older version of this program kept, without the random state, counts as nothing.
        """
        if not path.exists():
            return None
        state = torch.load(path, weights_only=True)
        if state["key"] != key or "random" not in state:
            return None
        self.model.load_state_dict(state["model"])
        self.mean.load_state_dict(state["mean"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.normalizer, self.steps = state["normalizer"], state["steps"]
        self.random.bit_generator.state = state["random"]
        torch.set_rng_state(state["torch_random"])
        extra: dict[str, Any] = state["extra"]
        return extra


def batch_losses(model: ActionFormer, batch: Batch) -> tuple[Tensor, Tensor, int]:
    """Summed classification and regression losses, and how many steps learn a segment."""
    levels = model(batch.features, batch.mask)
    points = points_of(levels)
    logits = torch.cat([level.logits for level in levels], dim=1)
    classes = logits.shape[2]
    targets = [
        assign(points, segments, labels, classes)
        for segments, labels in zip(batch.segments, batch.labels, strict=True)
    ]
    known = [level.mask & batch.known[:, :: level.stride] for level in levels]
    return detection_losses(
        logits,
        torch.cat([level.offsets for level in levels], dim=1),
        torch.stack([class_targets for class_targets, _ in targets]),
        torch.stack([offsets for _, offsets in targets]),
        torch.cat(known, dim=1),
    )


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
