"""R(2+1)D gives the numbers of the published networks."""

import json
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from inference.features.r2plus1d import R2Plus1D, r2plus1d_12, r2plus1d_18

PARITY = Path(__file__).parents[3] / "shared" / "parity" / "r2plus1d"


def weights_from_names(network: nn.Module) -> None:
    """Every tensor from its own name, by the rule of the parity fixtures."""
    for name, tensor in network.state_dict().items():
        seed = zlib.crc32(name.encode()) & 0xFFFFFFFF
        value: np.ndarray
        n = np.random.RandomState(seed).standard_normal(tuple(tensor.shape)).astype(np.float32)
        match name.rsplit(".", 1)[-1]:
            case "num_batches_tracked":
                value = np.zeros((), np.float32)
            case "running_mean" | "bias":
                value = 0.1 * n
            case "running_var":
                value = 1 + 0.1 * np.abs(n)
            case _ if tensor.ndim == 1:
                value = 1 + 0.1 * n
            case _:
                value = n * np.float32(1 / np.sqrt(np.prod(tensor.shape[1:])))
        tensor.copy_(torch.from_numpy(np.asarray(value)))


def parity(name: str) -> Path:
    path = PARITY / name
    if not path.exists():
        pytest.skip("the parity fixtures are not beside this checkout")
    return path


@pytest.mark.parametrize(("name", "network"), [("12", r2plus1d_12(10)), ("18", r2plus1d_18(3))])
def test_the_keys_are_the_published_ones(name: str, network: R2Plus1D) -> None:
    manifest = json.loads(parity(f"manifest_r2plus1d_{name}.json").read_text())
    expected = {
        entry["key"]: tuple(entry["shape"])
        for entry in manifest["tensors"]
        if not entry["key"].startswith("fc.")
    }
    assert {k: tuple(v.shape) for k, v in network.state_dict().items()} == expected


@pytest.mark.parametrize(
    ("name", "network", "seed", "shape"),
    [
        ("12", r2plus1d_12(10), 7002, (1, 10, 16, 64, 112)),
        ("18", r2plus1d_18(3), 7001, (1, 3, 16, 112, 112)),
    ],
)
def test_the_pooled_feature_is_the_published_one(
    name: str, network: R2Plus1D, seed: int, shape: tuple[int, ...]
) -> None:
    expected = np.load(parity(f"r2plus1d_{name}_output.npz"))["pooled_feature"]
    weights_from_names(network)
    network.eval()
    x = np.random.RandomState(seed).standard_normal(shape).astype(np.float32)
    with torch.inference_mode():
        pooled = network(torch.from_numpy(x)).mean(dim=2)
    np.testing.assert_allclose(pooled.numpy(), expected, atol=1e-4)


def test_reach_holds_everything_that_can_change_a_feature() -> None:
    network = r2plus1d_12(2).eval()
    x = torch.randn(1, 2, 96, 8, 8, requires_grad=True)
    step = 24
    network(x)[0, :, step].sum().backward()
    assert x.grad is not None
    touched = torch.nonzero(x.grad.abs().sum(dim=(0, 1, 3, 4)))[:, 0]
    first = step * network.stride
    assert first - int(touched.min()) <= network.reach
    assert int(touched.max()) - first <= network.reach
