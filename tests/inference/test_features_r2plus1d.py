"""R(2+1)D gives the numbers of the published networks and reads their checkpoints."""

import math
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from inference.features.published import r2plus1d_weights
from inference.features.r2plus1d import R2Plus1D, r2plus1d_12, r2plus1d_18
from tests.parity_files import parity_folder
from tests.parity_weights import (
    COUNTS,
    counted,
    described,
    fill_from_names,
    weight_from_name,
)

NETWORKS = {"12": r2plus1d_12(10), "18": r2plus1d_18(3)}


@pytest.mark.parametrize("depth", ["12", "18"])
def test_parity_of_the_state_dict(depth: str) -> None:
    manifest = parity_folder("r2plus1d").json(f"manifest_r2plus1d_{depth}.json")
    backbone = [entry for entry in manifest["tensors"] if not entry["key"].startswith("fc.")]
    assert described(NETWORKS[depth]) == backbone
    classifier = (2, 512 * 400 + 400, 512 * 400 + 400) if depth == "18" else (0, 0, 0)
    ours = counted(NETWORKS[depth])
    for name, more in zip(COUNTS, classifier, strict=True):
        assert ours[name] + more == manifest[name]
    convolutions = {
        name: [
            module.in_channels,
            module.out_channels,
            *(list(value) for value in (module.kernel_size, module.stride, module.padding)),
        ]
        for name, module in NETWORKS[depth].named_modules()
        if isinstance(module, nn.Conv3d) and module.bias is None
    }
    assert convolutions == manifest["conv3d_in_out_kernel_stride_padding"]
    norms = [m for m in NETWORKS[depth].modules() if isinstance(m, nn.BatchNorm3d)]
    assert norms and all(norm.eps == manifest["bn_eps"] for norm in norms)


def test_parity_of_the_training_wrapper() -> None:
    """The published training keeps the backbone under `features.` beside two heads."""
    manifest = parity_folder("r2plus1d").json("manifest_r2plus1d_12_tsp_model.json")
    ours = [{**entry, "key": f"features.{entry['key']}"} for entry in described(NETWORKS["12"])]
    heads = [entry for entry in manifest["tensors"] if entry["key"].startswith(("fc1.", "fc2."))]
    assert [*ours, *heads] == manifest["tensors"]
    heads_alone = sum(math.prod(entry["shape"]) for entry in heads)
    ours_alone = counted(NETWORKS["12"])
    for name, more in zip(COUNTS, (len(heads), heads_alone, heads_alone), strict=True):
        assert ours_alone[name] + more == manifest[name]


@pytest.mark.parametrize("depth", ["12", "18"])
def test_parity_of_every_stage_and_the_pooled_feature(depth: str) -> None:
    expected = parity_folder("r2plus1d").npz(f"r2plus1d_{depth}_output.npz")
    network = NETWORKS[depth].eval()
    fill_from_names(network)
    generator = np.random.RandomState(int(expected["input_seed"]))
    x = generator.standard_normal(tuple(expected["input_shape"])).astype(np.float32)
    np.testing.assert_array_equal(x.ravel()[:8], expected["input_first8"])
    volumes = torch.from_numpy(x)
    stages = ["stem", *(f"layer{number + 1}" for number in range(len(network.layers)))]
    with torch.inference_mode():
        for number, name in enumerate(stages):
            volumes = getattr(network, name)(volumes)
            means = volumes.mean(dim=(0, 2, 3, 4))
            np.testing.assert_allclose(
                means, expected[f"stage{number}_mean_per_channel"], atol=1e-4
            )
        pooled = network(torch.from_numpy(x)).mean(dim=2)
    assert f"stage{len(stages)}_mean_per_channel" not in expected
    np.testing.assert_allclose(pooled, expected["pooled_feature"], atol=1e-4)
    if depth == "18":
        weight = weight_from_name("fc.weight", (400, 512))
        scores = pooled.numpy() @ weight.T + weight_from_name("fc.bias", (400,))
        np.testing.assert_allclose(scores, expected["fc_output"], atol=1e-4)
    else:
        assert not expected["fc_output"].size  # its classifier is removed


@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize("depth", ["12", "18"])
def test_published_checkpoints_fit(tmp_path: Path, depth: str, prefix: str) -> None:
    network = NETWORKS[depth]
    fill_from_names(network)
    if depth == "18":  # torchvision's file
        weights = {**network.state_dict(), "fc.weight": torch.ones(400, 512)}
        content = {f"{prefix}{name}": tensor for name, tensor in weights.items()}
    else:  # what TSP training saves
        weights = {f"features.{name}": tensor for name, tensor in network.state_dict().items()}
        weights |= {"fc1.weight": torch.ones(2, 128), "fc2.bias": torch.ones(2)}
        model = {f"{prefix}{name}": tensor for name, tensor in weights.items()}
        content = {"model": model, "epoch": 3, "args": Namespace(lr=0.1)}
    torch.save(content, tmp_path / "model.pth")
    with torch.serialization.safe_globals([Namespace]):
        read = torch.load(tmp_path / "model.pth", weights_only=True)
    again = R2Plus1D(network.in_channels, network.layers)
    again.load_state_dict(r2plus1d_weights(read))
    for name, tensor in network.state_dict().items():
        assert torch.equal(again.state_dict()[name], tensor), name


@pytest.mark.parametrize("layers", [(2, 3), (2, 2, 2, 2)])
def test_reach_holds_everything_that_can_change_a_feature(layers: tuple[int, ...]) -> None:
    network = R2Plus1D(2, layers).eval()
    ticks = 2 * network.reach + 32
    x = torch.randn(1, 2, ticks, 8, 8, requires_grad=True)
    step = ticks // network.stride // 2
    network(x)[0, :, step].sum().backward()
    assert x.grad is not None
    touched = torch.nonzero(x.grad.abs().sum(dim=(0, 1, 3, 4)))[:, 0]
    first = step * network.stride
    assert first - int(touched.min()) <= network.reach
    assert int(touched.max()) - first <= network.reach
