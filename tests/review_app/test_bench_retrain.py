"""The benchmark of retraining trains twice, from a version and from nothing, and says how long."""

from pathlib import Path

import pytest
from rich.console import Console

from inference.features.extract import FeatureExtractor
from inference.localize.train import train_localizer
from inference.localize.train_settings import TrainSettings
from inference.synthesis.exercises import CLASS_NAMES
from review_app.bench import retrain
from review_app.bench.random_weights import random_features


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A narrow stage 2 with random weights, and a narrow localizer that has seen a little."""
    random_features(tmp_path / "features.safetensors", (1,))
    extractor = FeatureExtractor.load(tmp_path / "features.safetensors")
    own = tmp_path / "own"
    own.mkdir()
    examples = [retrain.recorded(100 + n, 30.0, extractor, own).example() for n in range(2)]
    train_localizer(
        examples,
        validation=[],
        classes=CLASS_NAMES,
        out=tmp_path / "localizer.safetensors",
        warm_start=None,
        settings=TrainSettings(steps=1, width=16, fine_width=12, heads=2, stem_blocks=1),
    )
    return tmp_path


def test_both_trainings_have_their_figures(weights: Path) -> None:
    figures = retrain.run(recordings=3, seconds=40.0, epochs=1, threads=1, weights=weights)
    again, nothing = figures["trainings"]
    assert (again["start"], nothing["start"]) == (retrain.SHIPPED, retrain.NOTHING)
    assert again["epochs"] == nothing["epochs"] == 1
    assert again["steps"] > 0 and again["seconds"] > 0
    assert again["map_before"] is not None and nothing["map_before"] is None
    assert figures["factor"] == pytest.approx(nothing["seconds"] / again["seconds"])
    assert figures["labels"] >= 10 and figures["validation_recordings"] == 1
    shown = Console(width=200)
    with shown.capture() as text:
        shown.print(retrain.report(figures))
    assert "3 recordings of 40 s" in text.get()


def test_a_recording_is_labelled_as_far_as_it_is_finished(tmp_path: Path, weights: Path) -> None:
    extractor = FeatureExtractor.load(weights / "features.safetensors")
    for number in range(3):
        one = retrain.recorded(number, 12.0, extractor, tmp_path)
        assert one.finished_s <= 12.0
        assert all(label.end_s <= one.finished_s for label in one.labels)
        track = one.example().track
        assert len(track.times) * track.step_s == pytest.approx(12.0, abs=0.2)


def test_a_single_recording_is_too_few() -> None:
    with pytest.raises(retrain.TooFewRecordingsError, match="2 recordings at least"):
        retrain.run(recordings=1)
