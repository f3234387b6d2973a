"""Training: it learns, resumes exactly, takes over classes by name, and refuses with a sentence."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from inference.localize import model_file
from inference.localize.calibration import Calibration
from inference.localize.example import Example
from inference.localize.localizer import Localizer
from inference.localize.model_file import LocalizerConfig, RefinedConfig
from inference.localize.train import (
    EpochMetrics,
    TrainedModel,
    TrainingError,
    TrainSettings,
    train_localizer,
)
from inference.localize.train_settings import (
    Network,
    Part,
)
from inference.progress import Cancelled
from inference.synthesis.motion import Label
from tests.inference.localizer_data import CLASSES, recording

SMALL = TrainSettings(
    epochs=22, seed=3, width=32, fine_width=24, heads=2, stem_blocks=1, crop_ticks=256,
    batch_size=2, learning_rate=3e-3,
)  # fmt: skip
TRAINING = [recording(seed) for seed in range(5)]
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
