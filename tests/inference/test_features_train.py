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
from inference.features.learner import FeatureTrainingError, new_learner
from inference.features.targets import BACKGROUND, FAR_S, step_targets
from inference.features.train import train_features
from inference.features.train_settings import TrainSettings
from inference.features.windows import Batch, SupplyError, batches, supplies
from inference.synthesis.body import random_body
from inference.synthesis.exercises import CLASS_NAMES
from inference.synthesis.motion import Label
from inference.synthesis.observe import observe, random_camera
from inference.synthesis.performer import perform
from inference.synthesis.recordings import RecordingsError
from inference.training.processes import Processes
from inference.weights.kept import sha256_of

SETTINGS = TrainSettings(
    steps=4,
    accumulate=2,
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
        np.testing.assert_array_equal(resumed[name], values, err_msg=name)

    card = json.loads((tmp_path / "whole.json").read_text())
    assert card["split"] == {"train": [1], "validation": [2]}
    assert [entry["step"] for entry in card["metrics"]["history"]] == [2, 4]
    assert FeatureExtractor.load(tmp_path / "whole.safetensors").step_s == pytest.approx(2 / 15)


def trained(path: Path, settings: TrainSettings, **given: Any) -> dict[str, Any]:
    """Trains `path` on invented people; what its description says."""
    files: dict[str, Any] = {"motions": None, "recordings": None, **given}
    train_features(out=path, checkpoint=path.with_suffix(".ckpt"), settings=settings, **files)
    return json.loads(path.with_suffix(".json").read_text())


INVENTED = replace(
    SETTINGS, steps=2, accumulate=1, invented=1.0, train_subjects=(), validation_subjects=()
)


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.safetensors" for name in ("first", "again", "other")]
    for path, seed in zip(paths, (1, 1, 2), strict=True):
        trained(path, replace(INVENTED, seed=seed))
    first, again, other = (path.read_bytes() for path in paths)
    assert first == again and first != other


def test_nobodys_recordings_are_needed_for_invented_people(tmp_path: Path) -> None:
    card = trained(tmp_path / "a.safetensors", replace(INVENTED, without=("deep_squat",)))
    assert card["classes_trained_on"] == sorted(set(CLASS_NAMES) - {"deep_squat"})
    assert card["classes_left_out"] == ["deep_squat"]
    assert card["split"] == {"train": [], "validation": []} and card["data_files"] == {}
    assert card["licence"] == "MIT" and "UI-PRMD" not in card["data"]
    assert card["metrics"]["validation"] is None
    assert [sorted(entry) for entry in card["metrics"]["history"]] == [
        ["action", "edges", "offsets", "region", "step"]
    ]


def test_a_second_stage_begins_with_the_weights_of_the_first(
    recorded: tuple[Path, Path], tmp_path: Path
) -> None:
    motions, recordings = recorded
    before, after = tmp_path / "before.safetensors", tmp_path / "after.safetensors"
    trained(before, INVENTED)
    slow = replace(SETTINGS, steps=1, accumulate=1, settle=1, invented=0.0)
    card = trained(after, slow, start=before, motions=motions, recordings=recordings)
    learnt = [name for name in load_file(before) if "running" not in name and "num" not in name]
    for name in learnt:  # the heads were the only ones to learn
        np.testing.assert_array_equal(load_file(after)[name], load_file(before)[name])
    assert card["start"]["file"] == "before.safetensors"
    assert card["start"]["sha256"] == sha256_of(before)
    assert card["start"]["split"]["train"] == [] and card["split"]["train"] == [1]
    assert set(card["data_files"]) == {"motions", "recordings"}
    moved = trained(tmp_path / "more.safetensors", replace(slow, settle=0), start=before,
                    motions=motions, recordings=recordings)  # fmt: skip
    assert moved["sha256"] != card["sha256"]
    with pytest.raises(FeatureTrainingError, match="holds r2plus1d_12, and r2plus1d_18 is to be"):
        trained(after, replace(slow, layers=(2, 2, 2, 2)), start=before, motions=motions,
                recordings=recordings)  # fmt: skip


def test_a_second_stage_is_shorter_and_lets_the_heads_settle() -> None:
    first, second = TrainSettings(), TrainSettings().second_stage()
    assert second.steps < first.steps and second.settle < 0.1 * second.steps
    assert max(map(second.rate, range(second.steps))) == first.learning_rate / 2
    assert {second.cells(step) for step in range(second.steps)} == {16, 32}


def test_the_checkpoint_of_another_training_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    trained(path, INVENTED)
    with pytest.raises(FeatureTrainingError, match="with another seed and settings"):
        trained(path, replace(INVENTED, seed=2))
    assert trained(path, INVENTED)["seed"] == 1  # nothing is left to do


def test_classes_that_are_left_out_occur_nowhere(recorded: tuple[Path, Path]) -> None:
    motions, recordings = recorded
    with pytest.raises(SupplyError, match="no recording left"):
        supplies(motions, recordings, train=(1,), validation=(2,), seed=1, without=("deep_squat",))
    with pytest.raises(SupplyError, match="There is no class squat to leave out"):
        supplies(None, None, train=(), validation=(), seed=1, invented=1.0, without=("squat",))
    kept = CLASS_NAMES[:2]
    supply, _ = supplies(
        None, None, train=(), validation=(), seed=1, invented=1.0, without=CLASS_NAMES[2:]
    )
    assert tuple(supply.classes) == kept
    done = {label.name for number in range(3) for label in supply.session(number).motion.labels}
    assert done == set(kept)


def test_exercises_that_this_program_cannot_invent(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    done = {1: perform("deep_squat", random_body(rng), rng, 3)}
    done[2] = perform("side_lunge", random_body(rng), rng, 3)
    names = {1: "knee bend", 2: "knee bend, slowly"}
    motions, recordings = tmp_path / "motions.npz", tmp_path / "recordings.json"
    arrays: dict[str, Any] = {f"s{who}": motion.joints for who, motion in done.items()}
    np.savez(motions, **arrays)
    index = [
        {"key": f"s{who}", "exercise": names[who], "subject": who, "correct": True, "fps": 30,
         "repetitions": [[x.start_s, x.end_s] for x in motion.labels]}
        for who, motion in done.items()
    ]  # fmt: skip
    recordings.write_text(json.dumps(index))
    with pytest.raises(SupplyError, match="with --invented 0"):
        supplies(motions, recordings, train=(1,), validation=(), seed=1, invented=0.25)
    supply, unseen = supplies(
        motions, recordings, train=(1,), validation=(2,), seed=1, invented=0.0
    )
    assert supply.classes == sorted(names.values())
    row = supply.classes.index(names[2])  # what only the person who is watched does
    assert row in unseen.session(0).targets.classes
    assert row not in supply.session(0).targets.classes


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"train": (1,), "validation": (1, 2)}, "not both: 1."),
        ({"train": (), "validation": (2,)}, "Somebody's recordings are needed to train on"),
        ({"train": (3,), "validation": ()}, "Subject 3 is not in"),
    ],
)
def test_people_who_cannot_be_trained_on(
    recorded: tuple[Path, Path], given: dict[str, Any], says: str
) -> None:
    with pytest.raises((SupplyError, RecordingsError), match=says):
        supplies(*recorded, seed=1, **given)


def test_a_step_on_two_batches_takes_their_mean_gradient() -> None:
    supply, _ = supplies(None, None, train=(), validation=(), seed=1, invented=1.0)
    stream = batches(supply, size=2, ticks=16, first=0, pool=2)
    first, second = next(stream)(8), next(stream)(8)

    def gradient(*learnt: Batch) -> torch.Tensor:
        learner = new_learner(INVENTED, classes=10, start=None, device=CPU, processes=Processes())
        learner.gradients(learnt, [3] * len(learnt))
        given = [x.grad for x in learner.shared.parameters()]
        return torch.cat([x.flatten() for x in given if x is not None])

    mean = (gradient(first) + gradient(second)) / 2
    torch.testing.assert_close(gradient(first, second), mean, rtol=1e-3, atol=1e-4)
    assert mean.norm() > 0.1


def test_the_deep_network_trains_on_its_coarser_steps(
    recorded: tuple[Path, Path], tmp_path: Path
) -> None:
    motions, recordings = recorded
    out = tmp_path / "deep.safetensors"
    quality = train_features(
        motions=motions, recordings=recordings, out=out, checkpoint=tmp_path / "deep.ckpt",
        settings=replace(SETTINGS, layers=(2, 2, 2, 2), expansion=1.5, steps=2, ticks=32),
    )  # fmt: skip
    assert quality is not None and 0 <= quality.region <= 1
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
