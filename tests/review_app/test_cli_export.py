"""`rehab-review export-model` as somebody types it."""

import json
from pathlib import Path

import onnxruntime
import pytest
from typer.testing import CliRunner

from review_app.cli import app


@pytest.fixture(autouse=True)
def empty_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REHAB_REVIEW_DATA_FOLDER", str(tmp_path / "data"))


def test_a_stage_is_written_and_its_difference_shown(tmp_path: Path) -> None:
    out = tmp_path / "features.onnx"
    result = CliRunner().invoke(app, ["export-model", "features", "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "largest difference from torch" in result.output
    told = json.loads(out.with_suffix(".json").read_text())
    assert told["preset"] == "movenet-r2plus1d12"
    assert max(told["compared"]["largest_difference_by_length"].values()) < 1e-4
    session = onnxruntime.InferenceSession(out)
    assert [each.name for each in session.get_inputs()] == ["volume"]


def test_missing_weights_are_said_with_what_makes_them(tmp_path: Path) -> None:
    out = tmp_path / "pose.onnx"
    wanted = ["export-model", "pose", "--preset", "hr-r2plus1d12", "--out", str(out)]
    result = CliRunner().invoke(app, wanted)
    assert result.exit_code == 1
    said = " ".join(result.output.split())
    assert "The weights of stage 1, the pose network, are missing" in said
    assert "rehab-review weights import" in said
    assert not out.exists()
