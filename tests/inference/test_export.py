"""Networks of every kind leave as ONNX files that say what torch says."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from inference.export.localizers import localizer_part, published_part, refined_part
from inference.export.onnx import Exportable, ExportError, Port, export, onnx_session, sidecar
from inference.export.stages import features_part, pose_part
from inference.features.r2plus1d import R2Plus1D
from inference.localize.actionformer.network import ActionFormer
from inference.localize.candidates import candidates
from inference.localize.detector import detector_of
from inference.localize.example import Scaling
from inference.localize.inputs import Inputs, side_by_side
from inference.localize.localizer import Localizer
from inference.localize.model_file import RefinedConfig
from inference.localize.network import NetworkConfig, RefinedActionFormer
from inference.pose.hrnet import HighResolutionModule
from inference.pose.movenet_torch import (
    Convolution,
    Features,
    MoveNetModule,
    MultiPose,
    SinglePose,
)
from tests.inference.spots import SpotFinder, spot


@pytest.fixture(autouse=True)
def same_weights_each_time() -> None:
    torch.manual_seed(0)


def tiny_localizer() -> ActionFormer:
    return ActionFormer(
        input_dim=6,
        classes=3,
        width=16,
        heads=2,
        window=5,
        arch=(1, 0, 1),
        regression_ranges=((0, 4), (4, 10000)),
        max_steps=64,
    )


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory) -> tuple[R2Plus1D, Path, dict[int, float]]:
    """A small stage 2, its file, and how far the two are apart at each length compared."""
    torch.manual_seed(0)
    network, out = R2Plus1D(2, (1, 1)), tmp_path_factory.mktemp("export") / "features.onnx"
    return network, out, export(features_part(network, {"model_hash": "abc"}), out)


def test_features_of_a_recording_of_any_length(
    features: tuple[R2Plus1D, Path, dict[int, float]],
) -> None:
    network, out, differences = features
    assert set(differences) == {1, 2, 7, 32, 75}
    assert 0 <= max(differences.values()) < 1e-4
    volume = torch.rand(1, 2, 41, 32, 32)  # a length that was not compared
    with torch.inference_mode():
        expected = network(volume).numpy()
    (found,) = onnx_session(out, threads=1).run(["features"], {"volume": volume.numpy()})
    assert found.shape == expected.shape == (1, 128, 21)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_sidecar_says_what_goes_in_and_comes_out(
    features: tuple[R2Plus1D, Path, dict[int, float]],
) -> None:
    out = features[1]
    told = json.loads(sidecar(out).read_text())
    names = sorted(each.name for each in out.parent.iterdir())
    assert names == ["features.onnx", "features.onnx.json"]
    assert told["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert told["model_hash"] == "abc"
    assert told["stage"] == "features"
    assert told["inputs"][0]["shape"] == [1, 2, "ticks", 32, 32]
    assert told["opset"] >= 18
    session = onnx_session(out, threads=1)
    for ports, real in (
        (told["inputs"], session.get_inputs()),
        (told["outputs"], session.get_outputs()),
    ):
        assert [port["name"] for port in ports] == [each.name for each in real]
        for port, each in zip(ports, real, strict=True):
            assert len(port["shape"]) == len(each.shape)
            for said, is_so in zip(port["shape"], each.shape, strict=True):
                assert said == is_so or (isinstance(said, str) and isinstance(is_so, str))


def moving(ticks: int) -> Inputs:
    """Somebody who moves a little, with features."""
    random = np.random.default_rng(ticks)
    still, change = random.normal(size=(1, 17, 2)), random.normal(size=(ticks, 17, 2))
    return Inputs(
        points=(still + 0.02 * change.cumsum(0)).astype(np.float32),
        confidence=random.random((ticks, 17), np.float32),
        features=random.normal(2, 3, (ticks, 6)).astype(np.float32),
    )


def test_every_step_proposes_with_boundaries_looked_at_twice(tmp_path: Path) -> None:
    config = NetworkConfig(
        features=6, classes=3, width=16, fine_width=12, levels=2, heads=2, window=5, stem_blocks=1,
        refinement=4,
    )  # fmt: skip
    network = opinionated(config).eval()
    scaling = Scaling(np.full(6, 2, np.float32), np.full(6, 3, np.float32))
    export(refined_part(network, scaling, {}), tmp_path / "localizer.onnx")
    told = json.loads(sidecar(tmp_path / "localizer.onnx").read_text())
    assert told["ticks_multiple_of"] == network.coarsest_stride == 4
    session = onnx_session(tmp_path / "localizer.onnx", threads=1)

    ticks, seen = 203, moving(203)
    given = side_by_side([seen], network.padded_length(ticks))
    feed = {port["name"]: each.numpy() for port, each in zip(told["inputs"], given, strict=True)}
    scores, actionness, boundaries, spreads = session.run(None, feed)
    assert told["outputs"][0]["shape"] == [1, "3 * ticks / 4 + 2", 3]
    assert scores.shape == (1, 3 * given[0].shape[1] // 4 + 2, 3)

    # The same steps as the localizer chooses, with the same boundaries, spreads and scores.
    scaled = replace(seen, features=scaling.apply(seen.features))
    by_class, whatever = candidates(network, scaled, first=0, core=(0, ticks))
    assert len(whatever) > 20
    steps = []
    for found in range(len(whatever)):
        (step,) = np.flatnonzero(
            (np.abs(boundaries[0] - whatever.segments[found]) < 1e-3).all(axis=1)
            & (np.abs(actionness[0] - whatever.scores[found]) < 1e-5)
        )[:1]
        np.testing.assert_allclose(spreads[0, step], whatever.spreads[found], atol=1e-3)
        steps.append(step)
    assert scores[0, steps].max() == pytest.approx(by_class.scores.max(), abs=1e-5)


def opinionated(config: NetworkConfig) -> RefinedActionFormer:
    """A network that is sure of something here and there, and of its boundaries somewhat."""
    network = RefinedActionFormer(config)
    for name, parameter in network.named_parameters():
        if name.endswith("conv.weight") and "head" in name:
            nn.init.normal_(parameter, std=0.3)
    return network


def test_a_network_for_comparisons_is_not_exported() -> None:
    network = RefinedActionFormer(NetworkConfig(features=0, classes=2, width=16, fine_width=12))
    config = RefinedConfig(network.config, step_s=2 / 15, features_model="f")
    localizer = Localizer(detector_of(network, config), config, ("a", "b"), Scaling.none(0), "x")
    with pytest.raises(ExportError, match="made for a comparison"):
        localizer_part(localizer, {})


def test_localizer_of_any_number_of_steps(tmp_path: Path) -> None:
    model = tiny_localizer()
    scaling = Scaling(np.full(6, 2, np.float32), np.full(6, 3, np.float32))
    part = published_part(model, scaling, classes=3, about={})
    export(part, tmp_path / "localizer.onnx")
    session = onnx_session(tmp_path / "localizer.onnx", threads=1)
    length, steps = 99, model.padded_length(99)
    features = torch.randn(6, length) * 3 + 2
    padded = torch.full((1, 6, steps), 1e6)  # what lies behind the end does not matter
    padded[0, :, :length] = features
    mask = torch.arange(steps)[None] < length
    scaled = torch.zeros(1, 6, steps)
    scaled[0, :, :length] = (features - 2) / 3
    with torch.inference_mode():
        levels = model.eval()(scaled, mask)
    found = session.run(None, {"features": padded.numpy(), "mask": mask.numpy()})
    assert len(found) == 4
    for level, logits, offsets in zip(levels, found[::2], found[1::2], strict=True):
        np.testing.assert_allclose(logits, level.logits, atol=1e-4)
        np.testing.assert_allclose(offsets, level.offsets, atol=1e-4)


class SmallHRNet(nn.Module):
    """One module of HRNet between a coarse view of the crop and the heatmaps."""

    def __init__(self) -> None:
        super().__init__()
        self.finer, self.coarser = nn.Conv2d(3, 4, 4, 4), nn.Conv2d(3, 8, 8, 8)
        self.module = HighResolutionModule((4, 8), 1)
        self.final_layer = nn.Conv2d(4, 17, 1)

    def forward(self, x: Tensor) -> Tensor:
        heatmaps: Tensor = self.final_layer(self.module([self.finer(x), self.coarser(x)])[0])
        return heatmaps


class Glance(Features):
    """A single convolution instead of MobileNetV2 and its pyramid: what is left of a MoveNet are
    the heads and the search for people and joints."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.stem = Convolution(3, 24, 4, stride=4)

    def forward(self, x: Tensor) -> Tensor:
        seen: Tensor = self.stem(x)
        return seen


def small_movenet(network: MoveNetModule) -> MoveNetModule:
    """With answers so different between cells that rounding does not choose other ones."""
    network.features = Glance()
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight)
    return network


@pytest.mark.parametrize(
    ("build", "outputs"),
    [
        (lambda: MultiPose(width=0.25), {"people": (3, 6, 56), "heatmaps": (3, 17, 64, 64)}),
        (
            lambda: SinglePose(width=0.25, side=192),
            {"pose": (3, 17, 3), "heatmaps": (3, 17, 48, 48)},
        ),
        (SmallHRNet, {"heatmaps": (3, 17, 64, 64)}),
    ],
    ids=["multipose", "singlepose", "hrnet"],
)
def test_pose_networks_of_any_batch(
    build: Callable[[], nn.Module], outputs: dict[str, tuple[int, ...]], tmp_path: Path
) -> None:
    network = build()
    if isinstance(network, MoveNetModule):
        network = small_movenet(network)
    part = pose_part(network, {})
    export(part, tmp_path / "pose.onnx")
    session = onnx_session(tmp_path / "pose.onnx", threads=1)
    (crops,) = part.example(3)
    found = session.run(None, {"crops": crops.numpy()})
    names = [port.name for port in part.outputs]
    assert {n: each.shape for n, each in zip(names, found, strict=True)} == outputs
    cells = json.loads((tmp_path / "pose.onnx.json").read_text())["heatmap_cells"]
    assert (cells["pixels"], cells["offset"]) == (4, 0.5 if build is SmallHRNet else 2)


def test_the_sidecar_says_where_a_published_network_sees_something(tmp_path: Path) -> None:
    place = (100.5, 60.5)  # from the edges of the crop: the middle of pixel (100, 60)
    crop = np.zeros((256, 256, 3), np.uint8)
    spot(crop, 2, *place, sigma=8)
    export(pose_part(SpotFinder(), {}), tmp_path / "pose.onnx")
    session = onnx_session(tmp_path / "pose.onnx", threads=1)
    (maps,) = session.run(None, {"crops": crop.transpose(2, 0, 1)[None].astype(np.float32)})
    row, column = np.unravel_index(maps[0, 0].argmax(), maps.shape[2:])
    told = json.loads((tmp_path / "pose.onnx.json").read_text())["heatmap_cells"]
    found = told["pixels"] * np.array([column, row]) + told["offset"]
    np.testing.assert_allclose(found, place)


class Untrue(nn.Module):
    """Says something else every time: what is exported cannot be what torch says next."""

    calls = 0

    def forward(self, x: Tensor) -> tuple[Tensor]:
        self.calls += 1
        return (x * self.calls,)


def small(network: nn.Module) -> Exportable:
    return Exportable(
        network,
        (Port("x", ("n",), "float32", ""),),
        (Port("y", ("n",), "float32", ""),),
        example=lambda n: (torch.ones(n),),
        traced=4,
        lengths=(3, 4),
        about={},
    )


def test_another_result_than_torch_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="another y than torch at a length of 3"):
        export(small(Untrue()), tmp_path / "untrue.onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["model.json", "model", "model.pt"])
def test_another_kind_of_file_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"ends in \.onnx"):
        export(small(Untrue()), tmp_path / name)


def test_a_place_that_cannot_be_written_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ExportError, match=r"out\.onnx could not be written: "):
        export(small(nn.Identity()), tmp_path / "file" / "out.onnx")
