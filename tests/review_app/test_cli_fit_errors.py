"""`rehab-review fit-pose-errors` as somebody types it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from review_app.cli import app


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REHAB_REVIEW_DATA_FOLDER", str(tmp_path / "data"))


def fit_pose_errors(*words: str) -> Result:
    return CliRunner().invoke(app, ["fit-pose-errors", *words])


def test_what_was_measured_before_is_not_lost_without_being_asked(tmp_path: Path) -> None:
    out = tmp_path / "errors.json"
    out.write_text("{}")
    result = fit_pose_errors("--out", str(out))
    assert result.exit_code == 1
    said = " ".join(result.output.split())
    assert "errors.json is there already. Choose another name with --out" in said
    assert "--replace" in said
    assert out.read_text() == "{}"
    assert list(tmp_path.iterdir()) == [out]  # refused before anything was fetched


def test_one_clip_says_nothing_about_how_clips_differ(tmp_path: Path) -> None:
    result = fit_pose_errors("--clips", "1", "--out", str(tmp_path / "errors.json"))
    assert result.exit_code == 2
    assert list(tmp_path.iterdir()) == []
