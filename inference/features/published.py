"""R(2+1)D as others publish it: the backbone's tensors out of their checkpoints."""

import re
from collections.abc import Mapping
from typing import Any

from torch import Tensor

BLOCK = re.compile(r"layer(\d+)\.(\d+)\.")


def r2plus1d_weights(checkpoint: Mapping[str, Any]) -> dict[str, Tensor]:
    """The backbone's tensors under the names of `R2Plus1D`.

    `checkpoint` is torchvision's file, or what TSP training (Alwassel et al., 2021) saved: the
    state dict under "model" or "state_dict", the backbone under `features.` beside its heads
    `fc1` and `fc2`, all of it perhaps under the `module.` of several GPUs. Classifiers are left
    out.
    """
    weights = checkpoint
    for name in ("model", "state_dict"):
        if isinstance(checkpoint.get(name), Mapping):
            weights = checkpoint[name]
    tensors = {
        name.removeprefix("module.").removeprefix("features."): value
        for name, value in weights.items()
        if isinstance(value, Tensor)
    }
    return {
        name: value
        for name, value in tensors.items()
        if name.split(".")[0] not in ("fc", "fc1", "fc2")
    }


def r2plus1d_shape(weights: Mapping[str, Tensor]) -> tuple[int, tuple[int, ...]]:
    """Input channels and blocks in each stage, as the names and shapes of `weights` have them."""
    stem = weights.get("stem.0.weight")
    channels = 3 if stem is None or stem.ndim != 5 else stem.shape[1]
    blocks = {tuple(map(int, match.groups())) for match in map(BLOCK.match, weights) if match}
    stages = max((stage for stage, _ in blocks), default=0)
    return channels, tuple(
        sum(found == stage for found, _ in blocks) for stage in range(1, stages + 1)
    )
