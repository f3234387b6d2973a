"""`rehab-review report effort`: sums, ratios against labelling from nothing, plain sentences."""

import json
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from db.annotations import ensure_annotation
from db.engine import session
from db.patients import create_patient
from db.projects import create_project
from db.sittings import Totals, save_sitting
from db.users import create_user
from db.videos import create_video
from review_app.cli import app
from review_app.settings import Settings


@pytest.fixture
def asked(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("REHAB_REVIEW_DATA_FOLDER", str(settings.data_folder))
    monkeypatch.setenv("COLUMNS", "160")
    return settings


def effort(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["report", "effort", *arguments], catch_exceptions=False)


def layer(engine: Engine, project: str, recording: str) -> tuple[int, int]:
    """A recording of a new project, opened by a new person. -> (annotation id, user id)"""
    with session(engine) as db:
        project_id = create_project(db, name=project).id
        video = create_video(
            db,
            project_id=project_id,
            patient_id=create_patient(db, project_id=project_id, pseudonym="P1").id,
            sha256=uuid.uuid4().hex * 2,
            original_name=recording,
            file="x",
            size_bytes=1,
        )
        user = create_user(db, name=f"Robin of {project}")
        return ensure_annotation(db, video_id=video.id, user_id=user.id).id, user.id


def sit(
    engine: Engine,
    where: tuple[int, int],
    proposals: str,
    active_s: float,
    actions: dict[str, int],
    segments: int,
) -> None:
    with session(engine) as db:
        save_sitting(
            db,
            sitting_id=str(uuid.uuid4()),
            annotation_id=where[0],
            user_id=where[1],
            proposals=proposals,
            began_at=datetime.now(UTC),
            totals=Totals(active_s, actions, segments),
        )


def test_nothing_yet_is_a_sentence(asked: Settings) -> None:
    done = effort()
    assert done.exit_code == 0
    assert "No work is recorded yet." in done.stdout


def test_an_unknown_project_is_a_sentence(asked: Settings) -> None:
    done = effort("--project", "Hips")
    assert done.exit_code == 1
    assert "There is no project “Hips”." in done.stderr


def test_effort_with_and_without_proposals(asked: Settings, engine: Engine, tmp_path: Path) -> None:
    knees = layer(engine, "Knees", "walk [red].mp4")
    sit(engine, knees, "shown", 20.0, {"accept": 8, "resize": 2}, 10)
    sit(engine, knees, "shown", 20.0, {"accept": 10}, 10)
    sit(engine, knees, "none", 60.0, {"add": 10, "startHere": 10, "endHere": 10}, 5)
    other = layer(engine, "Hips", "other.mp4")
    sit(engine, other, "hidden", 5.0, {}, 0)
    path = tmp_path / "effort.json"
    done = effort("--project", "Knees", "--json", str(path))
    assert done.exit_code == 0
    assert "walk [red].mp4" in done.stdout and "other.mp4" not in done.stdout
    assert "1.0 actions a repetition against 6.0 from nothing (ratio 6.0)" in done.stdout
    assert "2.0 s against 12.0 s (ratio 6.0)" in done.stdout
    found = json.loads(path.read_text())
    shown = next(row for row in found["recordings"] if row["proposals"] == "shown")
    assert (shown["sittings"], shown["active_s"], shown["actions"]) == (2, 40.0, 20)
    assert (shown["repetitions"], shown["seconds_per_repetition"]) == (20, 2.0)
    totals = {row["proposals"]: row for row in found["totals"]}
    assert set(totals) == {"shown", "none"}
    assert totals["shown"]["actions_ratio_to_none"] == 6.0
    assert totals["none"]["actions_ratio_to_none"] == 1.0


def test_no_ratio_without_something_to_compare_with(asked: Settings, engine: Engine) -> None:
    sit(engine, layer(engine, "Knees", "walk.mp4"), "shown", 5.0, {}, 0)
    done = effort()
    assert done.exit_code == 0
    assert "nothing to compare with" in done.stdout
