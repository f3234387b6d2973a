"""What a training of the localizer sees and for how long: schedule, pieces, unseen time."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from inference.localize.augment import Augmentation
from inference.localize.batches import random_piece
from inference.localize.example import Example, Scaling
from inference.localize.model_file import RefinedConfig
from inference.localize.network import NetworkConfig
from inference.localize.sample import sample_of
from inference.localize.train import (
    TrainSettings,
    train_localizer,
)
from inference.localize.train_config import augmentation_for
from inference.localize.train_settings import (
    MOST_CROP_TICKS,
    Schedule,
    crop_for,
    level_count,
    schedule_for,
)
from inference.synthesis.motion import Label
from tests.inference.localizer_data import CLASSES, recording

SMALL = TrainSettings(
    epochs=22, seed=3, width=32, fine_width=24, heads=2, stem_blocks=1, crop_ticks=256,
    batch_size=2, learning_rate=3e-3,
)  # fmt: skip
PLAIN = Scaling(np.zeros(12, np.float32), np.ones(12, np.float32))


def test_what_nobody_looked_at_is_not_background() -> None:
    example = recording(500)
    first, second = example.labels[0], example.labels[1]
    half_done = replace(example, labels=(first,), finished=((0.0, first.end_s),))
    sample = sample_of(half_done, CLASSES, PLAIN)
    times = np.arange(len(sample)) / 15
    np.testing.assert_array_equal(sample.known, times < first.end_s)
    np.testing.assert_allclose(sample.segments, [[first.start_s * 15, first.end_s * 15]], rtol=1e-6)
    outside = sample_of(replace(half_done, labels=(first, second)), CLASSES, PLAIN)
    assert outside.known[(times > second.start_s) & (times < second.end_s)].all()
    foreign = Label("a class that is not trained", first.start_s, first.end_s)
    unknown = sample_of(replace(half_done, labels=(foreign,)), CLASSES, PLAIN)
    assert not unknown.known[(times >= first.start_s) & (times < first.end_s)].any()
    assert not len(unknown.labels)


def test_what_has_a_side_is_not_seen_in_a_mirror() -> None:
    joints = RefinedConfig(NetworkConfig(features=12, classes=2), 2 / 15, "plain")
    assert augmentation_for(joints, ("squat", "upright row")).flip > 0
    for names in (("left lunge", "right lunge"), ("squat", "LeftArmRaise"), ("raise_right",)):
        assert augmentation_for(joints, names) == replace(Augmentation(), flip=0.0)
    features = RefinedConfig(NetworkConfig(12, 2, kinematics=False), 2 / 15, "plain")
    alone = augmentation_for(features, ("squat",))
    assert alone.flip == alone.without_features == 0


def test_levels_follow_the_lengths_of_labels() -> None:
    assert level_count([12, 36, 127], stride=2) == 5
    assert level_count([12, 36, 256], stride=2) == 6
    assert level_count([36], stride=4) == 4
    assert level_count([100_000], stride=2) == 7


def test_the_schedule_follows_what_is_asked_for() -> None:
    def schedule(settings: TrainSettings, pieces: int, *, warm: bool, count: int = 1) -> Schedule:
        return schedule_for(settings, pieces, crop_ticks=384, warm=warm, processes=count)

    usual = schedule(TrainSettings(), 960, warm=False)
    assert (usual.steps, usual.batch_size, usual.epochs) == (1400, 8, 12)
    assert schedule(TrainSettings(), 480, warm=False).steps == 960
    assert schedule(TrainSettings(), 40, warm=False).steps == 700
    small = schedule(TrainSettings(), 5, warm=True)
    assert small.steps == 200 and small.batch_size == 5 and small.epochs == 20
    assert schedule(TrainSettings(epochs=3), 80, warm=True).steps == 30
    assert schedule(TrainSettings(steps=3), 80, warm=True).epochs == 1
    shared = schedule(TrainSettings(accumulate=2), 960, warm=False, count=2)
    assert shared.batches == max(30, 70)
    rates = [usual.rate(step) for step in range(usual.steps)]
    assert rates.index(max(rates)) in (139, 140) and max(rates) == 1e-3
    assert schedule(TrainSettings(), 9, warm=True).learning_rate < 1e-3


def test_pieces_are_as_long_as_labels_need() -> None:
    """Batches then hold as much as before; labels up to 12.8 s change nothing."""
    plain = TrainSettings()
    for longest, stride, ticks, batch in (
        (0, 32, 384, 8), (192, 32, 384, 8), (193, 32, 416, 7), (450, 128, 1024, 3),
        (40_000, 128, MOST_CROP_TICKS, 1), (60, 256, 512, 6), (60, 48, 384, 8),
    ):  # fmt: skip
        assert crop_for(plain, longest, stride) == ticks
        assert schedule_for(plain, 960, crop_ticks=ticks, warm=False).batch_size == batch


HOLD_S = 30.0  # longer than a usual piece


def hold(seed: int) -> Example:
    """One long repetition in 100 s."""
    example = recording(seed, seconds=100.0)
    start_s = 15.0 + 3 * (seed % 10)
    features, joints = example.track.features.copy(), example.track.keypoints.copy()
    features[:, :6], joints[:] = 0, joints[0]
    times, ticks = example.track.times, np.arange(len(joints)) / 15
    features[(times >= start_s) & (times < start_s + HOLD_S), 0] = 2
    joints[(ticks >= start_s) & (ticks < start_s + HOLD_S), 9:11, 1] += 60
    track = replace(example.track, features=features, keypoints=joints)
    return replace(example, track=track, labels=(Label("squat", start_s, start_s + HOLD_S),))


def test_labels_longer_than_a_usual_piece_are_seen_whole_and_learned(tmp_path: Path) -> None:
    sample = sample_of(hold(0), CLASSES, PLAIN)
    rng = np.random.default_rng(0)

    def share_seen_whole(ticks: int) -> float:
        return float(
            np.mean([len(random_piece(sample, rng, ticks, 0.15).labels) for _ in range(100)])
        )

    assert share_seen_whole(TrainSettings().crop_ticks) == 0
    assert share_seen_whole(crop_for(TrainSettings(), HOLD_S * 15, 128)) > 0.4
    trained = train_localizer(
        [hold(seed) for seed in range(10)],
        validation=[hold(13), hold(16)],
        classes=CLASSES,
        out=tmp_path / "model.safetensors",
        warm_start=None,
        settings=replace(SMALL, epochs=None, steps=110),
    )
    assert trained.after.at(0.5) == 1
    assert not any("hardly learned" in warning for warning in trained.warnings)
