"""Training: it learns, resumes exactly, takes over classes by name, and refuses with a sentence."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from inference.localize import model_file
from inference.localize.batches import batches
from inference.localize.example import Scaling, sample_of
from inference.localize.fit import Fit
from inference.localize.localizer import Localizer
from inference.localize.model_file import LocalizerConfig
from inference.localize.train import (
    EpochMetrics,
    TrainedModel,
    TrainingError,
    TrainSettings,
    train_localizer,
)
from inference.localize.train_settings import regression_ranges
from inference.progress import Cancelled
from inference.synthesis.motion import Label
from tests.inference.localizer_data import CLASSES, recording

SMALL = TrainSettings(
    epochs=14, seed=3, width=32, heads=2, stem_blocks=1, crop_steps=128, learning_rate=3e-3
)
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
    sure = [proposal for proposal in proposals if proposal.score > 0.4]
    assert abs(len(sure) - len(example.labels)) <= 1
    for proposal in proposals:
        assert 0 <= proposal.start_s < proposal.end_s <= example.duration_s
        assert 0 < proposal.score <= 1
        assert proposal.start_spread_s > 0 and proposal.end_spread_s > 0
    middle = (example.labels[0].start_s + example.labels[0].end_s) / 2
    step = int(np.argmin(np.abs(confidence.times - middle)))
    best = confidence.classes[int(confidence.scores[step].argmax())]
    assert best == example.labels[0].name


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


def test_a_saved_fit_goes_on_bit_for_bit(tmp_path: Path) -> None:
    samples = [sample_of(example, CLASSES, PLAIN) for example in TRAINING[:2]]
    config = LocalizerConfig(
        input_dim=12,
        width=16,
        heads=2,
        window=9,
        arch=(2, 1, 2),
        regression_ranges=((0, 4), (4, 8), (8, 10000)),
        max_steps=2304,
        step_s=2 / 15,
        features_model="plain",
    )

    def new_fit(seed: int) -> Fit:
        torch.manual_seed(seed)
        return Fit(
            config.build(len(CLASSES)),
            weight_decay=0.05,
            ema=0.9,
            max_gradient=1.0,
            random=np.random.default_rng(seed),
        )

    def epoch(fit: Fit) -> list[float]:
        drawn = batches(samples, fit.model, fit.random, size=2, steps=96, stretch=0.15)
        return [fit.step(batch, 1e-3)[0] for batch in drawn]

    whole = new_fit(7)
    epoch(whole)
    whole.save(tmp_path / "state", "this run", {"note": 3})
    expected = [*epoch(whole), *epoch(whole)]

    resumed = new_fit(8)
    assert resumed.load(tmp_path / "state", "another run") is None
    assert resumed.load(tmp_path / "state", "this run") == {"note": 3}
    assert [*epoch(resumed), *epoch(resumed)] == expected
    assert (resumed.normalizer, resumed.steps) == (whole.normalizer, whole.steps)
    assert resumed.random.bit_generator.state == whole.random.bit_generator.state
    for ours, theirs in ((resumed.model, whole.model), (resumed.mean, whole.mean)):
        for key, tensor in theirs.state_dict().items():
            assert torch.equal(ours.state_dict()[key], tensor), key
    ours, theirs = resumed.optimizer.state_dict()["state"], whole.optimizer.state_dict()["state"]
    assert ours.keys() == theirs.keys()
    for number, moments in theirs.items():
        assert all(torch.equal(ours[number][key], value) for key, value in moments.items())


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
        settings=replace(SMALL, epochs=12, learning_rate=None),
    )
    assert result.before is not None
    assert result.measured_on == "training"
    assert result.after.recall >= max(result.before.recall, 0.8)
    assert result.epochs[-1].train_loss < result.epochs[0].train_loss
    assert result.after.ap["reach"][2] == 1.0
    assert model_file.read(result.path).classes == classes
    assert any("one patient" in warning for warning in result.warnings)


def test_it_never_ends_worse_than_it_began(trained: TrainedModel, tmp_path: Path) -> None:
    wrong = recording(400)
    labels = tuple(Label(CLASSES[0], label.start_s, label.end_s) for label in wrong.labels)
    result = train_localizer(
        [replace(wrong, labels=labels)],
        validation=VALIDATION,
        classes=CLASSES,
        out=tmp_path / "next.safetensors",
        warm_start=trained.path,
        settings=replace(SMALL, epochs=4),
    )
    assert result.before is not None
    assert result.after.average >= result.before.average
    if result.kept_epoch == 0:
        assert any("No round of training" in warning for warning in result.warnings)


def test_what_nobody_looked_at_is_not_background() -> None:
    example = recording(500)
    first, second = example.labels[0], example.labels[1]
    half_done = replace(example, labels=(first,), finished=((0.0, first.end_s),))
    sample = sample_of(half_done, CLASSES, PLAIN)
    times = example.track.times
    np.testing.assert_array_equal(sample.known, times < first.end_s)
    outside = sample_of(replace(half_done, labels=(first, second)), CLASSES, PLAIN)
    assert outside.known[(times > second.start_s) & (times < second.end_s)].all()
    foreign = Label("a class that is not trained", first.start_s, first.end_s)
    unknown = sample_of(replace(half_done, labels=(foreign,)), CLASSES, PLAIN)
    assert not unknown.known[(times >= first.start_s) & (times < first.end_s)].any()
    assert not len(unknown.labels)


def test_a_repetition_cut_through_is_left_out_and_unknown() -> None:
    example = recording(500)
    sample = sample_of(example, CLASSES, PLAIN)
    label = sample.segments[2]
    middle = int(label.mean())
    after = sample.cut(middle, len(sample))
    assert len(after.labels) == len(sample.labels) - 3
    assert not after.known[: int(label[1]) - middle].any()
    assert after.known[int(np.ceil(label[1])) - middle + 2 :].all()
    np.testing.assert_allclose(after.segments[0], sample.segments[3] - middle)


def test_levels_follow_the_lengths_of_labels() -> None:
    assert regression_ranges([6, 18, 75])[-1] == (32.0, 10000.0)
    assert len(regression_ranges([6, 18, 75])) == 5
    assert len(regression_ranges([2.0])) == 3
    assert len(regression_ranges([10_000.0])) == 7


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
