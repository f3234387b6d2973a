"""Proposing: long recordings in pieces, any length, damaged files, other features."""

from pathlib import Path

import numpy as np
import pytest
import torch

from inference.features.track import FeatureTrack
from inference.localize import localizer as localizer_module
from inference.localize import model_file
from inference.localize.actionformer.convolution import Convolution
from inference.localize.example import Scaling
from inference.localize.localizer import Localizer
from inference.localize.model_file import LocalizerConfig, LocalizerError

STEP_S = 2 / 15
CONFIG = LocalizerConfig(
    input_dim=8,
    width=16,
    heads=2,
    window=9,
    arch=(2, 1, 3),
    regression_ranges=((0, 4), (4, 8), (8, 16), (16, 10000)),
    max_steps=2304,
    step_s=STEP_S,
    features_model="features",
)
SCALING = Scaling(np.zeros(8, np.float32), np.ones(8, np.float32))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights that see far and propose often."""
    torch.manual_seed(0)
    model = CONFIG.build(3)
    for name, parameter in model.named_parameters():
        if name.endswith("scale") and parameter.dim() == 3:
            torch.nn.init.ones_(parameter)
    bias = model.cls_head.cls_head.conv.bias
    assert bias is not None
    torch.nn.init.constant_(bias, -2)
    path = tmp_path_factory.mktemp("localizer") / "model.safetensors"
    model_file.write(
        path,
        config=CONFIG,
        classes=("a", "b", "c"),
        weights=model.state_dict(),
        scaling=SCALING,
        about={},
    )
    return path


def track(steps: int, model: str = "features") -> FeatureTrack:
    features = np.random.default_rng(steps).standard_normal((steps, 8)).astype(np.float32)
    times, poses = (np.arange(float(steps)) + 0.5) * STEP_S, np.ones((2 * steps, 17, 3), np.float32)
    return FeatureTrack(times, features, STEP_S, model, poses)


def test_a_loaded_localizer_is_packed(path: Path) -> None:
    modules = Localizer.load(path).model.modules()
    assert all(each.packed for each in modules if isinstance(each, Convolution))


def test_pieces_give_what_one_pass_gives(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    localizer = Localizer.load(path)
    features = track(600)  # short enough that no level has more candidates than are looked at
    whole, whole_confidence = localizer.propose(features, 80.0)
    monkeypatch.setattr(localizer_module, "CORE_STEPS", 128)
    pieces, confidence = localizer.propose(features, 80.0)
    assert len(whole) == len(pieces) > 20
    for one, other in zip(whole, pieces, strict=True):
        assert one.label == other.label
        assert one.start_s == pytest.approx(other.start_s, abs=1e-4)
        assert one.score == pytest.approx(other.score, abs=1e-4)
    np.testing.assert_allclose(whole_confidence.scores, confidence.scores, atol=1e-4)


@pytest.mark.parametrize("steps", [0, 1, 2, 17])
def test_any_length(path: Path, steps: int) -> None:
    proposals, confidence = Localizer.load(path).propose(track(steps), steps * STEP_S)
    assert confidence.scores.shape == (steps, 3)
    assert all(proposal.end_s <= steps * STEP_S for proposal in proposals)


@pytest.mark.parametrize("hours", [2, 8])
def test_hours_need_little_memory(path: Path, hours: int) -> None:
    """Eight hours at 7.5 Hz are 216,000 steps; ru_maxrss would remember earlier tests."""
    localizer = Localizer.load(path)
    features = track(27_000 * hours)
    localizer.propose(track(100), 13.0)
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts again from now
    before = peak_kilobytes()
    seconds = []
    proposals, _ = localizer.propose(
        features, 3600.0 * hours, lambda done, total: seconds.append(done)
    )
    assert peak_kilobytes() - before < 150_000
    assert len(proposals) > 100
    assert len(seconds) > 20 and seconds == sorted(seconds) and seconds[-1] == 3600.0 * hours


def peak_kilobytes() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_proposes_the_same(path: Path) -> None:
    here, _ = Localizer.load(path).propose(track(600), 80.0)
    there, _ = Localizer.load(path, torch.device("cuda")).propose(track(600), 80.0)
    assert len(here) == len(there)
    for one, other in zip(here, there, strict=True):
        assert one.label == other.label
        assert one.start_s == pytest.approx(other.start_s, abs=1e-2)
        assert one.score == pytest.approx(other.score, abs=1e-3)


def test_files_that_cannot_be_used_say_so(path: Path, tmp_path: Path) -> None:
    with pytest.raises(LocalizerError, match="There is no localizer"):
        Localizer.load(tmp_path / "absent.safetensors")
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(LocalizerError, match="damaged"):
        Localizer.load(damaged)
    with pytest.raises(LocalizerError, match="trained on features of another model"):
        Localizer.load(path).propose(track(10, model="other"), 1.0)


def test_the_same_weights_have_the_same_hash(path: Path, tmp_path: Path) -> None:
    read = model_file.read(path)
    again = tmp_path / "again.safetensors"
    model_file.write(
        again,
        config=read.config,
        classes=read.classes,
        weights=read.weights,
        scaling=SCALING,
        about={"note": 1},
    )
    assert model_file.read(again).model_hash == read.model_hash
    other = tmp_path / "other.safetensors"
    model_file.write(
        other,
        config=read.config,
        classes=("a", "b", "d"),
        weights=read.weights,
        scaling=SCALING,
        about={},
    )
    assert model_file.read(other).model_hash != read.model_hash
