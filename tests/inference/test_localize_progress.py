"""The localizer says where it is at least every two seconds, and stops when told to."""

import time
from pathlib import Path

import numpy as np
import pytest
import torch

from inference.features.track import FeatureTrack
from inference.localize import model_file
from inference.localize.example import Scaling
from inference.localize.localizer import Localizer
from inference.localize.model_file import LocalizerConfig
from inference.localize.train import TrainSettings, train_localizer
from inference.localize.waiting import while_reporting
from inference.progress import Cancelled
from tests.inference.localizer_data import CLASSES, recording

STEP_S = 2 / 15
CONFIG = LocalizerConfig(
    input_dim=8,
    width=8,
    heads=2,
    window=9,
    arch=(2, 1, 3),
    regression_ranges=((0, 4), (4, 8), (8, 16), (16, 10000)),
    max_steps=2304,
    step_s=STEP_S,
    features_model="features",
)


def test_two_hours_in_which_everything_could_be_a_repetition(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = CONFIG.build(1)
    for name, parameter in model.named_parameters():
        if name.endswith("scale") and parameter.dim() == 3:
            torch.nn.init.ones_(parameter)
    bias = model.cls_head.cls_head.conv.bias
    assert bias is not None
    torch.nn.init.zeros_(bias)
    model_file.write(
        tmp_path / "model.safetensors",
        config=CONFIG,
        classes=("any",),
        weights=model.state_dict(),
        scaling=Scaling(np.zeros(8, np.float32), np.ones(8, np.float32)),
        about={},
    )
    steps = 54_000
    features = np.random.default_rng(0).standard_normal((steps, 8)).astype(np.float32)
    poses = np.ones((2 * steps, 17, 3), np.float32)
    track = FeatureTrack(np.arange(float(steps)) * STEP_S, features, STEP_S, "features", poses)
    times, seconds = [time.monotonic()], []

    def report(done: float, total: float) -> None:
        times.append(time.monotonic())
        seconds.append(done)

    Localizer.load(tmp_path / "model.safetensors").propose(track, 7200.0, report)
    times.append(time.monotonic())
    assert max(np.diff(times)) < 2.0
    assert seconds.count(7200.0) >= 2  # the last piece, and while the candidates are thinned out


def test_a_long_call_reports_and_can_be_left() -> None:
    calls: list[int] = []
    while_reporting(lambda: time.sleep(1.0), lambda: calls.append(1))
    assert len(calls) > 2

    def stop_at_the_third() -> None:
        calls.append(1)
        if len(calls) >= 3:
            raise Cancelled

    calls.clear()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        while_reporting(lambda: time.sleep(3.0), stop_at_the_third)
    assert time.monotonic() - began < 2.0


def test_what_a_long_call_raises_is_raised_here() -> None:
    def fail() -> None:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        while_reporting(fail, lambda: None)


def test_training_reports_for_every_piece_of_the_validation_recordings(tmp_path: Path) -> None:
    def calls(long: bool) -> int:
        """How often one round reports, with one validation recording of half an hour or of 40 s."""
        made: list[float] = []
        train_localizer(
            [recording(seed) for seed in range(2)],
            validation=[recording(9, seconds=1900.0 if long else 40.0)],
            classes=CLASSES,
            out=tmp_path / f"{long}.safetensors",
            warm_start=None,
            settings=TrainSettings(width=8, heads=2, window=9, epochs=1),
            progress=lambda done, total: made.append(done),
        )
        return len(made)

    pieces = 6  # of 2048 steps more: once for the loss, twice for the proposals
    assert calls(long=True) - calls(long=False) >= 3 * pieces
