"""`rehab-review train localizer` from recordings to a file that proposes, and its refusals."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from inference.localize import model_file
from inference.localize.localizer import Localizer
from inference.localize.model_file import RefinedConfig
from review_app.cli import app
from tests.inference.recorded_people import EXERCISES, write_recordings
from tests.inference.small_models import write_features, write_localizer

runner = CliRunner()


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("REHAB_REVIEW_DATA_FOLDER", str(tmp_path / "data"))
    monkeypatch.setenv("REHAB_REVIEW_DEVICE", "cpu")
    motions, recordings = write_recordings(tmp_path, subjects=(1, 2, 3))
    features = write_features(tmp_path / "features.safetensors")
    return [
        "train", "localizer", "--motions", str(motions), "--recordings", str(recordings),
        "--features", str(features), "--sessions", "2", "--steps", "2",
    ]  # fmt: skip


def test_from_recordings_to_weights_and_on_from_there(options: list[str], tmp_path: Path) -> None:
    first, second = tmp_path / "first.safetensors", tmp_path / "second.safetensors"
    chosen = ["--subjects", "1", "--without-classes", EXERCISES[0], "--without", "top-down"]
    made = runner.invoke(
        app, [*options, *chosen, "--out", str(first), "--logs", str(tmp_path / "logs")]
    )
    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout)["measured_on"] == "training"
    file, about = model_file.read(first), json.loads(first.with_suffix(".json").read_text())
    assert isinstance(file.config, RefinedConfig) and not file.config.network.top_down
    assert file.classes == tuple(sorted(EXERCISES[1:]))
    assert about["sessions"]["train_subjects"] == [1] and about["settings"]["steps"] == 2
    assert about["data"]["training"]["patients"] == 1
    assert list((tmp_path / "logs" / "first").iterdir())
    again = runner.invoke(app, [*options, "--subjects", "1", "--out", str(first)])
    assert again.exit_code == 1 and "--replace" in again.output

    wider = ["--subjects", "2", "--recordings-per-class", "1", "--init", str(first)]
    on = runner.invoke(app, [*options, *wider, "--out", str(second)])
    assert on.exit_code == 0, on.output
    about = json.loads(second.with_suffix(".json").read_text())
    assert Localizer.load(second).classes == tuple(sorted(EXERCISES))
    assert about["parent"] == file.model_hash and about["start"]["file"] == "first.safetensors"


def test_whom_nobody_recorded_is_named(options: list[str], tmp_path: Path) -> None:
    out = ["--out", str(tmp_path / "out.safetensors")]
    for chosen, said in (
        (["--subjects", "1,9"], "9"),
        (["--subjects", "one"], "--subjects takes numbers"),
        (["--subjects", "1", "--validation", "1"], "not both"),
        (["--validation", "1,2,3"], "--validation names everybody who was recorded"),
        (["--without-classes", "juggling"], "juggling"),
    ):
        refused = runner.invoke(app, [*options, *chosen, *out])
        assert refused.exit_code == 1 and said in refused.output, refused.output


def test_options_that_contradict_each_other_are_refused(options: list[str], tmp_path: Path) -> None:
    features = options[options.index("--features") + 1]
    start = write_localizer(tmp_path / "start.safetensors", Path(features), EXERCISES)
    out = ["--out", str(tmp_path / "out.safetensors")]
    for chosen, said in (
        (["--without", "kinematics", "--without", "heatmaps"], "nothing left to look at"),
        (["--init", str(start), "--network", "refined-actionformer"], "--network cannot change"),
        (["--init", str(start), "--without", "top-down"], "--without top-down cannot change"),
        (["--network", "actionformer", "--without", "heatmaps"], "ActionFormer is trained whole"),
    ):
        refused = runner.invoke(app, [*options, *chosen, *out])
        said_in_one_line = " ".join(refused.output.split())
        assert refused.exit_code == 1 and said in said_in_one_line, refused.output
    assert not list(tmp_path.glob("out*"))
