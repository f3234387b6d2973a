"""Proposing: long recordings in pieces, any length, damaged files, other features."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from inference.features.track import FeatureTrack
from inference.localize import localizer as localizer_module
from inference.localize import model_file
from inference.localize.actionformer.convolution import Convolution
from inference.localize.actionformer.network import ActionFormer
from inference.localize.calibration import Calibration
from inference.localize.detector import Refined
from inference.localize.example import Scaling
from inference.localize.localizer import Localizer
from inference.localize.model_file import (
    Config,
    LocalizerConfig,
    LocalizerError,
    RefinedConfig,
)
from inference.localize.network import NetworkConfig
from inference.weights.kept import DESCRIPTION
from tests.inference.localizer_sessions import wide_awake

STEP_S = 2 / 15
REFINED = RefinedConfig(
    NetworkConfig(features=8, classes=3, width=16, fine_width=16, heads=2, levels=4),
    step_s=STEP_S,
    features_model="features",
)
PUBLISHED = LocalizerConfig(
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
BASELINE = replace(PUBLISHED, input_dim=2 * (199 + 8), kinematics=True)
CONFIGS: dict[str, Config] = {"refined": REFINED, "published": PUBLISHED, "baseline": BASELINE}
SCALING = Scaling(np.zeros(8, np.float32), np.ones(8, np.float32))


def written(path: Path, config: Config, calibration: Calibration | None = None) -> Path:
    """Random weights that see far and propose often."""
    torch.manual_seed(0)
    model = config.build(3)
    if isinstance(model, ActionFormer):
        for name, parameter in model.named_parameters():
            if name.endswith("scale") and parameter.dim() == 3:
                torch.nn.init.ones_(parameter)
        bias = model.cls_head.cls_head.conv.bias
        assert bias is not None
        torch.nn.init.constant_(bias, -2)
    else:
        wide_awake(model)
        bias = model.class_head.conv.bias
        assert bias is not None
        with torch.no_grad():
            bias[0] = 0
    model_file.write(
        path,
        config=config,
        classes=("a", "b", "c"),
        weights=model.state_dict(),
        scaling=SCALING,
        calibration=calibration,
        about={},
    )
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("localizers")
    for name, config in CONFIGS.items():
        written(folder / name, config)
    return folder


@pytest.fixture(params=sorted(CONFIGS))
def path(request: pytest.FixtureRequest, folder: Path) -> Path:
    return folder / request.param


def track(steps: int, model: str = "features", ticks: int | None = None) -> FeatureTrack:
    rng = np.random.default_rng(steps)
    features = rng.standard_normal((steps, 8)).astype(np.float32)
    poses = rng.random((2 * steps if ticks is None else ticks, 17, 3), np.float32)
    times = (np.arange(float(steps)) + 0.5) * STEP_S
    return FeatureTrack(times, features, STEP_S, model, poses)


def test_a_loaded_localizer_is_packed(path: Path) -> None:
    modules = [m for m in Localizer.load(path).model.modules() if isinstance(m, Convolution)]
    assert sum(bool(each.packed) for each in modules) > len(modules) / 2


def test_pieces_give_what_one_pass_gives(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    localizer = Localizer.load(path)
    features = track(600, ticks=1199)  # few enough candidates that none is left out
    whole, whole_confidence = localizer.propose(features, 79.9)
    _, anything = localizer.propose_and_count(features, 79.9)
    monkeypatch.setattr(localizer_module, "CORE_TICKS", 256)
    pieces, confidence = localizer.propose(features, 79.9)
    assert len(whole) == len(pieces) > 20
    for one, other in zip(whole, pieces, strict=True):
        assert one.label == other.label
        assert one.start_s == pytest.approx(other.start_s, abs=1e-3)
        assert one.score == pytest.approx(other.score, abs=5e-3)
    np.testing.assert_allclose(whole_confidence.scores, confidence.scores, atol=5e-3)
    proposed, counted = localizer.propose_and_count(features, 79.9)
    assert proposed == pieces
    for one, other in zip(anything, counted, strict=True):
        assert one.label == "" and one.start_s == pytest.approx(other.start_s, abs=1e-3)


def test_the_strip_shows_what_is_proposed(path: Path) -> None:
    localizer = replace(Localizer.load(path), calibration=Calibration(slope=2.0, offset=1.0))
    proposals, confidence = localizer.propose(track(300), 40.0)
    for number, name in enumerate(confidence.classes):
        own = [p for p in proposals if p.label == name]
        for step, time in enumerate(confidence.times):
            covering = [p.score for p in own if p.start_s <= time < p.end_s]
            expected = max(covering, default=0)
            assert confidence.scores[step, number] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("steps", [0, 1, 2, 17])
def test_any_length(path: Path, steps: int) -> None:
    for ticks in {2 * steps, max(2 * steps - 1, 0)}:
        localizer, features = Localizer.load(path), track(steps, ticks=ticks)
        proposals, confidence = localizer.propose(features, ticks / 15)
        assert confidence.scores.shape == (steps, 3)
        assert all(proposal.end_s <= ticks / 15 for proposal in proposals)
        _, repetitions = localizer.propose_and_count(features, ticks / 15)
        assert all(each.label == "" for each in repetitions)


@pytest.mark.parametrize("hours", [1, 4])
def test_hours_need_little_memory(folder: Path, hours: int) -> None:
    """ru_maxrss would remember earlier tests."""
    localizer = Localizer.load(folder / "refined")
    features = track(27_000 * hours)
    localizer.propose(track(100), 13.0)
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts again from now
    before = peak_kilobytes()
    seconds = []
    proposals, _ = localizer.propose(
        features, 3600.0 * hours, lambda done, total: seconds.append(done)
    )
    assert peak_kilobytes() - before < 250_000
    assert len(proposals) > 100
    assert len(seconds) > 10 and seconds == sorted(seconds) and seconds[-1] == 3600.0 * hours


def peak_kilobytes() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])


def test_time_is_counted_from_the_first_tick(folder: Path) -> None:
    """Somebody who is still in one place and does the same later is found as much later."""
    localizer = Localizer.load(folder / "refined")
    quiet = np.zeros((600, 8), np.float32)
    poses = np.ones((1200, 17, 3), np.float32)

    def proposed(at: int) -> list[tuple[float, float, float]]:
        features, joints = quiet.copy(), poses.copy()
        rng = np.random.default_rng(5)
        features[at // 2 : at // 2 + 20] = rng.standard_normal((20, 8))
        joints[at : at + 40, :, :2] += rng.random((40, 17, 2), np.float32)
        times = (np.arange(600.0) + 0.5) * STEP_S
        found, _ = localizer.propose(FeatureTrack(times, features, STEP_S, "features", joints), 80)
        inside = [p for p in found if p.start_s >= at / 15 - 3 and p.end_s <= at / 15 + 6]
        return [(p.start_s - at / 15, p.end_s - at / 15, p.score) for p in inside]

    early, late = proposed(480), proposed(480 + 32 * 7)
    assert len(early) == len(late) > 3
    np.testing.assert_allclose(early, late, atol=1e-3)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_proposes_the_same(path: Path) -> None:
    here, _ = Localizer.load(path).propose(track(600), 80.0)
    there, _ = Localizer.load(path, torch.device("cuda")).propose(track(600), 80.0)
    assert len(here) == len(there)
    for one, other in zip(here, there, strict=True):
        assert one.label == other.label
        assert one.start_s == pytest.approx(other.start_s, abs=1e-2)
        assert one.score == pytest.approx(other.score, abs=1e-3)


def test_the_calibration_in_the_file_changes_scores_and_spreads_only(
    folder: Path, tmp_path: Path
) -> None:
    calibration = Calibration(slope=1.5, offset=1.0, spread_factor=2.0)
    other = Localizer.load(written(tmp_path / "calibrated", REFINED, calibration))
    plain = Localizer.load(folder / "refined")
    assert other.calibration == calibration and plain.calibration == Calibration()
    ours, _ = other.propose(track(300), 40.0)
    theirs, _ = plain.propose(track(300), 40.0)
    by_place = {(p.label, p.start_s, p.end_s): p for p in ours}
    for p in theirs:
        own = by_place[(p.label, p.start_s, p.end_s)]
        assert own.score == pytest.approx(calibration.applied(np.array([p.score]))[0], abs=1e-6)
        assert own.end_spread_s == pytest.approx(2 * p.end_spread_s)


def test_files_that_cannot_be_used_say_so(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(LocalizerError, match="There is no localizer"):
        Localizer.load(tmp_path / "absent.safetensors")
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes((folder / "refined").read_bytes()[:1000])
    with pytest.raises(LocalizerError, match="damaged"):
        Localizer.load(damaged)
    with pytest.raises(LocalizerError, match="trained on features of another model"):
        Localizer.load(folder / "refined").propose(track(10, model="other"), 1.0)
    with pytest.raises(LocalizerError, match="trained on features of another model"):
        Localizer.load(folder / "refined").propose_and_count(track(10, model="other"), 1.0)


def test_a_version_of_the_network_before_is_named_as_such(tmp_path: Path) -> None:
    old = tmp_path / "old.safetensors"
    said = {"kind": "localizer", "config": {"input_dim": 128, "width": 160}, "classes": ["a"]}
    save_file({"scaling.mean": torch.zeros(128)}, old, metadata={DESCRIPTION: json.dumps(said)})
    with pytest.raises(LocalizerError, match=r"made by an earlier version .* train a new one"):
        Localizer.load(old)


@pytest.mark.parametrize("name", sorted(CONFIGS))
def test_what_is_read_is_what_was_written(folder: Path, name: str) -> None:
    read = model_file.read(folder / name)
    assert read.config == CONFIGS[name]
    assert read.classes == ("a", "b", "c")
    assert isinstance(Localizer.load(folder / name).detector, Refined) == (name == "refined")


def test_the_same_weights_have_the_same_hash(folder: Path, tmp_path: Path) -> None:
    read = model_file.read(folder / "refined")

    def hash_with(classes: tuple[str, ...], calibration: Calibration) -> str:
        return model_file.write(
            tmp_path / "again.safetensors",
            config=read.config,
            classes=classes,
            weights=read.weights,
            scaling=SCALING,
            calibration=calibration,
            about={"note": 1},
        )

    assert hash_with(read.classes, Calibration()) == read.model_hash
    assert hash_with(("a", "b", "d"), Calibration()) != read.model_hash
    assert hash_with(read.classes, Calibration(slope=2)) != read.model_hash
