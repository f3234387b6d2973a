"""Features of a long recording, piece by piece, are those of the whole at once."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from inference.features.extract import PIECE, FeatureExtractor, FeaturesError
from inference.features.r2plus1d import r2plus1d_12
from inference.pose.track import PoseTrack
from inference.progress import Cancelled


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    network = r2plus1d_12(17)
    for name, tensor in network.state_dict().items():
        if name.endswith("running_mean"):
            tensor.normal_(0, 0.1)
        elif name.endswith("running_var"):
            tensor.uniform_(0.5, 1.5)
    path = tmp_path_factory.mktemp("weights") / "features.safetensors"
    save_file(network.state_dict(), path)
    path.with_suffix(".json").write_text(json.dumps({"config": {"in_channels": 17}}))
    return path


def pose(ticks: int) -> PoseTrack:
    heatmaps = np.random.default_rng(ticks).integers(0, 256, (ticks, 17, 16, 16), np.uint8)
    return PoseTrack(
        times=np.arange(ticks) / 15,
        keypoints=np.random.default_rng(1).random((ticks, 17, 3), np.float32),
        boxes=np.zeros((ticks, 4), np.float32),
        crops=np.zeros((ticks, 3), np.float32),
        heatmaps=heatmaps,
    )


@pytest.mark.parametrize("ticks", [1, 2, 7, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE + 3, 250])
def test_pieces_give_what_the_whole_gives(weights: Path, ticks: int) -> None:
    extractor, track = FeatureExtractor.load(weights, torch.float32), pose(ticks)
    found = extractor.extract(track)
    with torch.inference_mode():
        x = torch.from_numpy(track.heatmaps).transpose(0, 1)[None].float() / 255
        whole = extractor.network(x)[0].T.numpy()
    assert found.features.shape == ((ticks + 1) // 2, 128)
    np.testing.assert_allclose(found.features, whole, atol=2e-4)
    np.testing.assert_allclose(found.times[0], 1 / 15)
    np.testing.assert_array_equal(found.keypoints, track.keypoints)
    assert found.step_s == pytest.approx(2 / 15)


def test_bfloat16_gives_nearly_the_same(weights: Path) -> None:
    exact = FeatureExtractor.load(weights, torch.float32).extract(pose(200)).features
    fast = FeatureExtractor.load(weights, torch.bfloat16).extract(pose(200)).features
    assert fast.dtype == np.float32
    spread = np.linalg.norm(exact - exact.mean(axis=0))
    assert np.linalg.norm(fast - exact) < 0.1 * spread


def test_progress_is_reported_and_can_stop_the_work(weights: Path) -> None:
    extractor, seen = FeatureExtractor.load(weights), []
    extractor.extract(pose(3 * PIECE), lambda done, total: seen.append((done, total)))
    assert seen[-1] == (3 * PIECE / 15, 3 * PIECE / 15)
    assert len(seen) == 4

    def stop(done: float, total: float) -> None:
        if done > 0:
            raise Cancelled

    with pytest.raises(Cancelled):
        extractor.extract(pose(3 * PIECE), stop)


def test_the_hash_follows_weights_and_settings(weights: Path, tmp_path: Path) -> None:
    other = tmp_path / "features.safetensors"
    other.write_bytes(weights.read_bytes())
    settings = {"config": {"in_channels": 17, "cells": 24}}
    other.with_suffix(".json").write_text(json.dumps(settings))
    first = FeatureExtractor.load(weights).model_hash
    assert first == FeatureExtractor.load(weights).model_hash
    assert first != FeatureExtractor.load(other).model_hash


def test_unusable_weights_get_a_sentence(weights: Path, tmp_path: Path) -> None:
    with pytest.raises(FeaturesError, match="missing"):
        FeatureExtractor.load(tmp_path / "nothing.safetensors")
    broken = tmp_path / "features.safetensors"
    broken.write_bytes(weights.read_bytes()[:1000])
    broken.with_suffix(".json").write_text(weights.with_suffix(".json").read_text())
    with pytest.raises(FeaturesError, match="damaged"):
        FeatureExtractor.load(broken)
