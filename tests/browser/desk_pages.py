"""The review desk in a real browser: its web server, what it has stored, and hands on the page."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from db.annotations import apply_edit, find_annotation, list_segments
from db.engine import reading, session
from db.history import list_edits
from db.layers import as_json
from db.models import Class
from tests.review_app.desk_files import DeskProject, Proposed

if TYPE_CHECKING:
    from tests.browser.conftest import Application

PROPOSED: list[Proposed] = [
    ("deep_squat", 1.0, 3.0, 0.97),
    ("deep_squat", 4.0, 6.0, 0.93),
    ("side_lunge", 7.0, 8.5, 0.88),
]


class Web:
    """The application's web server, which may be killed and started again on its port."""

    def __init__(self, application: "Application") -> None:
        self.application = application
        self.settings, self.engine = application.settings, application.engine
        self.address = application.address
        self.wait = application.wait
        self.start()

    def start(self) -> None:
        self._process = self.application.start_web()

    def kill(self) -> None:
        self.application.kill(self._process)


@dataclass(frozen=True)
class Stored:
    """What the database holds of the person's layer."""

    web: Web
    made: DeskProject

    def segments(self) -> list[tuple[str, int, int]]:
        with reading(self.web.engine) as db:
            layer = find_annotation(db, video_id=self.made.video_id, user_id=self.made.user_id)
            rows = list_segments(db, layer.id) if layer else []
            names = {kind.id: kind.name for kind in db.scalars(select(Class))}
            return [(names[row.class_id], row.start_frame, row.end_frame) for row in rows]

    def edits(self) -> list[str]:
        with reading(self.web.engine) as db:
            layer = find_annotation(db, video_id=self.made.video_id, user_id=self.made.user_id)
            return [edit.operation["kind"] for edit in list_edits(db, layer.id)] if layer else []

    def end_one_later(self) -> None:
        """The only segment, by the same person but none of the pages of this test."""
        with session(self.web.engine) as db:
            layer = find_annotation(db, video_id=self.made.video_id, user_id=self.made.user_id)
            assert layer is not None and layer.user_id is not None
            now = as_json(db, layer.id)["segments"][0]
            expects = now.pop("last_edit")
            longer = {**now, "end_frame": now["end_frame"] + 1}
            edit = {
                "id": str(uuid.uuid4()),
                "base_revision": layer.revision,
                "kind": "resize",
                "changes": [{"op": "put", "segment": longer, "expects": expects}],
            }
            times = self.made.index.times.tolist()
            assert apply_edit(db, layer.id, layer.user_id, edit, times).status == "applied"

    def wait(self, true: Callable[["Stored"], bool]) -> None:
        self.web.wait(lambda: true(self), 20, f"edits; there are {self.segments()}")


def labels(page: Page) -> Locator:
    return page.locator(".row.label")


def wait_saved(page: Page) -> None:
    expect(page.locator('.saving[data-status="saved"]')).to_be_visible(timeout=30_000)


def go_to(page: Page, frame: int) -> None:
    page.keyboard.press("g")
    page.keyboard.type(str(frame))
    page.keyboard.press("Enter")
    expect(page.locator(f'.desk[data-frame="{frame}"]')).to_be_visible(timeout=20_000)


def in_tier(page: Page, frame: float) -> tuple[float, float]:
    """Where a frame of the recording lies in the first tier."""
    axis = page.locator(".minimap .whole").bounding_box()
    tier = page.locator(".head[data-tier]").first.bounding_box()
    assert axis is not None and tier is not None
    return axis["x"] + axis["width"] * frame / 500, tier["y"] + tier["height"] / 2


def drag_in_tier(page: Page, from_frame: float, to_frame: float) -> None:
    """With the mouse along the first tier."""
    page.mouse.move(*in_tier(page, from_frame))
    page.mouse.down()
    for part in (0.3, 0.7, 1):
        page.mouse.move(*in_tier(page, from_frame + (to_frame - from_frame) * part))
    page.mouse.up()


def cut_off(page: Page) -> None:
    """From now on this page's edits do not reach the server, until `unroute_all`."""
    page.route("**/edits*", lambda route: route.abort())


def status(page: Page) -> Locator:
    return page.locator(".saving")
