"""The training page as the server draws it, on a real database; without a browser."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from db import jobs, model_versions, projects, snapshots, users
from db.engine import reading, session
from db.models import DEFAULT_PRESET, Model
from review_app.process import app_engine, app_settings
from review_app.settings import ROOT, Settings
from tests.review_app.retrain_scene import (
    Scene,
    add_video,
    keep_weights,
    label,
    new_scene,
    repetitions,
)


@pytest.fixture
def scene(settings: Settings, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setenv("REHAB_REVIEW_DATA_FOLDER", str(settings.data_folder))
    app_settings.cache_clear()
    app_engine.cache_clear()
    yield new_scene(settings, engine, "Knees")
    app_engine().dispose()
    app_settings.cache_clear()
    app_engine.cache_clear()


def page() -> AppTest:
    shown = AppTest.from_file(str(ROOT / "review_app" / "main.py"), default_timeout=60)
    shown.switch_page(str(ROOT / "pages" / "training.py"))
    return again(shown)


def again(shown: AppTest) -> AppTest:
    shown.run()
    assert not shown.exception
    return shown


def texts(shown: AppTest) -> str:
    elements = [*shown.info, *shown.caption, *shown.markdown, *shown.success, *shown.error]
    return "\n".join(element.value for element in elements)


def button(shown: AppTest, label: str) -> Button:
    return next(b for b in shown.button if b.label.startswith(label))


def a_version(scene: Scene) -> Model:
    with session(scene.engine) as db:
        return model_versions.register_shipped(
            db,
            name="shipped 00000000",
            preset=DEFAULT_PRESET,
            sha256=keep_weights(scene.settings),
            settings={},
            metrics={},
            classes=["deep_squat"],
        )


def retrained(scene: Scene, parent: Model, sha256: str) -> Model:
    """A version of the project with these weights."""
    with session(scene.engine) as db:
        snapshot = snapshots.store_snapshot(db, project_id=scene.project_id, content=[])
        return model_versions.add_version(
            db,
            project_id=scene.project_id,
            parent_id=parent.id,
            snapshot_id=snapshot.id,
            sha256=sha256,
            settings={"epochs": None, "parent_id": parent.id, "seed": 0},
            metrics={"after": {"average": 0.75}, "measured_on": "validation"},
            classes=["deep_squat"],
            created_by=scene.user_id,
            preset=DEFAULT_PRESET,
        )


def test_an_empty_project_says_what_to_do(scene: Scene) -> None:
    shown = page()
    assert "Nothing is labelled in this project yet" in texts(shown)
    assert not any(b.label == "Start training" for b in shown.button)


def test_what_is_labelled_is_shown(scene: Scene) -> None:
    label(scene, add_video(scene, "a.mp4", "P1"), repetitions()[:5])
    shown = page()
    values = {metric.label: metric.value for metric in shown.metric}
    assert values == {
        "Repetitions": "5",
        "Labelled videos": "1 of 1",
        "Patients": "1 of 1",
        "Finished minutes": "0.7 of 0.7",
    }
    assert "Only one video trains" in texts(shown)


def test_a_training_is_queued_shown_and_cancelled(scene: Scene) -> None:
    version = a_version(scene)
    label(scene, add_video(scene, "a.mp4", "P1"), repetitions())
    shown = page()
    shown.number_input(key="train_epochs").set_value(7)
    button(shown, "Start training").click()
    again(shown)
    with reading(scene.engine) as db:
        job = jobs.latest_of_kind(db, scene.project_id, "train")
    assert job is not None and job.state == "queued"
    assert job.settings == {"parent_id": version.id, "epochs": 7, "seed": 0}
    assert job.created_by == scene.user_id
    assert button(shown, "Start training").disabled  # one at a time
    with session(scene.engine) as db:
        jobs.started(db, job.id)
        jobs.add_metrics(
            db, job.id, {"epoch": 1, "epochs": 7, "train_loss": 0.5, "validation_loss": None}
        )
    again(shown)
    button(shown, "Cancel").click()
    again(shown)
    assert button(shown, "Stopping").disabled
    with session(scene.engine) as db:
        assert jobs.cancel_requested(db, job.id)
        jobs.ended(db, job.id, state="cancelled")
    assert "was cancelled" in texts(again(shown))
    assert not button(shown, "Start training").disabled


def test_why_a_training_failed_is_shown_as_text(scene: Scene) -> None:
    label(scene, add_video(scene, "a.mp4", "P1"), repetitions())
    with session(scene.engine) as db:
        jobs.create(db, id="j", kind="train", project_id=scene.project_id)
        jobs.ended(db, "j", state="failed", message="The disk is full [x](y).")
    assert r"The disk is full \[x\]\(y\)\." in texts(page())


def test_a_version_is_used_and_proposes_again_only_when_chosen(scene: Scene) -> None:
    shipped = a_version(scene)
    video = add_video(scene, "a.mp4", "P1")
    version = retrained(scene, shipped, shipped.sha256)
    shown = page()
    assert shown.selectbox(key="chosen_version").value == shipped.id
    assert button(shown, "Use this version").disabled
    shown.selectbox(key="chosen_version").select(version.id)
    again(shown)
    button(shown, "Use this version").click()
    again(shown)
    with reading(scene.engine) as db:
        assert projects.list_projects(db)[0].active_model_id == version.id
        assert jobs.active(db, scene.project_id) == []  # nothing is proposed unasked
    button(shown, "Propose again (1)").click()
    again(shown)
    with reading(scene.engine) as db:
        (job,) = jobs.active(db, scene.project_id)
    assert (job.kind, job.video_id, job.model_id) == ("propose", video, version.id)
    assert "Being worked on: 1 of 1" in texts(shown)


def test_a_version_of_an_earlier_network_is_said_and_a_new_one_offered(scene: Scene) -> None:
    shipped = a_version(scene)
    earlier = retrained(scene, shipped, keep_weights(scene.settings, network=None))
    with session(scene.engine) as db:
        projects.choose_model(db, scene.project_id, earlier.id)
    label(scene, add_video(scene, "a.mp4", "P1"), repetitions())
    shown = page()
    (warning,) = (element.value.replace("\\", "") for element in shown.warning)
    assert "“version 1” cannot be used any more: its file was made by an earlier" in warning
    assert "labels and proposals stay as they are" in warning
    assert not any(b.label.startswith("Propose again") for b in shown.button)
    start = shown.selectbox(key="train_parent")
    assert start.options[0] == shipped.name and start.value == shipped.id
    assert start.options[-1] == "nothing (new weights)" and earlier.name not in start.options
    button(shown, "Start training").click()
    again(shown)
    with reading(scene.engine) as db:
        job = jobs.latest_of_kind(db, scene.project_id, "train")
    assert job is not None and job.settings["parent_id"] == shipped.id
    shown.selectbox(key="chosen_version").select(shipped.id)
    again(shown)
    button(shown, "Use this version").click()
    assert not again(shown).warning
    shown.selectbox(key="chosen_version").select(earlier.id)
    assert button(again(shown), "Use this version").disabled


def test_who_may_only_look_starts_and_chooses_nothing(scene: Scene) -> None:
    a_version(scene)
    label(scene, add_video(scene, "a.mp4", "P1"), repetitions())
    with session(scene.engine) as db:
        therapist = users.create_user(db, name="Kim", role="therapist").id
    shown = AppTest.from_file(str(ROOT / "review_app" / "main.py"), default_timeout=60)
    shown.switch_page(str(ROOT / "pages" / "training.py"))
    shown.session_state["user_id"] = therapist
    again(shown)
    assert "may look at versions" in texts(shown)
    for name in ("Start training", "Use this version", "Propose again"):
        assert button(shown, name).disabled
