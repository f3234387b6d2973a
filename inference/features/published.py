"""R(2+1)D as others publish it: the backbone's tensors out of their checkpoints."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from inference.weights.state_dicts import unwrapped

CLASSIFIERS = ("fc.", "fc1.", "fc2.")


def r2plus1d_weights(checkpoint: Mapping[str, Any]) -> dict[str, Tensor]:
    """The backbone's tensors under the names of `R2Plus1D`.

    `checkpoint` is torchvision's file, or what TSP training (Alwassel et al., 2021) saved: the
    state dict under "model" or "state_dict", the backbone under `features.` beside its heads
    `fc1` and `fc2`, all of it perhaps under the `module.` of several GPUs. Classifiers are left
    out.
    """
    tensors = unwrapped(checkpoint, keys=("model", "state_dict"), prefixes=("module.", "features."))
    return {name: value for name, value in tensors.items() if not name.startswith(CLASSIFIERS)}


def in_channels(weights: Mapping[str, Tensor]) -> int:
    """Input channels by the shape of the stem; those of colour where it has none or is empty."""
    stem = weights.get("stem.0.weight")
    return 3 if stem is None or stem.ndim != 5 or not stem.numel() else stem.shape[1]
