"""Training: it learns, resumes exactly, takes over classes by name, and refuses with a sentence."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import distributed
from torch.multiprocessing.spawn import spawn

from inference.localize import model_file
from inference.localize.augment import Augmentation
from inference.localize.batches import batches, collate, random_piece
from inference.localize.calibration import Calibration
from inference.localize.example import Example, Scaling
from inference.localize.fit import Fit
from inference.localize.localizer import Localizer
from inference.localize.model_file import LocalizerConfig, RefinedConfig
from inference.localize.network import NetworkConfig
from inference.localize.sample import sample_of
from inference.localize.train import (
    EpochMetrics,
    TrainedModel,
    TrainingError,
    TrainSettings,
    train_localizer,
)
from inference.localize.train_config import augmentation_for
from inference.localize.train_settings import (
    MOST_CROP_TICKS,
    Network,
    Part,
    Schedule,
    crop_for,
    level_count,
    schedule_for,
)
from inference.progress import Cancelled
from inference.synthesis.motion import Label
from inference.training.processes import Processes
from tests.inference.localizer_data import CLASSES, recording
from tests.inference.localizer_sessions import session

SMALL = TrainSettings(
    epochs=22, seed=3, width=32, fine_width=24, heads=2, stem_blocks=1, crop_ticks=256,
    batch_size=2, learning_rate=3e-3,
)  # fmt: skip
TRAINING = [recording(seed) for seed in range(5)]
PLAIN = Scaling(np.zeros(12, np.float32), np.ones(12, np.float32))
VALIDATION = [recording(seed) for seed in (100, 101)]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> TrainedModel:
    return train_localizer(
        TRAINING,
        validation=VALIDATION,
        classes=CLASSES,
        out=tmp_path_factory.mktemp("trained") / "model.safetensors",
        warm_start=None,
        settings=SMALL,
    )


def test_it_learns_and_finds_repetitions_it_has_not_seen(trained: TrainedModel) -> None:
    assert trained.measured_on == "validation"
    assert trained.before is None
    assert trained.after.at(0.5) > 0.9
    localizer = Localizer.load(trained.path)
    assert localizer.model_hash == trained.model_hash
    example = recording(200)
    proposals, confidence = localizer.propose(example.track, example.duration_s)
    surest = sorted(proposals, key=lambda p: -p.score)[: len(example.labels)]
    for label, best in zip(example.labels, sorted(surest, key=lambda p: p.start_s), strict=True):
        assert best.label == label.name
        assert best.start_s == pytest.approx(label.start_s, abs=0.4)
        assert best.end_s == pytest.approx(label.end_s, abs=0.4)
    for proposal in proposals:
        assert 0 <= proposal.start_s < proposal.end_s <= example.duration_s
        assert 0 < proposal.score <= 1
        assert proposal.start_spread_s > 0 and proposal.end_spread_s > 0
    middle = (example.labels[0].start_s + example.labels[0].end_s) / 2
    step = int(np.argmin(np.abs(confidence.times - middle)))
    surest_class = confidence.classes[int(confidence.scores[step].argmax())]
    assert surest_class == example.labels[0].name


def test_the_sidecar_tells_where_the_model_comes_from(trained: TrainedModel) -> None:
    sidecar = json.loads(trained.path.with_suffix(".json").read_text())
    assert sidecar["classes"] == list(CLASSES)
    assert sidecar["sha256"] == trained.model_hash
    assert sidecar["parent"] is None
    assert sidecar["data"]["training"]["recordings"] == len(TRAINING)
    assert sidecar["metrics"]["after"]["mean_ap"] == list(trained.after.mean_ap)


@pytest.mark.parametrize("steps_of_the_second_epoch", [0, 3])
def test_stopped_and_started_again_it_ends_with_the_same_weights(
    tmp_path: Path, steps_of_the_second_epoch: int
) -> None:
    """Between two epochs, and in the middle of one, which is then done again."""
    settings = replace(SMALL, epochs=3)

    def train(out: Path, *, stop: bool) -> TrainedModel:
        epochs: list[EpochMetrics] = []
        steps_since: set[float] = set()

        def progress(done: float, total: float) -> None:
            if stop and epochs:
                steps_since.add(done)
                if len(steps_since) > steps_of_the_second_epoch:
                    raise Cancelled

        return train_localizer(
            TRAINING[:2],
            validation=VALIDATION[:1],
            classes=CLASSES,
            out=out,
            warm_start=None,
            settings=settings,
            progress=progress,
            on_epoch=epochs.append,
        )

    whole = train(tmp_path / "whole.safetensors", stop=False)
    interrupted = tmp_path / "interrupted.safetensors"
    with pytest.raises(Cancelled):
        train(interrupted, stop=True)
    assert not interrupted.exists()
    torch.rand(1)  # whatever happened to the generators since
    resumed = train(interrupted, stop=False)
    assert resumed.model_hash == whole.model_hash
    assert [row.train_loss for row in resumed.epochs] == [row.train_loss for row in whole.epochs]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "interrupted.json",
        "interrupted.safetensors",
        "whole.json",
        "whole.safetensors",
    ]


def test_a_run_goes_on_only_where_it_would_have_been_the_same(tmp_path: Path) -> None:
    """Another validation recording, or one label of it moved, is another run."""
    moved = replace(VALIDATION[0], labels=VALIDATION[0].labels[1:])

    def epochs(validation: Example, *, stop: bool) -> list[int]:
        seen: list[EpochMetrics] = []

        def progress(done: float, total: float) -> None:
            if stop and seen:
                raise Cancelled

        def train() -> TrainedModel:
            return train_localizer(
                TRAINING[:2],
                validation=[validation],
                classes=CLASSES,
                out=tmp_path / "model.safetensors",
                warm_start=None,
                settings=replace(SMALL, epochs=2),
                progress=progress,
                on_epoch=seen.append,
            )

        if stop:
            with pytest.raises(Cancelled):
                train()
        else:
            seconds = [row.seconds for row in train().epochs]
            assert 0 < seconds[0] < seconds[1]
        return [row.epoch for row in seen]

    assert epochs(VALIDATION[0], stop=True) == [1]
    assert epochs(VALIDATION[0], stop=False) == [2]
    assert epochs(VALIDATION[0], stop=True) == [1]
    assert epochs(moved, stop=False) == [1, 2]


def test_a_saved_fit_goes_on_bit_for_bit(tmp_path: Path) -> None:
    samples = [sample_of(example, CLASSES, PLAIN) for example in TRAINING[:2]]
    config = RefinedConfig(
        NetworkConfig(12, 3, width=16, fine_width=16, heads=2, levels=3), 2 / 15, "plain"
    )

    def new_fit(seed: int) -> Fit:
        torch.manual_seed(seed)
        return Fit(config.build(3), config, weight_decay=0.05, ema=0.99, max_gradient=1.0)

    def epoch(fit: Fit, seed: int) -> list[float]:
        torch.manual_seed(seed)
        pieces = batches(samples, np.random.default_rng(seed), size=2, ticks=128, stretch=0.1)
        return [fit.step([batch], 1e-3).each for batch in pieces]

    whole = new_fit(7)
    epoch(whole, 0)
    whole.save(tmp_path / "state", "this run", {"note": 3})
    expected = [*epoch(whole, 1), *epoch(whole, 2)]

    resumed = new_fit(8)
    assert resumed.load(tmp_path / "state", "another run") is None
    assert resumed.load(tmp_path / "state", "this run") == {"note": 3}
    assert [*epoch(resumed, 1), *epoch(resumed, 2)] == expected
    assert (resumed.normalizer, resumed.steps) == (whole.normalizer, whole.steps)
    for ours, theirs in ((resumed.model, whole.model), (resumed.mean, whole.mean)):
        for key, tensor in theirs.state_dict().items():
            assert torch.equal(ours.state_dict()[key], tensor), key
    ours, theirs = resumed.optimizer.state_dict()["state"], whole.optimizer.state_dict()["state"]
    assert ours.keys() == theirs.keys()
    for number, moments in theirs.items():
        assert all(torch.equal(ours[number][key], value) for key, value in moments.items())


def still_fit() -> Fit:
    """Without anything random in a step."""
    network = NetworkConfig(
        4, 2, width=16, fine_width=16, heads=2, levels=3, refinement=0, dropout=0, drop_path=0
    )
    config = RefinedConfig(network, 2 / 15, "plain")
    torch.manual_seed(0)
    return Fit(config.build(2), config, weight_decay=0.05, ema=0.99, max_gradient=1e9)


def gradients(fit: Fit) -> torch.Tensor:
    return torch.cat([p.grad.flatten() for p in fit.model.parameters() if p.grad is not None])


def test_several_batches_a_step_are_one_larger_batch() -> None:
    sessions = [session(seed) for seed in range(4)]
    whole, parts = still_fit(), still_fit()
    one = whole.step([collate(sessions, 192)], 1e-3)
    other = parts.step([collate(sessions[:1], 192), collate(sessions[1:], 192)], 1e-3)
    assert one.positives == other.positives > 10
    assert one.each == pytest.approx(other.each, rel=1e-2)
    torch.testing.assert_close(gradients(whole), gradients(parts), rtol=0.05, atol=0.02)


def one_of_two(rank: int, folder: str) -> None:
    """A step of one of two processes, on sessions of its own."""
    torch.set_num_threads(1)
    distributed.init_process_group(
        "gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=2
    )
    fit = still_fit()
    fit.processes = Processes(rank=rank, size=2)
    own = [session(seed) for seed in ((0,), (1, 2, 3))[rank]]
    fit.step([collate(own, 192)], 1e-3)
    torch.save(gradients(fit), f"{folder}/{rank}")
    distributed.destroy_process_group()


def test_several_processes_are_one_larger_batch(tmp_path: Path) -> None:
    whole = still_fit()
    whole.step([collate([session(seed) for seed in range(4)], 192)], 1e-3)
    spawn(one_of_two, (str(tmp_path),), nprocs=2)
    first, second = (torch.load(tmp_path / str(rank)) for rank in range(2))
    assert torch.equal(first, second)
    torch.testing.assert_close(gradients(whole), first, rtol=0.05, atol=0.02)


def test_a_warm_start_keeps_known_classes_and_learns_a_new_one(
    trained: TrainedModel, tmp_path: Path
) -> None:
    classes = ("raise", "reach", "squat")
    renamed = recording(300, classes=("squat", "reach", "raise"))
    result = train_localizer(
        [renamed],
        validation=[],
        classes=classes,
        out=tmp_path / "next.safetensors",
        warm_start=trained.path,
        settings=replace(SMALL, epochs=None, steps=120, learning_rate=1e-3),
    )
    assert result.before is not None
    assert result.measured_on == "training"
    assert result.after.recall >= max(result.before.recall, 0.8)
    assert result.epochs[-1].train_loss < result.epochs[0].train_loss
    assert result.after.ap["reach"][2] == 1.0
    assert model_file.read(result.path).classes == classes
    assert any("one patient" in warning for warning in result.warnings)


def test_what_only_gets_worse_stays_as_it_was(trained: TrainedModel, tmp_path: Path) -> None:
    """Weights and calibration, however many labels there are to calibrate on."""
    many = [recording(seed) for seed in range(600, 607)]
    assert sum(len(one.labels) for one in many) >= 50
    wrong = recording(400)
    labels = tuple(Label(CLASSES[0], label.start_s, label.end_s) for label in wrong.labels)
    result = train_localizer(
        [replace(wrong, labels=labels)],
        validation=many,
        classes=CLASSES,
        out=tmp_path / "next.safetensors",
        warm_start=trained.path,
        settings=replace(SMALL, epochs=None, steps=6, learning_rate=0.1),
    )
    assert result.before is not None and result.kept_epoch == 0
    assert result.epochs[-1].validation_map is not None
    assert result.epochs[-1].validation_map < result.before.average == result.after.average
    assert result.after.recall == result.before.recall
    assert any("No round of training" in warning for warning in result.warnings)
    start, kept = model_file.read(trained.path), model_file.read(result.path)
    assert kept.calibration == start.calibration
    assert all(torch.equal(kept.weights[key], each) for key, each in start.weights.items())


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


def test_labels_that_nobody_can_learn_are_named(trained: TrainedModel, tmp_path: Path) -> None:
    endless = recording(1, seconds=130.0)
    result = train_localizer(
        [replace(endless, labels=(Label("squat", 2, 122),))],
        validation=[],
        classes=CLASSES,
        out=tmp_path / "model.safetensors",
        warm_start=trained.path,
        settings=replace(SMALL, epochs=None, steps=1),
    )
    assert any("lasts 120 s. Labels longer than about 102 s" in one for one in result.warnings)


@pytest.mark.parametrize("part", list(Part))
def test_every_part_can_be_left_out(part: Part, tmp_path: Path) -> None:
    trained = train_localizer(
        TRAINING[:2],
        validation=[],
        classes=CLASSES,
        out=tmp_path / "model.safetensors",
        warm_start=None,
        settings=replace(SMALL, epochs=None, steps=2, without=(part,)),
    )
    config = model_file.read(trained.path).config
    assert isinstance(config, RefinedConfig)
    network = config.network
    assert (network.refinement == 0) == (part is Part.REFINEMENT)
    assert network.top_down == (part is not Part.TOP_DOWN)
    assert network.kinematics == (part is not Part.KINEMATICS)
    assert (network.features == 0) == (part is Part.HEATMAPS)


def test_the_published_network_trains_on_the_same(tmp_path: Path) -> None:
    trained = train_localizer(
        TRAINING[:2],
        validation=[],
        classes=CLASSES,
        out=tmp_path / "model.safetensors",
        warm_start=None,
        settings=replace(SMALL, epochs=None, steps=1, network=Network.ACTIONFORMER),
    )
    config = model_file.read(trained.path).config
    assert isinstance(config, LocalizerConfig)
    assert (config.width, config.window, config.kinematics) == (512, 19, True)
    assert config.input_dim == 2 * (199 + 12)
    Localizer.load(trained.path).propose(TRAINING[0].track, 40.0)


def test_the_calibration_is_fitted_carried_over_or_given(
    trained: TrainedModel, tmp_path: Path
) -> None:
    def calibration_after(validation: list, given: Calibration | None) -> Calibration:
        result = train_localizer(
            TRAINING[:1],
            validation=validation,
            classes=CLASSES,
            out=tmp_path / "model.safetensors",
            warm_start=with_calibration,
            settings=replace(SMALL, epochs=None, steps=1, learning_rate=1e-7),
            calibration=given,
        )
        assert result.kept_epoch == 1 and result.before is not None
        fitted = sum(len(one.labels) for one in validation) >= 50
        assert result.metrics["calibrated_on"] == ("validation" if fitted else "nothing")
        assert result.after.recall == result.before.recall  # the same scores, calibrated alike
        return model_file.read(result.path).calibration

    start = model_file.read(trained.path)
    assert start.calibration == Calibration.usual()  # two recordings hold too few labels
    kept, other = Calibration(2.0, 1.0, 1.5), Calibration(3.0, 0.5, 1.2)
    with_calibration = tmp_path / "start.safetensors"
    model_file.write(
        with_calibration, config=start.config, classes=start.classes, weights=start.weights,
        scaling=start.scaling, calibration=kept, about={},
    )  # fmt: skip
    assert calibration_after([], None) == kept
    assert calibration_after([], other) == other
    many = [recording(seed) for seed in range(600, 607)]
    assert sum(len(one.labels) for one in many) >= 50
    fitted = calibration_after(many, None)
    assert fitted not in (kept, other, Calibration.usual())


def test_too_little_data_gets_a_sentence(trained: TrainedModel, tmp_path: Path) -> None:
    def train(examples: list, *, warm: bool, validation: list | None = None) -> TrainedModel:
        return train_localizer(
            examples,
            validation=validation or [],
            classes=CLASSES,
            out=tmp_path / "model.safetensors",
            warm_start=trained.path if warm else None,
            settings=replace(SMALL, epochs=1),
        )

    with pytest.raises(TrainingError, match="nothing to train on"):
        train([], warm=True)
    with pytest.raises(TrainingError, match="No repetition is labelled"):
        train([replace(recording(1), labels=())], warm=True)
    with pytest.raises(TrainingError, match="Training from nothing needs"):
        train([recording(1)], warm=False)
    with pytest.raises(TrainingError, match="only one of them"):
        train([recording(1, group="a")], warm=True, validation=[recording(2, group="a")])
    with pytest.raises(TrainingError, match="same feature model"):
        train([recording(1, model="other")], warm=True)
    one_label = replace(recording(1), labels=recording(1).labels[:1], finished=())
    result = train([one_label], warm=True)
    assert any("Nothing is marked as finished" in warning for warning in result.warnings)
    assert any("Only one class" in warning for warning in result.warnings)
