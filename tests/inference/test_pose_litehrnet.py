"""Lite-HRNet: published keys and numbers, also inside."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from inference.pose.litehrnet import LiteHRNet, litehrnet_18, litehrnet_30
from tests.parity_files import parity_folder
from tests.parity_weights import COUNTS, counted, described, fill_from_names

NETWORKS = pytest.mark.parametrize(("name", "build"), [("18", litehrnet_18), ("30", litehrnet_30)])


def close(actual: torch.Tensor, expected: np.ndarray) -> None:
    tolerance = 1e-4 * np.abs(expected).max()
    np.testing.assert_allclose(actual.numpy(), expected, rtol=0, atol=tolerance)


@NETWORKS
def test_parity_keys_shapes_order_and_dtypes(name: str, build: Callable[[], LiteHRNet]) -> None:
    manifest = parity_folder("litehrnet").json(f"manifest_litehrnet_{name}.json")
    network = build()
    assert described(network) == manifest["tensors"]
    assert counted(network) == {name: manifest[name] for name in COUNTS}


@NETWORKS
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_parity_heatmaps(
    name: str, build: Callable[[], LiteHRNet], memory_format: torch.memory_format
) -> None:
    expected = parity_folder("litehrnet").npz(f"litehrnet_{name}_output.npz")
    network = build()
    fill_from_names(network)
    network.eval()
    seed = int(expected["input_seed"])
    x = np.random.RandomState(seed).standard_normal((1, 3, 256, 192)).astype(np.float32)
    inside: dict[str, list[torch.Tensor]] = {}

    def keep(part: str) -> Callable[..., None]:
        def hook(
            _module: object, _inputs: object, output: torch.Tensor | list[torch.Tensor]
        ) -> None:
            inside[part] = [output] if isinstance(output, torch.Tensor) else output

        return hook

    network.backbone.register_forward_hook(keep("backbone"))
    network.backbone.stem.register_forward_hook(keep("stem"))
    network.backbone.stage0[0].register_forward_hook(keep("module"))
    with torch.inference_mode():
        given = torch.from_numpy(x).contiguous(memory_format=memory_format)
        heatmaps = network(given)
    close(heatmaps, expected["heatmaps"])
    close(heatmaps.mean(), expected["mean"])
    close(heatmaps.std(), expected["std"])  # torch's, which divides by n - 1
    close(inside["backbone"][0][0, :, ::4, ::4], expected["backbone_out_sub4"])
    if name == "18":
        close(inside["stem"][0][0, :, ::4, ::4], expected["stem_out_sub4"])
        for branch in range(2):
            part = inside["module"][branch][0, :, ::4, ::4]
            close(part, expected[f"stage0_module0_out{branch}_sub4"])


def test_any_size_that_is_a_multiple_of_32() -> None:
    network = litehrnet_18().eval()
    with torch.inference_mode():
        assert network(torch.zeros(2, 3, 256, 256)).shape == (2, 17, 64, 64)
        assert network(torch.zeros(1, 3, 32, 96)).shape == (1, 17, 8, 24)
