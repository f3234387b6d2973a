"""What a training takes over from an earlier localizer, or begins with where there is none."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import nn

from inference.localize.calibration import Calibration
from inference.localize.model_file import Config, LocalizerFile, RefinedConfig


def transferred(
    model: nn.Module, classes: Sequence[str], start: LocalizerFile
) -> dict[str, torch.Tensor]:
    """The start's weights; class rows go by name, and classes it did not know keep fresh rows.

    Whether anything is under way at all is no class, and is kept as it is.
    """
    refined = isinstance(start.config, RefinedConfig)
    head, above = ("class_head.conv", 1) if refined else ("cls_head.cls_head.conv", 0)
    weights = dict(start.weights)
    fresh = model.state_dict()
    for key in (f"{head}.weight", f"{head}.bias"):
        rows = fresh[key].clone()
        rows[:above] = start.weights[key][:above]
        for row, name in enumerate(classes, start=above):
            if name in start.classes:
                rows[row] = start.weights[key][above + start.classes.index(name)]
        weights[key] = rows
    return weights


def usual(config: Config) -> Calibration:
    """A calibration for a network nobody could calibrate."""
    return Calibration.usual() if isinstance(config, RefinedConfig) else Calibration()


def knowing(config: Config, classes: int) -> Config:
    """The same for another number of classes."""
    if isinstance(config, RefinedConfig):
        return replace(config, network=replace(config.network, classes=classes))
    return config
