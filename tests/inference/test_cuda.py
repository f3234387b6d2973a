"""On a GPU each stage says what it says on the processor."""

import copy

import numpy as np
import pytest
import torch

from inference.features.extract import PIECE_ON_GPU, FeatureExtractor
from inference.features.r2plus1d import R2Plus1D
from inference.features.track import FeatureTrack
from inference.localize.detector import detector_of
from inference.localize.example import Scaling
from inference.localize.localizer import Localizer
from inference.localize.model_file import RefinedConfig
from inference.localize.network import NetworkConfig
from inference.pose.hrnet import HRNet
from inference.pose.movenet_estimators import MoveNetTorch
from inference.pose.top_down import TopDown
from inference.pose.track import PoseTrack
from inference.weights import fetched
from tests.inference.pictures import mannequins
from tests.inference.real_files import real_file
from tests.parity_weights import fill_from_names

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")
DEVICES = torch.device("cpu"), torch.device("cuda")


def near(found: np.ndarray, expected: np.ndarray, share: float = 5e-3) -> None:
    """GPUs round the factors of convolutions to 10 bits (TF32)."""
    assert found.shape == expected.shape and found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=0, atol=share * np.abs(expected).max())


@pytest.fixture(autouse=True)
def same_weights_each_time() -> None:
    torch.manual_seed(0)


def test_top_down() -> None:
    network = HRNet(8)
    fill_from_names(network)
    crops = np.random.default_rng(0).integers(0, 256, (70, 256, 256, 3), np.uint8)
    cpu, gpu = (
        TopDown(network, model_hash="x", device=device, dtype=torch.float32).look(crops)
        for device in DEVICES
    )
    for expected, found in zip(cpu, gpu, strict=True):
        near(found.heatmaps, expected.heatmaps)


def test_movenet() -> None:
    picture = mannequins(2)
    cpu, gpu = (
        MoveNetTorch(real_file(fetched.MOVENET), device=device, dtype=torch.float32).detect(picture)
        for device in DEVICES
    )
    assert (gpu.scores > 0.5).sum() == 2
    near(gpu.scores, cpu.scores, 0.02)
    sure = cpu.scores > 0.5
    np.testing.assert_allclose(gpu.boxes[sure], cpu.boxes[sure], atol=2)  # pixels


def test_features() -> None:
    ticks = PIECE_ON_GPU + 5
    pose = PoseTrack(
        times=np.arange(ticks) / 15,
        keypoints=np.zeros((ticks, 17, 3), np.float32),
        boxes=np.zeros((ticks, 4), np.float32),
        crops=np.zeros((ticks, 3), np.float32),
        heatmaps=np.random.default_rng(0).integers(0, 256, (ticks, 17, 16, 16), np.uint8),
    )
    network = R2Plus1D(17, (1, 1))
    cpu, gpu = (
        FeatureExtractor(copy.deepcopy(network), "x", device=device).extract(pose)
        for device in DEVICES
    )
    near(gpu.features, cpu.features)


def test_localizer() -> None:
    network = NetworkConfig(
        features=8, classes=3, width=16, fine_width=12, levels=3, heads=2, stem_blocks=1
    )
    config = RefinedConfig(network, step_s=2 / 15, features_model="features")
    model = config.build(3).eval()
    bias = model.class_head.conv.bias
    assert bias is not None
    torch.nn.init.constant_(bias, 0.0)
    steps = 700
    random = np.random.default_rng(0)
    features = random.standard_normal((steps, 8)).astype(np.float32)
    poses = random.random((2 * steps, 17, 3), np.float32)
    track = FeatureTrack((np.arange(steps) + 0.5) * 2 / 15, features, 2 / 15, "features", poses)
    cpu, gpu = (
        Localizer(
            detector_of(copy.deepcopy(model).to(device), config),
            config,
            ("a", "b", "c"),
            Scaling.none(8),
            "x",
        )
        for device in DEVICES
    )
    proposals, confidence = gpu.propose(track, steps * 2 / 15)
    near(confidence.scores, cpu.propose(track, steps * 2 / 15)[1].scores)
    assert proposals
