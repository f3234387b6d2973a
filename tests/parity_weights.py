"""The deterministic weights of ../shared/parity: every tensor follows from its own name."""

import math
import zlib
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn


def weight_from_name(name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """The tensor called `name`, by the rule in the README of the reference numbers."""
    rng = np.random.RandomState(zlib.crc32(name.encode()) & 0xFFFFFFFF)
    n = np.asarray(rng.standard_normal(shape), np.float32)
    one, tenth = np.float32(1), np.float32(0.1)
    leaf = name.rsplit(".", 1)[-1]
    like_a_norm = len(shape) == 1 or (len(shape) == 3 and shape[0] == shape[2] == 1)
    match leaf:
        case "num_batches_tracked":
            return np.zeros(shape, np.float32)
        case "running_mean" | "bias":
            return tenth * n
        case "running_var":
            return one + tenth * np.abs(n)
        case "weight" if not like_a_norm:
            return n * np.float32(1 / math.sqrt(math.prod(shape[1:])))
        case "adj":
            return np.float32(0.05) * n
        case "A":
            raise ValueError(f"{name} keeps the graph matrices of the model")
        case _:
            return one + tenth * n


def fill_from_names(network: nn.Module) -> None:
    """Gives every tensor of the state dict the value that its name says."""
    for name, tensor in network.state_dict().items():
        value = np.asarray(weight_from_name(name, tuple(tensor.shape)))
        tensor.copy_(torch.from_numpy(value))


#: What a manifest counts: tensors, their values, and those of them that are trained.
COUNTS = ("n_tensors", "n_values", "n_parameters")


def counted(network: nn.Module) -> dict[str, int]:
    """The `COUNTS` of a network."""
    tensors = network.state_dict().values()
    values, trained = sum(t.numel() for t in tensors), sum(p.numel() for p in network.parameters())
    return dict(zip(COUNTS, (len(tensors), values, trained), strict=True))


def described(network: nn.Module) -> list[dict[str, Any]]:
    """The state dict as the manifests list it: key, shape, dtype and kind, in order."""
    parameters = dict(network.named_parameters())
    return [
        {
            "key": name,
            "shape": list(tensor.shape),
            "dtype": str(tensor.dtype).removeprefix("torch."),
            "kind": "parameter" if name in parameters else "buffer",
        }
        for name, tensor in network.state_dict().items()
    ]
