"""Retraining: what is learned from, what is stored, and what is said when it cannot be done."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from sqlalchemy import Engine

from db import jobs, model_versions, patients, projects, users
from db.engine import reading, session
from db.layers import as_json
from db.models import DEFAULT_PRESET, Model, Snapshot
from db.snapshots import digest
from inference.localize.example import Example
from inference.localize.localizer import Localizer
from inference.localize.model_file import LocalizerError
from inference.localize.train import TrainingError, TrainSettings, train_localizer
from inference.progress import Cancelled, Progress, silent
from inference.synthesis.motion import Label
from review_app.jobs import loaded_models
from review_app.plain_text import plain
from review_app.settings import Settings
from review_app.training import retrain
from review_app.training.labelled import Gathered, gather, problem, remarks
from tests.review_app.retrain_scene import (
    CLASSES,
    MadeUpFeatures,
    Scene,
    add_video,
    features,
    keep_weights,
    label,
    new_scene,
    queue_training,
    repetitions,
)


@pytest.fixture
def scene(settings: Settings, engine: Engine) -> Scene:
    return new_scene(settings, engine)


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A version with a network small enough for tests; it has hardly learned anything."""
    labels = repetitions(7)
    example = Example(
        track=features(labels),
        labels=tuple(Label(name, start / 30, end / 30) for name, start, end in labels),
        finished=((0.0, 40.0),),
        group="P0",
    )
    return train_localizer(
        [example, example],
        validation=[],
        classes=CLASSES,
        out=tmp_path_factory.mktemp("model") / "model.safetensors",
        warm_start=None,
        settings=TrainSettings(epochs=1, width=16, heads=2, stem_blocks=1),
    ).path


@pytest.fixture
def parent(scene: Scene, small_model: Path) -> Model:
    """The small version among the models of the data folder, of another preset; it is in use."""
    sha256 = hashlib.sha256(small_model.read_bytes()).hexdigest()
    for suffix in (".safetensors", ".json"):
        copy = scene.settings.models / f"{sha256}{suffix}"
        shutil.copyfile(small_model.with_suffix(suffix), copy)
    with session(scene.engine) as db:
        model = model_versions.register_shipped(
            db, name="small", preset="hr-r2plus1d12", sha256=sha256, settings={}, metrics={},
            classes=list(CLASSES),
        )  # fmt: skip
        projects.choose_model(db, scene.project_id, model.id)
        return model


def look(scene: Scene) -> Gathered:
    with reading(scene.engine) as db:
        return gather(db, scene.settings, scene.project_id)


def four_patients(scene: Scene) -> MadeUpFeatures:
    """P1 and P4 train, P2 validates, P3 is kept for the test; each with one labelled video."""
    tracks = {}
    for number, pseudonym in enumerate(("P1", "P2", "P3", "P4")):
        name, labels = f"{pseudonym}.mp4", repetitions(number)
        label(scene, add_video(scene, name, pseudonym), labels)
        tracks[name] = features(labels, number)
    return MadeUpFeatures(tracks)


def run(scene: Scene, made_up: MadeUpFeatures, job_id: str) -> Model:
    model_id = retrain.train(
        scene.settings,
        scene.engine,
        job_id,
        features_of=made_up,
        progress=lambda stage: silent,
    )
    with reading(scene.engine) as db:
        model = model_versions.get_model(db, model_id)
    assert model is not None
    return model


def layers(scene: Scene) -> list[object]:
    with reading(scene.engine) as db:
        return [
            as_json(db, row.annotation_id)
            for row in gather(db, scene.settings, scene.project_id).layers
        ]


def test_a_new_version_knows_where_it_comes_from(scene: Scene, parent: Model) -> None:
    made_up = four_patients(scene)
    labels_before = layers(scene)
    first_job = queue_training(scene, epochs=3, parent_id=parent.id, seed=1)
    first = run(scene, made_up, first_job)
    assert made_up.asked == ["P1.mp4", "P4.mp4", "P2.mp4"]  # never the test patient
    assert (first.name, first.parent_id) == ("version 1", parent.id)
    assert first.preset == parent.preset  # and so the features it was given
    assert made_up.presets == {parent.preset}
    assert first.classes == list(CLASSES)
    assert first.settings == {"epochs": 3, "parent_id": parent.id, "seed": 1}
    assert first.metrics["measured_on"] == "validation"
    assert first.metrics["data"]["train"] == {
        "videos": 2,
        "repetitions": 16,
        "finished_s": pytest.approx(80),
    }
    with reading(scene.engine) as db:
        snapshot = db.get_one(Snapshot, first.snapshot_id)
        job = jobs.get(db, first_job)
        active = model_versions.active_model(db, scene.project_id)
    assert job is not None and job.model_id == first.id
    assert [row["epoch"] for row in job.metrics] == [1, 2, 3]
    assert all(row["validation_loss"] > 0 for row in job.metrics)
    assert digest(snapshot.content) == snapshot.sha256
    assert {video["patient"]: video["split"] for video in snapshot.content} == {
        "P1": "train",
        "P2": "validation",
        "P3": "test",
        "P4": "train",
    }
    assert active is not None and active.id == parent.id  # a new one is used only when chosen
    path = retrain.weights_of(scene.settings, first)
    assert Localizer.load(path).model_hash == first.sha256
    assert json.loads(path.with_suffix(".json").read_text())["sha256"] == first.sha256

    second = run(scene, made_up, queue_training(scene, epochs=40, parent_id=first.id))
    assert (second.name, second.parent_id) == ("version 2", first.id)
    assert second.snapshot_id == first.snapshot_id  # the same labels
    assert second.metrics["before"]["average"] == first.metrics["after"]["average"]
    assert layers(scene) == labels_before  # a model never touches labels


def test_a_training_that_ran_twice_is_stored_once(scene: Scene, parent: Model) -> None:
    made_up = four_patients(scene)
    job_id = queue_training(scene, epochs=1, parent_id=parent.id)
    assert run(scene, made_up, job_id).id == run(scene, made_up, job_id).id


def test_cancelling_leaves_nothing_behind(scene: Scene, parent: Model) -> None:
    made_up = four_patients(scene)
    job_id = queue_training(scene, epochs=50, parent_id=parent.id)

    def stop(stage: str) -> Progress:
        def report(done: float, total: float) -> None:
            if stage == retrain.TRAINING and done >= 3:
                raise Cancelled

        return report

    before = sorted(scene.settings.models.iterdir())
    with pytest.raises(Cancelled):
        retrain.train(scene.settings, scene.engine, job_id, features_of=made_up, progress=stop)
    assert sorted(scene.settings.models.iterdir()) == before
    with reading(scene.engine) as db:
        versions = model_versions.list_versions(db, scene.project_id)
    assert all(model.project_id is None for model in versions)


def test_progress_goes_through_the_stages_in_order(scene: Scene, parent: Model) -> None:
    made_up = four_patients(scene)
    seen: list[str] = []

    def progress(stage: str) -> Progress:
        def report(done: float, total: float) -> None:
            assert 0 <= done <= total
            if seen[-1:] != [stage]:
                seen.append(stage)

        return report

    job_id = queue_training(scene, epochs=1, parent_id=parent.id)
    retrain.train(scene.settings, scene.engine, job_id, features_of=made_up, progress=progress)
    assert seen == list(retrain.STAGES)


def test_nothing_labelled_is_said_in_a_sentence(scene: Scene) -> None:
    add_video(scene, "a.mp4", "P1")
    with pytest.raises(retrain.RetrainError, match="Nothing is labelled yet"):
        run(scene, MadeUpFeatures({}), queue_training(scene))


def test_labels_of_other_splits_do_not_train(scene: Scene) -> None:
    add_video(scene, "a.mp4", "P1")
    label(scene, add_video(scene, "b.mp4", "P2"), repetitions())  # P2 is in validation
    with pytest.raises(retrain.RetrainError, match="train split"):
        run(scene, MadeUpFeatures({}), queue_training(scene))


def test_too_little_to_start_from_nothing_is_said_in_a_sentence(scene: Scene) -> None:
    label(scene, add_video(scene, "a.mp4", "P1"), repetitions()[:1])
    with pytest.raises(TrainingError, match=r"\.$"):
        run(scene, MadeUpFeatures({"a.mp4": features(repetitions()[:1])}), queue_training(scene))


def test_one_video_one_class_and_nothing_finished_trains_from_a_version(
    scene: Scene, parent: Model
) -> None:
    labels = [("deep_squat", 30, 120)]
    label(scene, add_video(scene, "one.mp4", "P1"), labels, finished=[])
    gathered = look(scene)
    assert problem(gathered) is None
    notes = " ".join(remarks(gathered))
    for words in ("finished", "one video", "one class", "validation"):
        assert words in notes
    made_up = MadeUpFeatures({"one.mp4": features(labels)})
    model = run(scene, made_up, queue_training(scene, epochs=2, parent_id=parent.id))
    assert model.metrics["measured_on"] == "training"
    assert model.classes == list(CLASSES)  # what the parent knew is kept
    assert model.metrics["warnings"]


def test_missing_weights_are_said_in_a_sentence(scene: Scene, parent: Model) -> None:
    made_up = four_patients(scene)
    retrain.weights_of(scene.settings, parent).unlink()
    with pytest.raises(retrain.RetrainError, match="missing"):
        run(scene, made_up, queue_training(scene, parent_id=parent.id))


def test_a_version_of_an_earlier_network_is_refused_and_touches_no_label(
    scene: Scene, parent: Model
) -> None:
    made_up = four_patients(scene)
    before = layers(scene)
    with session(scene.engine) as db:
        earlier = model_versions.register_shipped(
            db, name="version 7", preset=DEFAULT_PRESET, settings={}, metrics={}, classes=[],
            sha256=keep_weights(scene.settings, network=None),
        )  # fmt: skip
        projects.choose_model(db, scene.project_id, earlier.id)
    with pytest.raises(retrain.RetrainError, match="“version 7” cannot be used any more"):
        run(scene, made_up, queue_training(scene, parent_id=earlier.id))
    with pytest.raises(LocalizerError, match="train a new one from the labels"):
        loaded_models.version_pipeline(scene.settings, earlier)
    assert layers(scene) == before
    # Its labels, and the preset that it had, are what a new version starts with.
    new = run(scene, made_up, queue_training(scene, epochs=1, parent_id=None))
    assert new.preset == DEFAULT_PRESET and new.parent_id is None
    assert layers(scene) == before


def test_of_several_annotators_the_most_recent_one_counts(scene: Scene) -> None:
    video = add_video(scene, "both.mp4", "P1")
    with session(scene.engine) as db:
        ben = users.create_user(db, name="Ben", role="therapist").id
    label(scene, video, repetitions()[:3])
    label(scene, video, repetitions()[:2], user_id=ben)
    (layer,) = look(scene).layers
    assert layer.author == "Ben" and len(layer.segments) == 2
    assert any("labels of Ben are used" in remark for remark in remarks(look(scene)))
    label(scene, video, [("side_lunge", 1100, 1150)], finished=[])
    (layer,) = look(scene).layers
    assert len(layer.segments) == 4 and layer.others == ("Ben",)


def test_what_is_labelled_is_counted_per_class_and_patient(scene: Scene) -> None:
    first = add_video(scene, "a.mp4", "P1")
    add_video(scene, "b.mp4", "P1")
    with session(scene.engine) as db:
        patients.create_patient(db, project_id=scene.project_id, pseudonym="P9")
    label(scene, first, repetitions()[:3], finished=[(0, 300), (600, 900)])
    gathered = look(scene)
    assert gathered.repetitions() == {("deep_squat", "train"): 2, ("side_lunge", "train"): 1}
    one, nine = gathered.patients
    assert (one.videos, one.labelled_videos, one.repetitions) == (2, 1, 3)
    assert one.finished_s == pytest.approx(20) and one.recorded_s == pytest.approx(80)
    assert (nine.pseudonym, nine.videos, nine.finished_s) == ("P9", 0, 0)
    assert gathered.classes[0] == "deep_squat" and len(gathered.classes) == 10


def test_classes_the_project_does_not_have_are_dropped(scene: Scene) -> None:
    label(scene, add_video(scene, "a.mp4", "P1"), repetitions())
    gathered = look(scene)
    assert retrain.class_list(gathered, ["cartwheel", "side_lunge"]) == ("side_lunge", "deep_squat")
    assert retrain.class_list(gathered, []) == CLASSES


def test_a_file_name_in_a_remark_is_only_text() -> None:
    assert plain("![x](http://a)<b>") == r"\!\[x\]\(http\://a\)\<b\>"


def test_the_result_counts_more_than_what_was_labelled_later(scene: Scene) -> None:
    video = add_video(scene, "both.mp4", "P1")
    label(scene, video, repetitions()[:3], to_result=True)
    label(scene, video, repetitions()[:2])
    (layer,) = look(scene).layers
    assert layer.author is None and len(layer.segments) == 3
    (remark,) = [each for each in remarks(look(scene)) if "both.mp4" in each]
    assert "has an adjudicated result, which is used" in remark
