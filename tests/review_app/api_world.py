"""A served recording and people of every role who ask about it."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine

from db.engine import create_engine, session
from db.users import create_user
from review_app.data_folder import prepare_data_folder
from review_app.settings import Settings
from tests.review_app.desk_files import DeskProject, make_desk_project
from tests.review_app.desk_server import serving, signed, this_process
from tests.video_files import write_video

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Person:
    """Somebody with a token; asks on the recording of `world`."""

    world: "World"
    user_id: int
    name: str
    header: dict[str, str] = field(repr=False)

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self.world.client.request(method, f"/api/{path}", headers=self.header, **options)

    def got(self, method: str, path: str, **options: Any) -> Any:
        answer = self.ask(method, path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def open(self) -> dict[str, Any]:
        """What the desk opens with."""
        opened: dict[str, Any] = self.got("GET", f"videos/{self.world.made.video_id}/timeline")
        return opened

    def own(self) -> dict[str, Any]:
        """The person's own layer."""
        return next(layer for layer in self.open()["layers"] if layer["own"])

    def edit(self, layer_id: int, *edits: dict[str, Any], since: int | None = None) -> Any:
        body = {"edits": list(edits), "since": since}
        return self.got("POST", f"annotations/{layer_id}/edits", json=body)

    def refused(self, status: int, method: str, path: str, **options: Any) -> str:
        """The sentence of a refusal with this status."""
        answer = self.ask(method, path, **options)
        assert answer.status_code == status, answer.text
        return str(answer.json()["message"])


@dataclass(frozen=True)
class World:
    settings: Settings
    engine: Engine
    made: DeskProject
    client: httpx.Client

    def person(self, role: str = "annotator") -> Person:
        """Somebody new."""
        name = f"Person {next(_numbers)}"
        with session(self.engine) as db:
            user_id = create_user(db, name=name, role=role).id
        header = signed(self.settings, self.made, user_id=user_id, role=role)
        return Person(self, user_id, name, header)


@contextmanager
def served_world(folder: Path) -> Iterator[World]:
    """A recording of 100 frames, imported and served."""
    settings = Settings(data_folder=folder / "data")
    prepare_data_folder(settings)
    engine = create_engine(settings.labels_url)
    with this_process(settings):
        made = make_desk_project(settings, engine, write_video(folder / "walk.mp4", frames=100))
        with serving() as client:
            yield World(settings, engine, made, client)
    engine.dispose()
