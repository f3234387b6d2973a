"""Whatever a person does at the desk: the page and the server agree, and undo gives the start.

The desk's own modules in the browser, the real route and database behind them.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page
from sqlalchemy import Engine

from review_app.settings import ROOT, Settings
from tests.review_app.desk_files import DeskProject, make_desk_project
from tests.review_app.desk_server import add_edit, serving, signed, this_process, token
from tests.video_files import write_video

NOTHING: tuple[Any, Any, Any] = ([], [], [])
RUN = """async ([name, parts]) => (await import("/modules/random_desk.js"))[name](parts)"""


@pytest.fixture
def made(settings: Settings, engine: Engine, tmp_path: Path) -> Iterator[DeskProject]:
    film = write_video(tmp_path / "walk.mp4", frames=60, barcode=False)
    with this_process(settings):
        yield make_desk_project(settings, engine, film)


@pytest.fixture
def client(made: DeskProject) -> Iterator[httpx.Client]:
    with serving() as opened:
        yield opened


class Labels:
    """The labels of the recording on the server, and the browser that works on them."""

    def __init__(self, client: httpx.Client, settings: Settings, made: DeskProject) -> None:
        self.client, self.made = client, made
        self.token = token(settings, made)
        self.who = signed(settings, made)
        opened = self.opened()
        edits = [add_edit(opened), add_edit(opened, start_frame=35, end_frame=50)]
        path = f"/api/annotations/{own(opened)['id']}/edits"
        client.post(path, json={"edits": edits}, headers=self.who)

    def opened(self) -> dict[str, Any]:
        path = f"/api/videos/{self.made.video_id}/timeline"
        answer: dict[str, Any] = self.client.get(path, headers=self.who).json()
        return answer

    def run(self, page: Page, name: str, seed: int, steps: int) -> dict[str, Any]:
        page.route(
            "**/modules/*",
            lambda route: route.fulfill(
                path=ROOT / "tests/browser/modules" / route.request.url.rsplit("/", 1)[1]
            ),
        )
        page.goto(f"{self.client.base_url}/api/ui/timeline/package.json")
        parts = {"token": self.token, "opened": self.opened(), "seed": seed, "steps": steps}
        answer: dict[str, Any] = page.evaluate(RUN, [name, parts])
        return answer


@pytest.fixture
def labels(client: httpx.Client, settings: Settings, made: DeskProject) -> Labels:
    return Labels(client, settings, made)


def own(opened: dict[str, Any]) -> dict[str, Any]:
    """The person's own layer in what /timeline answered."""
    layer: dict[str, Any] = next(layer for layer in opened["layers"] if layer["own"])
    return layer


def seen(layer: dict[str, Any]) -> tuple[Any, Any, Any]:
    """What a person sees of it."""
    fields = ("id", "class_id", "tier_id", "start_frame", "end_frame", "proposal_id", "unsure")
    rows = sorted(tuple(row.get(name, False) for name in fields) for row in layer["segments"])
    return rows, layer["finished"], sorted(row["id"] for row in layer["comments"])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_undoing_everything_gives_the_start(page: Page, labels: Labels, seed: int) -> None:
    ended = labels.run(page, "alone", seed, steps=80)
    assert ended["refused"] > 0
    assert seen(ended["after"]) != NOTHING
    assert seen(ended["undone"]) == NOTHING  # also what was there when the page was opened
    assert seen(own(labels.opened())) == NOTHING


@pytest.mark.parametrize("seed", [7, 8])
def test_undo_survives_a_reload(page: Page, labels: Labels, seed: int) -> None:
    labels.run(page, "together", seed, steps=120)
    assert seen(own(labels.opened())) != NOTHING
    undone = labels.run(page, "undone", seed, steps=0)
    assert seen(undone) == seen(own(labels.opened())) == NOTHING


@pytest.mark.parametrize("seed", [4, 5, 6])
def test_two_pages_end_with_what_the_server_holds(page: Page, labels: Labels, seed: int) -> None:
    ended = labels.run(page, "together", seed, steps=80)
    held = own(labels.opened())
    assert ended["refused"] > 0
    for shown in ended["shown"]:
        assert seen(shown) == seen(held)
        assert {row["id"]: row["last_edit"] for row in shown["segments"]} == {
            row["id"]: row["last_edit"] for row in held["segments"]
        }
