"""The published ActionFormers: what their checkpoints hold, and the networks these belong to."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from torch import Tensor

from inference.localize.model_file import LocalizerConfig
from inference.weights.state_dicts import unwrapped

INPUT = "backbone.embd.0.conv.weight"  # (width, input, 3)
CLASSES = "cls_head.cls_head.conv.weight"  # (classes, width, 3)
RANGE_EDGES = (0.0, 4.0, 8.0, 16.0, 32.0, 64.0, 10000.0)  # between levels, in input steps


@dataclass(frozen=True)
class PublishedLocalizer:
    """A published configuration; input, width and classes are those of its released weights.

    What the tensors of a checkpoint do not show: heads, window, the length it was padded to, and
    step_s, the seconds between the features that it was published with.
    """

    input_dim: int
    classes: int
    window: int
    max_steps: int
    step_s: float
    width: int = 512
    heads: int = 4
    arch: tuple[int, int, int] = (2, 2, 5)

    def config(
        self, weights: Mapping[str, Tensor], *, step_s: float, features_model: str
    ) -> LocalizerConfig:
        """The network of `weights`: input and width are read from their shapes.

        Where those tensors are missing, or too odd for a network of so many heads, the published
        numbers stand, so that a comparison with `build(...).state_dict()` names what is wrong.
        step_s, features_model as in `LocalizerConfig`.
        """
        width, input_dim, _ = shape_of(weights, INPUT, (self.width, self.input_dim, 3))
        if width % self.heads:
            width = self.width
        return LocalizerConfig(
            input_dim=input_dim,
            width=width,
            heads=self.heads,
            window=self.window,
            arch=self.arch,
            regression_ranges=tuple(pairwise(RANGE_EDGES)),
            max_steps=self.max_steps,
            step_s=step_s,
            features_model=features_model,
        )

    def class_count(self, weights: Mapping[str, Tensor]) -> int:
        """How many classes `weights` tell apart."""
        return shape_of(weights, CLASSES, (self.classes, self.width, 3))[0]


# I3D features every 4 frames of 30 in a second.
THUMOS_I3D = PublishedLocalizer(
    input_dim=2048, classes=20, window=19, max_steps=2304, step_s=4 / 30
)
REHAB = PublishedLocalizer(input_dim=128, classes=2, window=9, max_steps=256, step_s=2 / 15)


def actionformer_weights(checkpoint: Mapping[str, Any]) -> dict[str, Tensor]:
    """The state dict within an official checkpoint, under the names of `ActionFormer`.

    `checkpoint` is what training saved ({"epoch", "state_dict", "state_dict_ema", ...}), of which
    the running mean of the weights is taken as the published evaluation does, or a bare state
    dict. Names may start with the `module.` of a network trained on several GPUs.
    """
    return unwrapped(checkpoint, keys=("state_dict", "state_dict_ema"), prefixes=("module.",))


def shape_of(
    weights: Mapping[str, Tensor], name: str, otherwise: tuple[int, int, int]
) -> tuple[int, int, int]:
    """The shape of a kernel, or `otherwise` where there is none or it is empty."""
    if name not in weights or weights[name].ndim != 3 or not weights[name].numel():
        return otherwise
    first, second, third = weights[name].shape
    return first, second, third
