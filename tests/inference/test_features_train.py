"""The feature network trains, and a stopped training ends where an unstopped one does."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from inference.device import CPU, fastest_dtype
from inference.features.extract import FeatureExtractor
from inference.features.targets import BACKGROUND, FAR_S, step_targets
from inference.features.train import train_features
from inference.features.train_settings import TrainSettings
from inference.features.windows import batches, supplies
from inference.synthesis.body import random_body
from inference.synthesis.motion import Label
from inference.synthesis.observe import observe, random_camera
from inference.synthesis.performer import perform

SETTINGS = TrainSettings(
    steps=4,
    stages=((0.5, 8), (0.5, 16)),
    batch=2,
    ticks=16,
    pool=3,
    train_subjects=(1,),
    validation_subjects=(2,),
    validation_sessions=1,
    check_every=2,
    bfloat16=False,
)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two people with one exercise each, in the format of the recordings."""
    folder, index = tmp_path_factory.mktemp("recorded"), []
    arrays: dict[str, Any] = {}
    for subject in (1, 2):
        rng = np.random.default_rng(subject)
        motion = perform("deep_squat", random_body(rng), rng, 3)
        arrays[f"m01_s0{subject}"] = motion.joints
        spans = [[x.start_s, x.end_s] for x in motion.labels]
        index.append(
            {"key": f"m01_s0{subject}", "exercise": "deep_squat", "subject": subject,
             "correct": True, "fps": 30, "repetitions": spans}
        )  # fmt: skip
    np.savez(folder / "motions.npz", **arrays)
    (folder / "recordings.json").write_text(json.dumps(index))
    return folder / "motions.npz", folder / "recordings.json"


class Stop(Exception):
    pass


def test_a_stopped_training_goes_on_as_if_nothing_had_been(
    recorded: tuple[Path, Path], tmp_path: Path
) -> None:
    motions, recordings = recorded

    def train(name: str, stop: bool) -> dict[str, np.ndarray]:
        def on_check(figures: dict[str, float]) -> None:
            if stop and figures["step"] == 2:
                raise Stop

        out = tmp_path / f"{name}.safetensors"
        train_features(
            motions=motions, recordings=recordings, out=out, checkpoint=tmp_path / f"{name}.ckpt",
            settings=SETTINGS, on_check=on_check,
        )  # fmt: skip
        return load_file(out)

    whole = train("whole", stop=False)
    with pytest.raises(Stop):
        train("halted", stop=True)
    resumed = train("halted", stop=False)
    for name, values in whole.items():
        np.testing.assert_allclose(resumed[name], values, rtol=1e-3, atol=1e-4, err_msg=name)

    card = json.loads((tmp_path / "whole.json").read_text())
    assert card["split"] == {"train": [1], "validation": [2]}
    assert [entry["step"] for entry in card["metrics"]["history"]] == [2, 4]
    assert FeatureExtractor.load(tmp_path / "whole.safetensors").step_s == pytest.approx(2 / 15)


def test_the_deep_network_trains_on_its_coarser_steps(
    recorded: tuple[Path, Path], tmp_path: Path
) -> None:
    motions, recordings = recorded
    out = tmp_path / "deep.safetensors"
    quality = train_features(
        motions=motions, recordings=recordings, out=out, checkpoint=tmp_path / "deep.ckpt",
        settings=replace(SETTINGS, layers=(2, 2, 2, 2), expansion=1.5, steps=2, ticks=32),
    )  # fmt: skip
    assert 0 <= quality.region <= 1
    card = json.loads(out.with_suffix(".json").read_text())
    assert card["config"] == {
        "model": "r2plus1d_18", "in_channels": 17, "layers": [2, 2, 2, 2], "features": 512,
        "cells": 16, "ticks_a_step": 8, "step_s": pytest.approx(8 / 15),
    }  # fmt: skip
    assert card["settings"]["expansion"] == 1.5
    extractor = FeatureExtractor.load(out)
    assert extractor.step_s == pytest.approx(8 / 15)
    rng = np.random.default_rng(3)
    pose = observe(perform("deep_squat", random_body(rng), rng, 1), random_camera(rng), rng)
    track = extractor.extract(pose)
    assert track.features.shape == (-(-len(pose.times) // 8), 512)


def test_windows_line_up_with_the_targets_whatever_the_stride(
    recorded: tuple[Path, Path],
) -> None:
    motions, recordings = recorded
    for stride in (2, 8):
        supply, _ = supplies(
            motions, recordings, train=(1,), validation=(2,), seed=1, ticks_a_step=stride
        )
        batch = next(batches(supply, size=2, ticks=64, first=0, pool=2))(8)
        assert batch.volumes.shape == (2, 17, 64, 8, 8)
        assert batch.classes.shape == (2, 64 // stride)
        session = supply.session(0)
        assert len(session.targets.classes) == len(session.pose.times) // stride
        reached = session.targets.edges.max(axis=0)
        assert (reached > 0.8).all()  # no start or end falls between two steps


def test_every_second_session_is_the_one_before_expanded_in_time(
    recorded: tuple[Path, Path],
) -> None:
    motions, recordings = recorded
    supply, unseen = supplies(
        motions, recordings, train=(1,), validation=(2,), seed=1, expansion=1.5
    )
    plain = replace(supply, expansion=None)
    for number in range(2):
        original, copy = supply.session(2 * number), supply.session(2 * number + 1)
        same = plain.session(number)
        assert original.motion.labels == same.motion.labels
        assert len(copy.motion.joints) == round(1.5 * len(original.motion.joints))
        assert len(copy.pose.times) == pytest.approx(1.5 * len(original.pose.times), abs=3)
        for short, long in zip(original.motion.labels, copy.motion.labels, strict=True):
            assert (long.name, long.start_s) == (short.name, pytest.approx(1.5 * short.start_s))
            assert long.end_s == pytest.approx(1.5 * short.end_s)
    assert unseen.expansion is None


def test_targets_at_every_step() -> None:
    labels = (Label("b", 1.0, 2.0), Label("a", 2.0, 6.0))
    targets = step_targets(labels, ("a", "b"), steps=60, step_s=2 / 15)
    middle = (np.arange(60) + 0.5) * 2 / 15
    assert (targets.classes[(middle > 1) & (middle < 2)] == 1).all()
    assert (targets.classes[(middle > 2) & (middle < 6)] == 0).all()
    assert (targets.classes[(middle < 1) | (middle > 6)] == BACKGROUND).all()
    inside = (middle > 1) & (middle < 2)
    np.testing.assert_allclose(targets.offsets[inside, 0], middle[inside] - 1, atol=1e-6)
    np.testing.assert_allclose(targets.offsets[inside, 1], 2 - middle[inside], atol=1e-6)
    assert targets.offsets.max() == FAR_S
    assert targets.edges[np.abs(middle - 2).argmin()].min() > 0.8  # an end and a start
    with pytest.raises(ValueError, match="tuple"):
        step_targets((Label("unknown", 0, 1),), ("a",), steps=10, step_s=0.1)


def test_the_number_format_is_that_of_the_device_and_is_written_down(
    recorded: tuple[Path, Path], tmp_path: Path
) -> None:
    motions, recordings = recorded
    train_features(
        motions=motions,
        recordings=recordings,
        out=tmp_path / "features.safetensors",
        checkpoint=tmp_path / "checkpoint",
        settings=replace(SETTINGS, steps=2, bfloat16=None),
        device=CPU,
    )
    described = json.loads((tmp_path / "features.json").read_text())
    assert described["settings"]["bfloat16"] == (fastest_dtype(CPU) is torch.bfloat16)
