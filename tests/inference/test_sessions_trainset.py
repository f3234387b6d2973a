"""The localizer's training set: features with labels, kept and used again."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from inference.features.extract import FeatureExtractor
from inference.features.r2plus1d import R2Plus1D, r2plus1d_12
from inference.synthesis.body import random_body
from inference.synthesis.performer import perform
from inference.synthesis.trainset import TrainingSet, TrainingSetSettings, training_set

NAMES = ("hurdle_step", "standing_shoulder_scaption")


@pytest.fixture
def recorded(tmp_path: Path) -> tuple[Path, Path]:
    arrays, index = {}, []
    for subject in (1, 2):
        rng = np.random.default_rng(subject)
        for number, name in enumerate(NAMES):
            motion = perform(name, random_body(rng), rng, 3)
            key = f"m{number}_s{subject}"
            arrays[key] = motion.joints
            spans = [[x.start_s, x.end_s] for x in motion.labels]
            index.append({"key": key, "exercise": name, "subject": subject, "correct": True,
                          "fps": 30, "repetitions": spans})  # fmt: skip
    np.savez(tmp_path / "motions.npz", **arrays)  # type: ignore[arg-type]
    (tmp_path / "recordings.json").write_text(json.dumps(index))
    return tmp_path / "motions.npz", tmp_path / "recordings.json"


def test_sessions_become_examples(recorded: tuple[Path, Path], tmp_path: Path) -> None:
    motions, recordings = recorded
    extractor = FeatureExtractor(r2plus1d_12(17), "hash", torch.float32)
    settings = TrainingSetSettings(
        sessions=1, validation_sessions=1, train_subjects=(1,), validation_subjects=(2,)
    )
    seen: list[tuple[float, float]] = []

    def make() -> TrainingSet:
        return training_set(
            motions=motions, recordings=recordings, extractor=extractor, cache=tmp_path / "cache",
            settings=settings, progress=lambda done, total: seen.append((done, total)),
        )  # fmt: skip

    first = make()
    kept = {p: p.stat().st_mtime_ns for p in (tmp_path / "cache").iterdir()}
    again = make()
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "cache").iterdir()} == kept
    assert len(kept) == 2 and seen[-1] == (2, 2)
    assert first.classes == NAMES
    assert first.train[0].group != first.validation[0].group
    made, kept_ones = first.train + first.validation, again.train + again.validation
    for one, other in zip(made, kept_ones, strict=True):
        assert one.track.features.shape == (len(one.track.times), 128)
        assert one.track.features.dtype == np.float32 and one.track.model == "hash"
        assert one.labels and {x.name for x in one.labels} <= set(NAMES)
        assert one.labels[-1].end_s < one.duration_s
        assert one.finished == ((0.0, pytest.approx(one.duration_s)),)
        np.testing.assert_array_equal(one.track.features, other.track.features)


def test_each_training_session_comes_again_expanded_in_time(
    recorded: tuple[Path, Path], tmp_path: Path
) -> None:
    motions, recordings = recorded
    examples = training_set(
        motions=motions,
        recordings=recordings,
        extractor=FeatureExtractor(R2Plus1D(17, (1, 1, 1)), "hash", torch.float32),
        cache=tmp_path / "cache",
        settings=TrainingSetSettings(
            sessions=1, validation_sessions=1, train_subjects=(1,), validation_subjects=(2,),
            expansion=1.5,
        ),
    )  # fmt: skip
    original, copy = examples.train
    assert len(examples.validation) == 1
    assert original.track.step_s == pytest.approx(4 / 15)
    assert copy.duration_s == pytest.approx(1.5 * original.duration_s, abs=1)
    assert copy.labels[-1].end_s == pytest.approx(1.5 * original.labels[-1].end_s)
    assert copy.group == original.group
