"""HRNet: published keys and numbers."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from inference.pose.hrnet import HRNet, hrnet_w32, hrnet_w48
from tests.parity_files import parity_folder
from tests.parity_weights import COUNTS, counted, described, fill_from_names


@pytest.mark.parametrize(("name", "build"), [("w32", hrnet_w32), ("w48", hrnet_w48)])
def test_parity_keys_shapes_order_and_dtypes(name: str, build: Callable[[], HRNet]) -> None:
    manifest = parity_folder("hrnet").json(f"manifest_{name}.json")
    network = build()
    assert described(network) == manifest["tensors"]
    assert counted(network) == {name: manifest[name] for name in COUNTS}


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_parity_heatmaps_of_w32(memory_format: torch.memory_format) -> None:
    expected = parity_folder("hrnet").npz("w32_output.npz")
    network = hrnet_w32()
    fill_from_names(network)
    network.eval()
    seed = int(expected["input_seed"])
    x = np.random.RandomState(seed).standard_normal((1, 3, 256, 192)).astype(np.float32)
    np.testing.assert_array_equal(x.ravel()[:8], expected["input_first8"])
    with torch.inference_mode():
        heatmaps = network(torch.from_numpy(x).contiguous(memory_format=memory_format)).numpy()
    tolerance = 1e-4 * np.abs(expected["heatmaps"]).max()
    np.testing.assert_allclose(heatmaps, expected["heatmaps"], rtol=0, atol=tolerance)
    for name, found in (("mean", heatmaps.mean()), ("std", heatmaps.std())):
        np.testing.assert_allclose(found, expected[name], rtol=0, atol=tolerance, err_msg=name)


def test_any_size_that_is_a_multiple_of_32() -> None:
    network = HRNet(8).eval()
    with torch.inference_mode():
        assert network(torch.zeros(2, 3, 256, 256)).shape == (2, 17, 64, 64)
        assert network(torch.zeros(1, 3, 32, 96)).shape == (1, 17, 8, 24)
