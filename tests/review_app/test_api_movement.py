"""Curves, rests and poor spans of a recording's patient, as the desk asks for them."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from sqlalchemy import Engine

from db.engine import session
from db.models import Run
from review_app.settings import Settings
from tests.inference.skeletons import raising_left_arm
from tests.review_app.desk_files import DeskProject, make_desk_project, store_proposals
from tests.review_app.desk_server import serving, signed, this_process
from tests.video_files import write_video

ROUTES = ("curves", "curves/left_shoulder", "rests", "pose_quality")


@pytest.fixture
def made(settings: Settings, engine: Engine, tmp_path: Path) -> Iterator[DeskProject]:
    with this_process(settings):
        yield make_desk_project(settings, engine, write_video(tmp_path / "walk.mp4", frames=100))


@pytest.fixture
def client(made: DeskProject) -> Iterator[httpx.Client]:
    with serving() as opened:
        yield opened


def test_before_any_proposals_nothing_is_known(
    client: httpx.Client, made: DeskProject, settings: Settings
) -> None:
    who, here = signed(settings, made), f"/api/videos/{made.video_id}"
    answers = [client.get(f"{here}/{route}", headers=who) for route in ROUTES]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert answers[0].json() == {"curves": [], "times_at": 15}
    assert answers[1].content == answers[2].content == b""
    assert answers[3].json() == {"spans": []}


def test_what_the_skeleton_tells(
    client: httpx.Client, made: DeskProject, settings: Settings, engine: Engine
) -> None:
    seconds = np.arange(150) / 15
    joints = raising_left_arm(60 - 60 * np.cos(2 * np.pi * seconds / 2))  # up and down in 2 s
    joints[90:120] = np.nan
    store_proposals(settings, engine, made, [], joints=joints)
    who, here = signed(settings, made), f"/api/videos/{made.video_id}"

    listed = client.get(f"{here}/curves", headers=who).json()
    assert listed["times_at"] == 15
    shoulder = {"name": "left_shoulder", "title": "Left shoulder raise", "unit": "°"}
    assert shoulder in listed["curves"]
    for curve in listed["curves"]:
        answer = client.get(f"{here}/curves/{curve['name']}", headers=who)
        values = np.frombuffer(answer.content, "<f4")
        assert values.shape == (150,)
        assert np.isnan(values[92:118]).all() and np.isfinite(values[2:88]).all()
        if curve == shoulder:
            assert values[15] > 100 and values[30] < 20

    found = np.frombuffer(client.get(f"{here}/rests", headers=who).content, "<f8")
    assert np.abs(found[:, None] - [1.0, 2.0, 3.0, 4.0, 5.0, 9.0]).min(axis=0).max() < 0.1
    assert not ((found > 5.9) & (found < 8.1)).any()
    poor = client.get(f"{here}/pose_quality", headers=who).json()
    assert poor == {"spans": [[6.0, 8.0]]}


def test_a_run_can_be_named(
    client: httpx.Client, made: DeskProject, settings: Settings, engine: Engine
) -> None:
    store_proposals(settings, engine, made, [])
    with session(engine) as db:
        run = db.query(Run).one()
        run_id = run.id
        run.settings = {**run.settings, "keypoints": "../../secret.npz"}
    who, here = signed(settings, made), f"/api/videos/{made.video_id}"
    for route in ROUTES:
        asked = [client.get(f"{here}/{route}", params={"run": run}, headers=who).status_code
                 for run in (run_id, run_id + 1, "x")]  # fmt: skip
        assert asked == [200, 404, 422], route
    outside = client.get(f"{here}/curves", params={"run": run_id}, headers=who)
    assert outside.json()["curves"] == []


def test_an_unknown_curve_is_a_sentence(
    client: httpx.Client, made: DeskProject, settings: Settings
) -> None:
    path = f"/api/videos/{made.video_id}/curves/left_ear_wiggle"
    answer = client.get(path, headers=signed(settings, made))
    assert answer.status_code == 404
    assert answer.json()["message"] == "There is no such curve; choose another one from the list."


def test_another_videos_token_opens_nothing(
    client: httpx.Client, made: DeskProject, settings: Settings
) -> None:
    for route in ROUTES:
        path = f"/api/videos/{made.video_id}/{route}"
        assert client.get(path).status_code == 401
        assert client.get(path, headers=signed(settings, made, video_id=99)).status_code == 403
        assert client.get(path, headers=signed(settings, made, project_id=99)).status_code == 404
