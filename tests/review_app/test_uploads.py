"""Sending files in chunks: resuming, refusing, recognising, and never holding a file in memory."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from sqlalchemy import Engine
from starlette.applications import Starlette

from db import jobs as job_rows
from db.engine import reading, session
from db.models import Job, Patient, Video
from db.patients import create_patient
from db.projects import create_project
from db.users import create_user
from db.videos import delete_video, set_failed
from review_app import process
from review_app.api import tokens, uploads
from review_app.settings import Settings
from tests.video_files import write_video

CHUNK = 4096


@dataclass
class Sender:
    """One person on one project, as the browser would act for them."""

    client: httpx.Client
    settings: Settings
    project_id: int
    user_id: int
    role: str = "annotator"

    def ask(
        self, method: str, path: str, body: bytes | Iterator[bytes] = b"", **query: Any
    ) -> httpx.Response:
        token = tokens.issue(
            self.settings,
            user_id=self.user_id,
            project_id=self.project_id,
            video_id=None,
            role=self.role,
        )
        headers = {"Authorization": f"Bearer {token}"}
        return self.client.request(
            method, f"/api/uploads{path}", content=body, params=query, headers=headers
        )

    def begin(self, data: bytes, **changed: Any) -> httpx.Response:
        about = {
            "name": "walk.mp4",
            "size": len(data),
            "fingerprint": f"walk|{len(data)}",
            "pseudonym": "P-01",
        }
        return self.ask("POST", "", json.dumps({**about, **changed}).encode())

    def send(self, data: bytes, **changed: Any) -> httpx.Response:
        """The whole file; the answer of the last step, or of the first that was refused."""
        begun = self.begin(data, **changed)
        if begun.status_code != 200 or begun.json()["result"]:
            return begun
        path = f"/{begun.json()['upload_id']}"
        for offset in range(begun.json()["offset"], len(data), CHUNK):
            put = self.ask("PUT", path, data[offset : offset + CHUNK], offset=offset)
            if put.status_code != 200:
                return put
        return self.ask("POST", f"{path}/finish")


@pytest.fixture
def sender(settings: Settings, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sender]:
    """The routes behind a real server."""
    monkeypatch.setenv("REHAB_REVIEW_DATA_FOLDER", str(settings.data_folder))
    process.app_settings.cache_clear()
    process.app_engine.cache_clear()
    with session(engine) as db:
        user = create_user(db, name="Robin", role="annotator")
        project = create_project(db, name="Knee study")
    app = Starlette(routes=list(uploads.routes))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        yield Sender(client, settings, project.id, user.id)
    server.should_exit = True
    thread.join()
    process.app_engine().dispose()
    process.app_settings.cache_clear()
    process.app_engine.cache_clear()


@pytest.fixture
def film(tmp_path: Path) -> bytes:
    return write_video(tmp_path / "walk.mp4", frames=40).read_bytes()


def videos(engine: Engine) -> list[Video]:
    with reading(engine) as db:
        return list(db.query(Video).order_by(Video.id))


def message(response: httpx.Response, status: int) -> str:
    assert response.status_code == status, response.text
    sentence = str(response.json()["message"])
    assert sentence.endswith(".") and len(sentence) > 12
    return sentence


def test_a_file_becomes_a_video_with_a_job(sender: Sender, engine: Engine, film: bytes) -> None:
    answer = sender.send(film).json()
    (video,) = videos(engine)
    assert answer["video_id"] == video.id and not answer["duplicate"]
    assert (video.original_name, video.state, video.patient.pseudonym) == (
        "walk.mp4",
        "importing",
        "P-01",
    )
    stored = sender.settings.data_folder / video.file
    assert stored.name == "original.mp4" and stored.read_bytes() == film
    with reading(engine) as db:
        job = db.get_one(Job, answer["job_id"])
        assert (job.kind, job.state, job.created_by) == ("import", "queued", sender.user_id)
    assert not list(sender.settings.uploads.rglob("data"))


def test_going_on_after_an_interruption(sender: Sender, engine: Engine, film: bytes) -> None:
    path = f"/{sender.begin(film).json()['upload_id']}"
    sender.ask("PUT", path, film[:1000], offset=0)
    again = sender.begin(film).json()
    assert again["offset"] == 1000 and path == f"/{again['upload_id']}"
    assert sender.ask("GET", path).json() == {"offset": 1000, "size": len(film)}
    wrong = sender.ask("PUT", path, film[:10], offset=0)
    assert "1000 bytes" in message(wrong, 409) and wrong.json()["offset"] == 1000
    assert "not arrived completely" in message(sender.ask("POST", f"{path}/finish"), 409)
    sender.send(film)
    assert (sender.settings.data_folder / videos(engine)[0].file).read_bytes() == film


def test_a_chunk_that_breaks_off_keeps_what_arrived(sender: Sender, film: bytes) -> None:
    upload_id = sender.begin(film).json()["upload_id"]
    with half_a_chunk(sender, upload_id, film, 3000):
        pass
    wait_for_bytes(sender, upload_id, 3000)
    assert sender.ask("PUT", f"/{upload_id}", film[3000:], offset=3000).status_code == 200


def test_the_newest_connection_wins_over_one_that_went_silent(sender: Sender, film: bytes) -> None:
    """A browser that lost its network asks again before the server knows."""
    more = film + bytes(3 << 20)
    upload_id = sender.begin(more).json()["upload_id"]
    with half_a_chunk(sender, upload_id, more, 1 << 20) as silent:
        wait_for_bytes(sender, upload_id, 1 << 20)
        rest = sender.ask("PUT", f"/{upload_id}", more[1 << 20 :], offset=1 << 20)
        assert rest.json() == {"offset": len(more)}
        silent.sendall(more[1 << 20 : 3 << 20])
        silent.settimeout(10)
        assert b" 409 " in silent.recv(4096)
    stored = sender.settings.uploads / upload_id / "data"
    assert stored.read_bytes() == more


@contextmanager
def half_a_chunk(sender: Sender, upload_id: str, data: bytes, sent: int) -> Iterator[socket.socket]:
    """A connection on which the start of a chunk was sent, and then nothing."""
    url = sender.client.base_url
    token = tokens.issue(
        sender.settings,
        user_id=sender.user_id,
        project_id=sender.project_id,
        video_id=None,
        role="annotator",
    )
    with socket.create_connection((url.host, url.port or 80)) as wire:
        head = (
            f"PUT /api/uploads/{upload_id}?offset=0 HTTP/1.1\r\nHost: test\r\n"
            f"Authorization: Bearer {token}\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        wire.sendall(head.encode() + data[:sent])
        yield wire


def wait_for_bytes(sender: Sender, upload_id: str, count: int) -> None:
    deadline = time.monotonic() + 10
    while sender.ask("GET", f"/{upload_id}").json()["offset"] != count:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_same_file_twice_is_recognised(sender: Sender, engine: Engine, film: bytes) -> None:
    first = sender.send(film).json()
    second = sender.send(film, name="copy.mp4", fingerprint="copy").json()
    assert second["duplicate"] and second["video_id"] == first["video_id"]
    assert "already in the project, as “walk.mp4”" in second["message"]
    assert len(videos(engine)) == 1


def test_another_project_shares_the_stored_file(
    sender: Sender, engine: Engine, film: bytes
) -> None:
    sender.send(film)
    with session(engine) as db:
        sender.project_id = create_project(db, name="Hip study").id
    assert not sender.send(film).json()["duplicate"]
    first, second = videos(engine)
    assert first.project_id != second.project_id and first.file == second.file


def test_a_file_that_had_failed_is_tried_again(sender: Sender, engine: Engine, film: bytes) -> None:
    first = sender.send(film).json()
    with session(engine) as db:
        job_rows.ended(db, first["job_id"], state="failed")
        set_failed(db, first["video_id"], "The disk is full.")
    second = sender.send(film).json()
    assert second["duplicate"] and second["job_id"] and "tried again" in second["message"]
    assert videos(engine)[0].state == "importing"


def test_a_lost_answer_is_given_again(sender: Sender, engine: Engine, film: bytes) -> None:
    path = f"/{sender.begin(film).json()['upload_id']}"
    first = sender.send(film).json()
    assert sender.ask("POST", f"{path}/finish").json() == first


def test_the_same_file_chosen_again_is_not_sent_again(
    sender: Sender, engine: Engine, film: bytes
) -> None:
    first = sender.send(film).json()
    begun = sender.begin(film, pseudonym="P-02").json()
    assert begun["offset"] == len(film)
    result = begun["result"]
    assert (result["video_id"], result["duplicate"]) == (first["video_id"], True)
    assert result["message"].endswith("already in the project, as “walk.mp4” of patient P-01.")
    with session(engine) as db:
        job_rows.ended(db, first["job_id"], state="cancelled")
        delete_video(db, first["video_id"])
    begun = sender.begin(film).json()
    assert begun["result"] is None and begun["offset"] == 0


def test_asking_to_finish_twice_at_once_makes_one_job(
    sender: Sender, engine: Engine, film: bytes
) -> None:
    path = f"/{sender.begin(film).json()['upload_id']}"
    sender.ask("PUT", path, film, offset=0)
    with ThreadPoolExecutor(4) as several:
        ends = [several.submit(sender.ask, "POST", f"{path}/finish") for _ in range(4)]
    answers = [end.result().json() for end in ends]
    assert all(answer == answers[0] for answer in answers) and not answers[0]["duplicate"]
    with reading(engine) as db:
        assert len(job_rows.active(db)) == 1


def test_who_may_only_look_imports_nothing(sender: Sender, film: bytes) -> None:
    path = f"/{sender.begin(film).json()['upload_id']}"
    sender.role = "therapist"
    assert "may look" in message(sender.begin(film), 403)
    for method, where in (
        ("PUT", path),
        ("GET", path),
        ("DELETE", path),
        ("POST", f"{path}/finish"),
    ):
        assert "may look" in message(sender.ask(method, where, b"x", offset=0), 403)


def test_patients_are_known_or_new_and_of_this_project(
    sender: Sender, engine: Engine, film: bytes
) -> None:
    with session(engine) as db:
        known = create_patient(db, project_id=sender.project_id, pseudonym="P-07")
        elsewhere = create_project(db, name="Hip study")
        stranger = create_patient(db, project_id=elsewhere.id, pseudonym="P-08")
    asked = {"patient_id": known.id, "pseudonym": ""}
    sender.send(film, **asked)
    assert videos(engine)[0].patient.pseudonym == "P-07"
    other = film + b"\0"
    for strange in (stranger.id, 10**6):
        asked = {"patient_id": strange, "pseudonym": ""}
        assert "does not belong to this project" in message(sender.begin(other, **asked), 422)
    sender.send(other, pseudonym=" P-07 ")
    assert {video.patient.id for video in videos(engine)} == {known.id}
    assert "patient" in message(sender.begin(film + b"\1", pseudonym=" "), 422)


def test_cancelling_removes_everything(sender: Sender, film: bytes) -> None:
    path = f"/{sender.begin(film).json()['upload_id']}"
    sender.ask("PUT", path, film[:1000], offset=0)
    assert sender.ask("DELETE", path).status_code == 200
    assert not list(sender.settings.uploads.iterdir())
    assert "no longer known" in message(sender.ask("PUT", path, b"x", offset=1000), 404)


def test_what_is_refused(sender: Sender, film: bytes) -> None:
    assert "empty" in message(sender.begin(b""), 422)
    assert "larger than" in message(sender.begin(film, size=10**12), 413)
    assert message(sender.ask("POST", "", b"[]"), 422)
    assert message(sender.ask("POST", "", b"\xff"), 422)
    assert message(sender.begin(film, size=float("inf")), 422)
    assert message(sender.begin(film, patient_id=10**30), 422)
    endless = sender.ask("POST", "", (b" " * 1024 for _ in range(10**6)))
    assert "too much" in message(endless, 413)
    path = f"/{sender.begin(film, size=100).json()['upload_id']}"
    assert "More arrived" in message(sender.ask("PUT", path, film, offset=0), 422)
    assert message(sender.ask("PUT", path, film), 422)
    for strange in ("/" + "a" * 32, "/%00", "/" + "é" * 32, "/..data"):
        assert "no longer known" in message(sender.ask("PUT", strange, b"x", offset=0), 404)
    sender.user_id += 1
    assert "no longer known" in message(sender.ask("GET", path), 404)
    assert message(sender.client.post("/api/uploads", content=b"{}"), 401)


def test_a_name_is_only_a_name(sender: Sender, engine: Engine, film: bytes) -> None:
    sender.send(film, name="../../../etc/passwd.mp4")
    assert videos(engine)[0].original_name == "passwd.mp4"
    assert videos(engine)[0].file.endswith("/original.mp4")


def test_a_full_disk_is_said_and_the_upload_can_go_on(sender: Sender, film: bytes) -> None:
    upload_id = sender.begin(film).json()["upload_id"]
    data = sender.settings.uploads / upload_id / "data"
    data.unlink()
    data.symlink_to("/dev/full")
    full = sender.ask("PUT", f"/{upload_id}", film[:1000], offset=0)
    assert "is full. Make room" in message(full, 507) and full.json()["offset"] == 0
    data.unlink()
    data.touch()
    assert sender.send(film).status_code == 200


def test_memory_stays_flat(sender: Sender, engine: Engine) -> None:
    size, piece = 160 << 20, bytes(1 << 20)
    path = f"/{sender.begin(b'x', size=size).json()['upload_id']}"
    before = resident()
    highest = before
    for offset in range(0, size, 16 << 20):

        def pieces() -> Iterator[bytes]:
            for _ in range(16):
                yield piece

        token = tokens.issue(
            sender.settings,
            user_id=sender.user_id,
            project_id=sender.project_id,
            video_id=None,
            role="annotator",
        )
        put = sender.client.put(
            f"/api/uploads{path}?offset={offset}",
            content=pieces(),
            headers={"Authorization": f"Bearer {token}", "Content-Length": str(16 << 20)},
        )
        assert put.json() == {"offset": offset + (16 << 20)}
        highest = max(highest, resident())
    assert highest - before < 48 << 20
    assert not videos(engine) and patients(engine) == 0


def resident() -> int:
    """Bytes of memory this process, the server included, holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def patients(engine: Engine) -> int:
    with reading(engine) as db:
        return db.query(Patient).count()
