"""A project's preset on the pages: seen, chosen, and how to get what it lacks. No browser."""

import shutil
from collections.abc import Iterator

import pytest
import torch
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from db.engine import reading, session
from db.model_versions import active_model, list_versions
from db.models import DEFAULT_PRESET, Model
from db.projects import list_projects
from db.users import create_user
from inference import presets
from inference.weights.state_dicts import write
from review_app.data_folder import prepare_data_folder
from review_app.preset_models import preset_files
from review_app.process import app_engine, app_settings
from review_app.settings import ROOT, SHIPPED_WEIGHTS, Settings
from tests.review_app.retrain_scene import Scene, new_scene

LITE = presets.named("litehr-r2plus1d12")


@pytest.fixture
def app(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """The pages' own settings and database are those of the test."""
    monkeypatch.setenv("REHAB_REVIEW_DATA_FOLDER", str(settings.data_folder))
    app_settings.cache_clear()
    app_engine.cache_clear()
    yield settings
    app_engine().dispose()
    app_settings.cache_clear()
    app_engine.cache_clear()


@pytest.fixture
def scene(app: Settings, engine: Engine) -> Scene:
    return new_scene(app, engine, "Knees")


def complete(settings: Settings) -> None:
    """Weights where Lite-HRNet's preset looks for them; of stage 1 only the description."""
    found = preset_files(settings, LITE)
    described = {"arch": "litehrnet-18"}
    write(found.pose, {"weight": torch.zeros(1)}, description=described, about={})
    for made, shipped in ((found.features, "features"), (found.localizer, "localizer")):
        for suffix in (".safetensors", ".json"):
            source = SHIPPED_WEIGHTS / f"{shipped}{suffix}"
            shutil.copyfile(source, made.with_suffix(suffix))


def page(name: str) -> AppTest:
    shown = AppTest.from_file(str(ROOT / "review_app" / "main.py"), default_timeout=60)
    if name:
        shown.switch_page(str(ROOT / "pages" / f"{name}.py"))
    return again(shown)


def again(shown: AppTest) -> AppTest:
    shown.run()
    assert not shown.exception
    return shown


def button(shown: AppTest, label: str) -> Button:
    return next(b for b in shown.button if b.label.startswith(label))


def said(shown: AppTest) -> str:
    elements = [*shown.markdown, *shown.caption, *shown.code]
    return "\n".join(element.value for element in elements)


def model_in_use(scene: Scene) -> Model:
    with reading(scene.engine) as db:
        model = active_model(db, scene.project_id)
    assert model is not None
    return model


def test_a_preset_without_weights_says_how_to_get_them_and_cannot_be_used(scene: Scene) -> None:
    shown = page("training")
    key = f"preset_{DEFAULT_PRESET}"
    assert shown.selectbox(key=key).value == presets.DEFAULT
    assert "weights import" not in said(shown)
    shown.selectbox(key=key).select(LITE)
    again(shown)
    for part in (
        "litehrnet18_coco_256x192-6bace359_20211230.pth",
        "https://github.com/HRNet/Lite-HRNet",
        "--arch litehrnet-18",
        f"rehab-review train features --preset litehr-r2plus1d12 {presets.DATA}",
        f"rehab-review train localizer --preset litehr-r2plus1d12 {presets.DATA}",
    ):
        assert part in said(shown)
    assert button(shown, "Use this preset").disabled
    assert model_in_use(scene).preset == DEFAULT_PRESET


def test_a_complete_preset_is_used_for_new_proposals(scene: Scene) -> None:
    complete(scene.settings)
    shown = page("training")
    shown.selectbox(key=f"preset_{DEFAULT_PRESET}").select(LITE)
    again(shown)
    button(shown, "Use this preset").click()
    again(shown)
    model = model_in_use(scene)
    assert model.preset == LITE.name and model.name.startswith("litehr-r2plus1d12 ")
    assert (scene.settings.models / f"{model.sha256}.safetensors").exists()
    assert shown.selectbox(key=f"preset_{LITE.name}").value == LITE
    assert [row["preset"] for _, row in shown.dataframe[0].value.iterrows()] == [
        LITE.name, DEFAULT_PRESET,
    ]  # fmt: skip
    library = page("library")
    button(library, f"Preset {LITE.name}").click()
    again(library)
    assert library.selectbox(key=f"library_preset_{LITE.name}").value == LITE


def test_a_new_project_starts_with_the_preset_chosen_for_it(app: Settings, engine: Engine) -> None:
    complete(app)
    shown = page("")
    preset = shown.selectbox(key="first_project_preset")
    preset.select(presets.named("hr-r2plus1d18"))
    again(shown)
    assert button(shown, "Create project").disabled
    assert "pose_hrnet_w32_256x192.pth" in said(shown)
    shown.selectbox(key="first_project_preset").select(LITE)
    again(shown)
    shown.text_input[0].set_value("Hips")
    button(shown, "Create project").click()
    again(shown)
    with reading(engine) as db:
        (project,) = list_projects(db)
        model = active_model(db, project.id)
    assert project.name == "Hips" and model is not None and model.preset == LITE.name


def test_who_may_only_look_chooses_no_preset(scene: Scene) -> None:
    complete(scene.settings)
    with session(scene.engine) as db:
        therapist = create_user(db, name="Kim", role="therapist").id
    shown = AppTest.from_file(str(ROOT / "review_app" / "main.py"), default_timeout=60)
    shown.switch_page(str(ROOT / "pages" / "training.py"))
    shown.session_state["user_id"] = therapist
    again(shown)
    shown.selectbox(key=f"preset_{DEFAULT_PRESET}").select(LITE)
    assert button(again(shown), "Use this preset").disabled


def test_models_are_registered_once_and_the_default_stays_the_default(
    settings: Settings, engine: Engine
) -> None:
    scene = new_scene(settings, engine)
    complete(settings)
    for _ in range(2):
        prepare_data_folder(settings)
    with reading(engine) as db:
        known = list_versions(db, scene.project_id)
    assert sorted(model.preset for model in known) == [LITE.name, DEFAULT_PRESET]
    assert model_in_use(scene).preset == DEFAULT_PRESET
