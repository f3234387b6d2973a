"""The benchmark of whole pipelines: every stage is measured, absent weights are made up."""

import json
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from inference import presets
from inference.pipeline import STAGES
from inference.weights.fetched import MOVENET
from review_app.bench import pipeline
from review_app.bench.random_weights import completed
from review_app.jobs import loaded_models
from review_app.preset_models import preset_files
from review_app.settings import Settings
from tests.inference.pictures import man
from tests.inference.real_files import real_file
from tests.video_files import write_video


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(data_folder=tmp_path / "data", device="cpu", threads=2)
    made.weights.mkdir(parents=True)
    shutil.copy(real_file(MOVENET), made.weights)
    return made


def test_every_stage_of_a_preset_has_its_figures(settings: Settings, tmp_path: Path) -> None:
    video = write_video(
        tmp_path / "man.mp4", fps=30, frames=45, size=(560, 560), pictures=[man()] * 45
    )
    figures = pipeline.run(settings, video, chosen=[presets.DEFAULT])
    assert json.loads(json.dumps(figures)) == figures
    row = figures["presets"][0]
    assert (row["preset"], row["device"], row["random"]) == (presets.DEFAULT.name, "cpu", [])
    assert set(row["stage_s"]) == set(row["stage_cpu_s"]) == set(STAGES)
    assert sum(row["stage_s"].values()) <= row["whole_s"]
    assert row["ticks"] == round(row["video_s"] * 15)
    assert row["people"] >= 1
    assert 100e6 < row["peak_bytes"] < 4e9
    assert 0 < row["decode_s"] < row["whole_s"]
    assert not settings.artefacts.exists() or not any(settings.artefacts.iterdir())
    shown = Console(width=200)
    with shown.capture() as text:
        shown.print(pipeline.report(figures))
    assert presets.DEFAULT.name in text.get() and "Random weights" not in text.get()


def test_a_preset_without_weights_gets_random_ones_it_can_be_loaded_with(
    settings: Settings, tmp_path: Path
) -> None:
    preset = presets.named("litehr-r2plus1d12")
    own = settings.model_copy(update={"data_folder": tmp_path / "own"})
    random = completed(preset, preset_files(settings, preset), preset_files(own, preset))
    assert len(random) == 3
    shutil.copy(settings.weights / MOVENET.file_name, own.weights)
    ready = loaded_models.pipeline(own, preset)
    assert ready.extractor.network.layers == preset.layers
    assert ready.localizer.config.features_model == ready.extractor.model_hash
    assert not list(settings.weights.glob("litehr*"))


def test_weights_that_are_there_are_used(settings: Settings, tmp_path: Path) -> None:
    own = settings.model_copy(update={"data_folder": tmp_path / "own"})
    real = preset_files(settings, presets.DEFAULT)
    assert completed(presets.DEFAULT, real, preset_files(own, presets.DEFAULT)) == ()
    assert (own.weights / MOVENET.file_name).resolve() == real.pose.resolve()


def test_a_recording_that_cannot_be_read_is_said_plainly(
    settings: Settings, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")
    with pytest.raises(pipeline.PipelineFailedError, match=r"could not be run on broken\.mp4"):
        pipeline.run(settings, broken, chosen=[presets.DEFAULT])
