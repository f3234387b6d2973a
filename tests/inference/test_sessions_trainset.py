"""The localizer's training set: features with labels, kept and used again for exactly that."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from inference.features.extract import FeatureExtractor
from inference.features.r2plus1d import R2Plus1D
from inference.features.track import FeatureTrack
from inference.localize.example import Example
from inference.progress import Cancelled
from inference.synthesis.body import random_body
from inference.synthesis.motion import Label
from inference.synthesis.performer import perform
from inference.synthesis.trainset import TrainingSet, TrainingSetSettings, limited, training_set

NAMES = ("hurdle_step", "standing_shoulder_scaption")
SETTINGS = TrainingSetSettings(
    sessions=1, validation_sessions=1, train_subjects=(1,), validation_subjects=(2,)
)


@pytest.fixture
def recorded(tmp_path: Path) -> tuple[Path, Path]:
    arrays, index = {}, []
    for subject in (1, 2, 3):
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


def extractor(model_hash: str = "hash", dtype: torch.dtype = torch.float32) -> FeatureExtractor:
    torch.manual_seed(0)
    return FeatureExtractor(R2Plus1D(17, (1, 1)), model_hash, dtype)


def test_sessions_become_examples_and_features_are_made_once(
    recorded: tuple[Path, Path], tmp_path: Path
) -> None:
    motions, recordings = recorded
    cache = tmp_path / "cache"
    seen: list[tuple[float, float]] = []

    def make(
        settings: TrainingSetSettings = SETTINGS, made_by: FeatureExtractor | None = None
    ) -> TrainingSet:
        return training_set(
            motions=motions, recordings=recordings, extractor=made_by or extractor(), cache=cache,
            settings=settings, progress=lambda done, total: seen.append((done, total)),
        )  # fmt: skip

    def kept() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in cache.iterdir()}

    first, files = make(), kept()
    again = make()
    assert kept() == files and len(files) == 2 and seen[-1] == (2, 2)
    assert first.classes == NAMES
    assert first.train[0].group != first.validation[0].group
    made, others = first.train + first.validation, again.train + again.validation
    for one, other in zip(made, others, strict=True):
        track = one.track
        assert track.features.shape == (len(track.times), extractor().network.out_channels)
        assert track.features.dtype == np.float32 and track.model == "hash"
        assert len(track.times) == -(-len(track.keypoints) // 2)
        assert one.labels and {x.name for x in one.labels} <= set(NAMES)
        assert one.labels[-1].end_s < one.duration_s
        assert one.finished == ((0.0, pytest.approx(one.duration_s)),)
        np.testing.assert_array_equal(track.features, other.track.features)
        np.testing.assert_array_equal(track.keypoints, other.track.keypoints)
    for changed in (
        replace(SETTINGS, train_subjects=(3,)),
        replace(SETTINGS, seed=2),
        replace(SETTINGS, without=NAMES[:1]),
    ):
        before = kept()
        make(changed)
        assert kept().keys() > before.keys(), changed
    for another in (extractor("another"), extractor(dtype=torch.bfloat16)):
        before = kept()
        make(made_by=another)
        assert len(kept()) == len(before) + 2


def test_left_out_classes_occur_nowhere_and_nobody_need_be_watched(
    recorded: tuple[Path, Path], tmp_path: Path
) -> None:
    motions, recordings = recorded
    settings = replace(SETTINGS, without=NAMES[:1], validation_subjects=())
    made = training_set(
        motions=motions, recordings=recordings, extractor=extractor(), cache=tmp_path / "cache",
        settings=settings,
    )  # fmt: skip
    assert made.classes == NAMES[1:] and made.validation == []
    assert {label.name for one in made.train for label in one.labels} == set(NAMES[1:])


def test_it_can_be_stopped(recorded: tuple[Path, Path], tmp_path: Path) -> None:
    motions, recordings = recorded

    def stop(done: float, total: float) -> None:
        if done:
            raise Cancelled

    with pytest.raises(Cancelled):
        training_set(
            motions=motions, recordings=recordings, extractor=extractor(), cache=tmp_path / "cache",
            settings=replace(SETTINGS, sessions=40), progress=stop,
        )  # fmt: skip
    assert len(list((tmp_path / "cache").iterdir())) < 20


def test_each_training_session_comes_again_expanded_in_time(
    recorded: tuple[Path, Path], tmp_path: Path
) -> None:
    motions, recordings = recorded
    examples = training_set(
        motions=motions,
        recordings=recordings,
        extractor=FeatureExtractor(R2Plus1D(17, (1, 1, 1)), "hash", torch.float32),
        cache=tmp_path / "cache",
        settings=replace(SETTINGS, expansion=1.5),
    )
    original, copy = examples.train
    assert len(examples.validation) == 1
    assert original.track.step_s == pytest.approx(4 / 15)
    assert copy.duration_s == pytest.approx(1.5 * original.duration_s, abs=1)
    assert copy.labels[-1].end_s == pytest.approx(1.5 * original.labels[-1].end_s)
    assert copy.group == original.group


def test_only_so_many_labelled_recordings_of_each_class() -> None:
    """What is shown of a class that has enough already is neither label nor background."""

    def example(*names: str) -> Example:
        empty = np.zeros((0, 1), np.float32)
        track = FeatureTrack(np.zeros(0), empty, 2 / 15, "", np.zeros((0, 17, 3), np.float32))
        labels = tuple(Label(name, 10.0 * n, 10.0 * n + 5) for n, name in enumerate(names))
        return Example(track, labels, ((0.0, 12.0), (15.0, 40.0)), "somebody")

    kept = limited([example("a", "b"), example("a"), example("a", "c"), example("a", "b")], 1)
    assert [[label.name for label in one.labels] for one in kept] == [["a", "b"], ["c"]]
    assert kept[0].finished == ((0.0, 12.0), (15.0, 40.0))
    assert kept[1].finished == ((5.0, 12.0), (15.0, 40.0))
    assert len(limited([example("a")] * 4, 3)) == 3
