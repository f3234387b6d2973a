"""The routes the review desk lives on: who may ask, what they answer, and bytes by range."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from sqlalchemy import Engine

from db import jobs as job_rows
from db.engine import reading, session
from db.models import Video
from db.projects import list_classes
from db.users import create_user
from review_app.api import tokens
from review_app.api.media import index_of
from review_app.importing.importer import files
from review_app.settings import Settings
from tests.review_app.desk_files import DeskProject, make_desk_project, store_proposals
from tests.review_app.desk_server import add_edit, own_layer, serving, signed, this_process, token
from tests.video_files import write_video

SENTENCE = 12  # no plain sentence is shorter


@pytest.fixture
def made(settings: Settings, engine: Engine, tmp_path: Path) -> Iterator[DeskProject]:
    with this_process(settings):
        yield make_desk_project(settings, engine, write_video(tmp_path / "walk.mp4", frames=100))


@pytest.fixture
def client(made: DeskProject) -> Iterator[httpx.Client]:
    with serving() as opened:
        yield opened


def test_a_token_opens_only_what_it_was_made_for(
    client: httpx.Client, made: DeskProject, settings: Settings
) -> None:
    path = f"/api/videos/{made.video_id}/times"
    assert client.get(path, headers=signed(settings, made, video_id=99)).status_code == 403
    assert client.get(path, headers=signed(settings, made, project_id=99)).status_code == 404
    assert client.get(path, headers=signed(settings, made, video_id=None)).status_code == 200
    whole = signed(settings, made, video_id=None)
    for missing in (77, 10**30):
        assert client.get(f"/api/videos/{missing}/times", headers=whole).status_code == 404


def test_times_are_those_of_the_frames(
    client: httpx.Client, made: DeskProject, settings: Settings
) -> None:
    answer = client.get(f"/api/videos/{made.video_id}/times", headers=signed(settings, made))
    np.testing.assert_array_equal(np.frombuffer(answer.content, "<f8"), made.index.times)


def test_media_answers_ranges(
    client: httpx.Client, made: DeskProject, settings: Settings, tmp_path: Path
) -> None:
    whole = (tmp_path / "walk.mp4").read_bytes()
    path = f"/api/videos/{made.video_id}/media?token={token(settings, made)}"
    answer = client.get(path)
    assert answer.content == whole
    assert answer.headers["content-type"] == "video/mp4"
    part = client.get(path, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole[100:200])
    assert client.get(path, headers={"Range": f"bytes={len(whole) + 5}-"}).status_code == 416


def test_stills_are_pictures(client: httpx.Client, made: DeskProject, settings: Settings) -> None:
    for name in ("poster", "thumbnails"):
        answer = client.get(f"/api/videos/{made.video_id}/{name}", headers=signed(settings, made))
        assert answer.content.startswith(b"\xff\xd8")
    layout = client.get(
        f"/api/videos/{made.video_id}/thumbnails.json", headers=signed(settings, made)
    ).json()
    assert layout["count"] > 0 and layout["columns"] > 0


def test_only_files_in_the_data_folder_are_sent(
    client: httpx.Client, made: DeskProject, settings: Settings, engine: Engine, tmp_path: Path
) -> None:
    (tmp_path / "secret.mp4").write_bytes(b"secret")
    with session(engine) as db:
        db.get_one(Video, made.video_id).file = "../secret.mp4"
    answer = client.get(f"/api/videos/{made.video_id}/media", headers=signed(settings, made))
    assert answer.status_code == 404
    assert "missing" in answer.json()["message"]


def test_a_lost_file_is_a_sentence(
    client: httpx.Client, made: DeskProject, settings: Settings
) -> None:
    files(settings, made.index.sha256).poster.unlink()
    answer = client.get(f"/api/videos/{made.video_id}/poster", headers=signed(settings, made))
    assert (answer.status_code, answer.json()["message"][:6]) == (404, "A file")


def test_timeline_before_any_proposals(
    client: httpx.Client, made: DeskProject, settings: Settings
) -> None:
    opened = client.get(
        f"/api/videos/{made.video_id}/timeline", headers=signed(settings, made)
    ).json()
    assert opened["video"]["frame_count"] == 100
    assert opened["run"] is None and opened["job"] is None and opened["people"] == []
    assert opened["classes"][0]["title"] == "Deep squat"
    assert own_layer(opened)["revision"] == 0
    again = client.get(
        f"/api/videos/{made.video_id}/timeline", headers=signed(settings, made)
    ).json()
    assert own_layer(again)["id"] == own_layer(opened)["id"]


def test_timeline_shows_the_wanted_models_proposals(
    client: httpx.Client, made: DeskProject, settings: Settings, engine: Engine
) -> None:
    store_proposals(settings, engine, made, [("deep_squat", 0.4, 1.2, 0.9)], model="first")
    store_proposals(settings, engine, made, [("side_lunge", 1.4, 2.2, 0.8)] * 2, model="second")
    path = f"/api/videos/{made.video_id}/timeline"
    newest = client.get(path, headers=signed(settings, made)).json()["run"]
    assert (newest["model_name"], len(newest["proposals"])) == ("second", 2)
    other = {"model": newest["model_id"] - 1}
    first = client.get(path, params=other, headers=signed(settings, made)).json()
    assert first["run"]["model_name"] == "first"
    proposal = first["run"]["proposals"][0]
    assert (proposal["start_frame"], proposal["end_frame"]) == (10, 30)
    names = {kind["id"]: kind["name"] for kind in first["classes"]}
    assert names[proposal["class_id"]] == "deep_squat"
    assert (
        client.get(path, params={"model": "x"}, headers=signed(settings, made)).status_code == 422
    )


def test_edits_are_applied_once_and_refused_with_the_present_state(
    client: httpx.Client, made: DeskProject, settings: Settings
) -> None:
    who = signed(settings, made)
    opened = client.get(f"/api/videos/{made.video_id}/timeline", headers=who).json()
    path = f"/api/annotations/{own_layer(opened)['id']}/edits"
    edit, bad = add_edit(opened), add_edit(opened, end_frame=1000)
    first = client.post(path, json={"edits": [edit, bad]}, headers=who).json()
    assert [result["status"] for result in first["results"]] == ["applied", "refused"]
    assert first["results"][1]["message"] == "This video has 100 frames."
    assert first["revision"] == 1
    assert [segment["last_edit"] for segment in first["state"]["segments"]] == [edit["id"]]
    again = client.post(path, json={"edits": [edit]}, headers=who).json()
    assert [result["status"] for result in again["results"]] == ["duplicate"]
    now = client.get(f"/api/videos/{made.video_id}/timeline", headers=who).json()
    assert first["state"] == again["state"]
    assert first["state"].items() <= own_layer(now).items()


def test_a_page_learns_what_another_page_has_done(
    client: httpx.Client, made: DeskProject, settings: Settings
) -> None:
    who = signed(settings, made)
    opened = client.get(f"/api/videos/{made.video_id}/timeline", headers=who).json()
    path = f"/api/annotations/{own_layer(opened)['id']}/edits"

    def post(*edits: dict[str, Any], since: int) -> dict[str, Any]:
        body = {"edits": list(edits), "since": since}
        answer: dict[str, Any] = client.post(path, json=body, headers=who).json()
        return answer

    mine = post(add_edit(opened), since=0)
    assert (mine["revision"], "log" in mine) == (1, False)
    assert "log" not in post(since=1)
    theirs = post(add_edit(opened), since=0)
    assert [entry["revision"] for entry in theirs["log"]] == [1, 2]
    assert [entry["revision"] for entry in post(since=1)["log"]] == [2]


def test_edits_do_not_hold_the_database_while_frame_times_are_read(
    client: httpx.Client,
    made: DeskProject,
    settings: Settings,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    who = signed(settings, made)
    opened = client.get(f"/api/videos/{made.video_id}/timeline", headers=who).json()

    def slow(*asked: Any) -> Any:
        with session(engine) as db:  # nobody else is writing now
            create_user(db, name="Written meanwhile", role="annotator")
        return index_of(*asked)

    monkeypatch.setattr("review_app.api.edits.index_of", slow)
    path = f"/api/annotations/{own_layer(opened)['id']}/edits"
    answer = client.post(path, json={"edits": [add_edit(opened)]}, headers=who, timeout=10)
    assert answer.json()["revision"] == 1


def test_only_their_author_may_change_labels(
    client: httpx.Client, made: DeskProject, settings: Settings, engine: Engine
) -> None:
    who = signed(settings, made)
    opened = client.get(f"/api/videos/{made.video_id}/timeline", headers=who).json()
    path = f"/api/annotations/{own_layer(opened)['id']}/edits"
    client.post(path, json={"edits": [add_edit(opened)]}, headers=who)
    with session(engine) as db:
        other = create_user(db, name="Sam", role="therapist").id
    body = {"edits": [add_edit(opened)]}
    stranger = signed(settings, made, user_id=other)
    assert client.post(path, json=body, headers=stranger).status_code == 403
    therapist = signed(settings, made, user_id=other, role="therapist")
    assert client.post(path, json=body, headers=therapist).status_code == 403
    person = f"/api/videos/{made.video_id}/person"
    assert client.post(person, json={"person_id": 0}, headers=therapist).status_code == 403
    seen = client.get(f"/api/videos/{made.video_id}/timeline", headers=therapist).json()
    assert [len(layer["segments"]) for layer in seen["layers"] if not layer["own"]] == [1]
    assert client.post("/api/annotations/999/edits", json=body, headers=who).status_code == 404


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"edits": 3}', b"\xff", b'{"edits": ' + b"[{}]" * 2]
)
def test_a_message_without_edits_is_a_sentence(
    client: httpx.Client, made: DeskProject, settings: Settings, body: bytes
) -> None:
    answer = client.post("/api/annotations/1/edits", content=body, headers=signed(settings, made))
    assert answer.status_code == 422
    assert len(answer.json()["message"]) > SENTENCE


def test_pose_people_and_confidence(
    client: httpx.Client, made: DeskProject, settings: Settings, engine: Engine
) -> None:
    joints = np.zeros((60, 17, 3), np.float32)
    joints[..., 0] = np.arange(60)[:, None]
    joints[..., 2] = 0.875
    joints[30] = np.nan
    boxes = np.tile(np.array([1, 2, 30, 40], np.float32), (2, 60, 1))
    boxes[1, 20:] = np.nan
    proposed = [("side_lunge", 1.0, 2.0, 0.8)]
    store_proposals(settings, engine, made, proposed, joints=joints, boxes=boxes)
    who = signed(settings, made)
    here = f"/api/videos/{made.video_id}"
    some = client.get(f"{here}/pose", params={"from": 1, "to": 2.05}, headers=who).json()
    assert some["times"][0] == 1 and len(some["times"]) == 16
    assert some["keypoints"][0][3] == [15, 0, 0.88]
    gap = client.get(f"{here}/pose", params={"from": 1.99, "to": 2.01}, headers=who).json()
    assert gap["keypoints"][0][0] == [0, 0, 0]
    assert (
        client.get(f"{here}/pose", params={"from": "nan", "to": 1}, headers=who).status_code == 422
    )

    def seen(at: float) -> list[int]:
        found = client.get(f"{here}/people", params={"at": at}, headers=who).json()["people"]
        return [person["id"] for person in found]

    assert (seen(0.5), seen(1.5), seen(3)) == ([0, 1], [0, 1], [0])
    strip = client.get(f"{here}/confidence", headers=who).json()
    best = np.array(strip["scores"])[np.searchsorted(strip["times"], 1.5)].argmax()
    assert strip["classes"][best] == "side_lunge"
    opened = client.get(f"{here}/timeline", headers=who).json()
    assert [person["id"] for person in opened["people"]] == [0, 1]


def test_another_person_is_chosen_and_proposed_for(
    client: httpx.Client, made: DeskProject, settings: Settings, engine: Engine
) -> None:
    boxes = np.tile(np.array([1, 2, 30, 40], np.float32), (2, 60, 1))
    boxes[1, 20:] += 100  # until then one stands before the other
    boxes[1, 50:] = np.nan
    store_proposals(settings, engine, made, [], boxes=boxes)
    who = signed(settings, made)
    path = f"/api/videos/{made.video_id}/person"
    for wrong in ({}, {"person_id": "1"}, {"person_id": 7}, {"person_id": True}):
        assert client.post(path, json=wrong, headers=who).status_code == 422
    job_id = client.post(path, json={"person_id": 1}, headers=who).json()["job_id"]
    with reading(engine) as db:
        video = db.get_one(Video, made.video_id)
        assert video.person == 1 and video.person_seen is not None
        assert 20 <= video.person_seen["tick"] < 50
        assert video.person_seen["box"] == [101, 102, 130, 140]
        job = job_rows.get(db, job_id)
        assert job is not None and (job.kind, job.state) == ("propose", "queued")
        assert list_classes(db, made.project_id)


def test_the_key_is_made_once_and_private(settings: Settings) -> None:
    claims: dict[str, Any] = {"user_id": 1, "project_id": 1, "video_id": None, "role": "annotator"}
    assert tokens.issue(settings, **claims)
    key = settings.secret_key_file.read_text()
    assert settings.secret_key_file.stat().st_mode & 0o077 == 0
    tokens.issue(settings, **claims)
    assert settings.secret_key_file.read_text() == key and len(key) > 40
