"""Pieces are made once, go on where they were stopped, and are not mistaken for others."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inference.benchmark.keypoints import benchmark_keypoints
from inference.benchmark.sessions import benchmark_sessions
from inference.features.extract import FeatureExtractor
from inference.features.track import FeatureTrack
from inference.features.train_settings import TrainSettings as FeatureSettings
from inference.localize.calibration import Calibration
from inference.localize.example import Example
from inference.localize.localizer import Localizer
from inference.localize.train_settings import TrainSettings as LocalizerSettings
from inference.progress import Cancelled, Progress
from inference.study import predictions
from inference.study.calibrate import write_calibrated
from inference.study.ledger import Ledger, State, claimed
from inference.study.make import halves
from inference.study.pieces import (
    Features,
    Piece,
    Predicted,
    Sessions,
    StudyError,
    Taught,
    Trained,
    with_needs,
)
from inference.study.recipe import Recipe
from inference.study.workshop import Workshop
from inference.synthesis.exercises import CLASS_NAMES
from inference.synthesis.motion import Label
from inference.synthesis.trainset import TrainingSetSettings
from tests.inference.recorded_people import write_recordings

NEW = ("side_lunge", "sit_to_stand")

FEATURES = FeatureSettings(
    layers=(1, 1), steps=2, stages=((1.0, 8),), batch=2, ticks=16, pool=2, check_every=1
)
SESSIONS = TrainingSetSettings(
    sessions=2, validation_sessions=0, validation_subjects=(), invented=0.0
)
RECIPE = Recipe(
    pretraining=replace(FEATURES, invented=1.0),
    features=replace(FEATURES, invented=0.0),
    training=SESSIONS,
    teaching=SESSIONS,
    localizer=LocalizerSettings(steps=2, batch_size=2, width=16, fine_width=16),
    sessions=1,
    calibration_sessions=1,
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    folder = tmp_path_factory.mktemp("study")
    motions, recordings = write_recordings(folder, subjects=(1, 2), exercises=CLASS_NAMES)
    return Workshop(motions, recordings, folder / "out", RECIPE)


def stopped_in_training(stage: str) -> Progress:
    def report(done: float, total: float) -> None:
        if stage.endswith("training") and done >= 1:
            raise Cancelled

    return report


def test_a_fold_from_nothing_to_its_figures_and_a_second_time_for_free(shop: Workshop) -> None:
    ledger = Ledger(shop)
    model = Trained((1,), Features((1,)))
    measured = [Predicted(model, (2,), each) for each in (Sessions.ALL, Sessions.CORRECT)]
    pieces = with_needs(measured)
    assert [piece.name for piece in pieces] == [
        "features/invented",
        "features/1",
        "localizers/1-features1-seed0",
        "predictions/1-features1-seed0-on-2-all",
        "predictions/1-features1-seed0-on-2-correct",
    ]
    with pytest.raises(StudyError, match="features/1 needs features/invented, which is not made"):
        ledger.make(pieces[1])
    for piece in pieces:
        assert ledger.state(piece) is State.MISSING
        if isinstance(piece, Trained):
            with pytest.raises(Cancelled):
                ledger.make(piece, stopped_in_training)
            assert ledger.state(piece) is State.STOPPED
        before = ledger.record(piece).get("seconds", 0.0)
        assert ledger.make(piece)
        assert ledger.state(piece) is State.DONE
        assert ledger.record(piece)["seconds"] > before

    files = {piece: shop.file(piece).stat().st_mtime_ns for piece in pieces}
    again = Ledger(shop)
    for piece in pieces:
        assert again.make(piece)
    assert {piece: shop.file(piece).stat().st_mtime_ns for piece in pieces} == files

    sidecars = [json.loads(shop.file(piece).with_suffix(".json").read_text()) for piece in pieces]
    assert sidecars[0]["split"]["train"] == [] and sidecars[0]["data_files"] == {}
    assert sidecars[1]["split"]["train"] == [1] and sidecars[1]["start"]["split"]["train"] == []
    assert sidecars[2]["sessions"]["train_subjects"] == [1]
    made = predictions.read(shop.file(measured[0]))
    assert list(made.labels) == ["seed1-session0-subject2"]
    assert made.figures().repetitions == sum(map(len, made.labels.values())) > 0
    assert set(made.known) == set(CLASS_NAMES)

    calibration = Calibration(slope=0.8, offset=0.1, spread_factor=2.0)
    file, copy = shop.file(pieces[2]), shop.out / "calibrated.safetensors"
    write_calibrated(file, calibration, copy)
    extractor = FeatureExtractor.load(shop.file(pieces[1]))
    sessions = benchmark_sessions(
        motions=shop.motions, recordings=shop.recordings, subjects=(2,), seed=1, sessions=1
    )
    figures = benchmark_keypoints(sessions, extractor=extractor, localizer=Localizer.load(copy))
    assert repr(figures) == repr(made.figures(calibration))
    assert json.loads(copy.with_suffix(".json").read_text())["sessions"]["train_subjects"] == [1]


def test_new_exercises_are_taught_to_a_model_that_did_not_know_them(shop: Workshop) -> None:
    ledger = Ledger(shop)
    known = Trained((1,), Features(without=NEW))
    measured = [
        Predicted(Taught(known, count, 0, warm), (2,), Sessions.NEW)
        for count, warm in ((1, False), (2, True))
    ]
    for piece in with_needs(measured):
        assert ledger.make(piece)
    assert not set(NEW) & set(Localizer.load(shop.file(known)).classes)
    for piece in measured:
        made = predictions.read(shop.file(piece))
        assert set(made.known) == set(NEW)
        assert {label.name for own in made.labels.values() for label in own} <= set(NEW)


def test_a_recording_is_halved_between_repetitions() -> None:
    steps = 100
    track = FeatureTrack(
        times=np.linspace(0.25, 49.75, steps),
        features=np.zeros((steps, 4), np.float32),
        step_s=0.5,
        model="features",
        keypoints=np.zeros((steps, 17, 3), np.float32),
    )
    labels = (Label("a", 3.0, 6.0), Label("a", 23.0, 28.5), Label("b", 30.0, 33.0))
    for done, middle in ((labels, 28.5), ((labels[0], labels[2]), 25.0)):
        first, rest = halves(Example(track, done, finished=((0.0, 50.0),), group="1"))
        assert first.labels == done[:-1] and first.finished == ((0.0, middle),)
        assert rest.labels == done[-1:] and rest.finished == ((middle, 50.0),)


FEATURES_OF_1 = Features((1,))


@pytest.fixture
def ledger(shop: Workshop, tmp_path: Path) -> Ledger:
    """Of a folder in which the features of person 1 are done, as far as records go."""
    made = Ledger(replace(shop, out=tmp_path / "out"))
    for piece in with_needs([FEATURES_OF_1]):
        finish(made, piece, sha256=piece.name)
    return made


def finish(ledger: Ledger, piece: Piece, *, sha256: str) -> None:
    file = ledger.shop.file(piece)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"weights")
    made_with = ledger.made_with(piece)
    ledger.write(piece, {"finished": True, "made_with": made_with, "sha256": sha256})


def test_other_settings_are_refused_and_named(ledger: Ledger) -> None:
    assert ledger.make(FEATURES_OF_1)  # there already
    recipe = replace(RECIPE, features=replace(RECIPE.features, steps=7))
    changed = Ledger(replace(ledger.shop, recipe=recipe))
    assert changed.state(FEATURES_OF_1) is State.OTHER
    assert changed.state(Features()) is State.DONE
    with pytest.raises(StudyError, match=r"Different: settings.steps. Delete .*features/1.json to"):
        changed.make(FEATURES_OF_1)


def test_whatever_was_made_from_another_file_than_is_there_now_is_refused(ledger: Ledger) -> None:
    finish(ledger, Features(), sha256="another")
    assert ledger.state(FEATURES_OF_1) is State.OTHER
    with pytest.raises(
        StudyError, match=r"localizers/1-features1-seed0 needs features/1, .* made otherwise"
    ):
        ledger.make(Trained((1,), FEATURES_OF_1))


def test_other_recordings_matter_where_they_are_trained_on(ledger: Ledger, tmp_path: Path) -> None:
    motions, recordings = write_recordings(tmp_path, subjects=(3,), exercises=NEW)
    others = Ledger(replace(ledger.shop, motions=motions, recordings=recordings))
    assert others.state(Features()) is State.DONE
    assert others.differences(FEATURES_OF_1) == ["data.motions", "data.recordings"]


def test_a_file_that_is_gone_is_made_again(ledger: Ledger) -> None:
    ledger.shop.file(FEATURES_OF_1).unlink()
    assert ledger.state(FEATURES_OF_1) is State.MISSING


def test_a_damaged_record_is_said_plainly(ledger: Ledger) -> None:
    ledger.file(FEATURES_OF_1).write_text("{")
    with pytest.raises(StudyError, match=r"is damaged\. Delete it"):
        ledger.state(FEATURES_OF_1)


def test_a_piece_that_another_process_makes_is_left_to_it(ledger: Ledger) -> None:
    lock = ledger.file(FEATURES_OF_1).with_suffix(".lock")
    ledger.shop.file(FEATURES_OF_1).unlink()
    with claimed(lock) as first, claimed(lock) as second:
        assert first and not second
        assert ledger.make(FEATURES_OF_1) is False
    assert not ledger.shop.file(FEATURES_OF_1).exists()
