"""The timeline in a real browser: edges that go together, boxes, groups, rows of other layers."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from db.annotations import apply_edit, ensure_annotation, find_annotation, list_segments
from db.engine import reading, session
from db.projects import list_classes
from db.users import create_user
from tests.browser.conftest import Application
from tests.review_app.desk_files import DeskProject, make_desk_project, open_desk, store_proposals
from tests.video_files import write_video

FRAMES = 500
Point = Callable[[float], tuple[float, float]]


@pytest.fixture(scope="module")
def web(application: Application) -> Application:
    application.start_web()
    return application


@pytest.fixture
def made(web: Application, tmp_path: Path, request: pytest.FixtureRequest) -> DeskProject:
    name = request.node.name[-40:]
    film = write_video(tmp_path / f"{name}.mp4", frames=FRAMES, barcode=False)
    made = make_desk_project(web.settings, web.engine, film)
    store_proposals(web.settings, web.engine, made, [("deep_squat", 17.0, 18.0, 0.9)], model=name)
    return made


def label(web: Application, made: DeskProject, user_id: int, *spans: tuple[int, int]) -> None:
    """Labels of the first class in somebody's layer."""
    with session(web.engine) as db:
        kind = list_classes(db, made.project_id)[0]
        layer = ensure_annotation(db, video_id=made.video_id, user_id=user_id)
        edit: dict[str, Any] = {
            "id": str(uuid.uuid4()),
            "base_revision": layer.revision,
            "kind": "add",
            "changes": [
                {
                    "op": "put",
                    "segment": {
                        "id": str(uuid.uuid4()),
                        "tier_id": kind.tier_id,
                        "class_id": kind.id,
                        "start_frame": start,
                        "end_frame": end,
                        "proposal_id": None,
                    },
                    "expects": None,
                }
                for start, end in spans
            ],
        }
        applied = apply_edit(db, layer.id, user_id, edit, made.index.times.tolist())
        assert applied.status == "applied"


def spans(web: Application, made: DeskProject) -> list[tuple[int, int]]:
    with reading(web.engine) as db:
        layer = find_annotation(db, video_id=made.video_id, user_id=made.user_id)
        assert layer is not None
        return sorted((one.start_frame, one.end_frame) for one in list_segments(db, layer.id))


def wait(web: Application, made: DeskProject, wanted: list[tuple[int, int]]) -> None:
    web.wait(lambda: spans(web, made) == wanted, 20, f"{wanted}; there are {spans(web, made)}")


def first_tier(page: Page) -> Point:
    """Where a frame boundary of the first tier is on the page."""
    axis = page.locator(".minimap .whole").bounding_box()
    tier = page.locator(".head[data-tier]").first.bounding_box()
    assert axis is not None and tier is not None
    y = tier["y"] + tier["height"] / 2
    return lambda frame: (axis["x"] + axis["width"] * frame / FRAMES, y)


def drag(page: Page, start: tuple[float, float], end: tuple[float, float], *keys: str) -> None:
    """With the keys held."""
    for key in keys:
        page.keyboard.down(key)
    page.mouse.move(*start)
    page.mouse.down()
    for share in (0.4, 0.8, 1.0):
        page.mouse.move(*(a + share * (b - a) for a, b in zip(start, end, strict=True)))
    page.mouse.up()
    for key in keys:
        page.keyboard.up(key)


def test_shared_edges_go_together_until_they_are_parted(
    web: Application, made: DeskProject, page: Page
) -> None:
    label(web, made, made.user_id, (100, 200), (200, 300))
    open_desk(page, web.address, made)
    at = first_tier(page)
    drag(page, at(200), at(240), "Alt")
    wait(web, made, [(100, 240), (240, 300)])
    expect(page.locator('.desk[data-frame="239"], .desk[data-frame="240"]')).to_be_visible()
    drag(page, (at(240)[0] + 1, at(240)[1]), at(270), "Alt", "Control")
    wait(web, made, [(100, 240), (270, 300)])
    drag(page, at(240), at(290), "Alt")  # the tier has no overlaps: the edge stops
    wait(web, made, [(100, 270), (270, 300)])


def test_edges_stick_to_what_is_near_unless_alt_is_held(
    web: Application, made: DeskProject, page: Page
) -> None:
    label(web, made, made.user_id, (100, 200))
    open_desk(page, web.address, made)
    at = first_tier(page)
    start = page.locator('.head[data-row^="model"]')
    expect(start).to_be_visible()
    drag(page, at(200), at(422))  # the proposal begins at 425
    wait(web, made, [(100, 425)])
    drag(page, at(425), at(421), "Alt")
    wait(web, made, [(100, 421)])


def test_a_box_chooses_and_a_drag_moves_all_that_is_chosen(
    web: Application, made: DeskProject, page: Page
) -> None:
    label(web, made, made.user_id, (50, 80), (100, 130), (300, 330))
    open_desk(page, web.address, made)
    at = first_tier(page)
    drag(page, at(20), at(140), "Shift")
    drag(page, at(65), at(105), "Alt")
    wait(web, made, [(90, 120), (140, 170), (300, 330)])
    page.keyboard.press("Escape")
    page.mouse.click(*at(155))
    page.keyboard.down("Control")
    page.mouse.click(*at(315))
    page.keyboard.up("Control")
    drag(page, at(315), at(345), "Alt")
    wait(web, made, [(90, 120), (170, 200), (330, 360)])
    page.keyboard.press("Control+z")  # one edit for both
    wait(web, made, [(90, 120), (140, 170), (300, 330)])


def test_rows_are_folded_hidden_and_added_by_their_buttons(
    web: Application, made: DeskProject, page: Page
) -> None:
    with session(web.engine) as db:
        other = create_user(db, name="Kim <b>Osei</b>", role="annotator").id
    label(web, made, other, (10, 60))
    open_desk(page, web.address, made)
    names = page.get_by_role("list", name="Rows")
    unfold = names.get_by_role("button", name="Unfold Kim <b>Osei</b>")
    expect(unfold).to_have_attribute("aria-expanded", "false")
    unfold.focus()
    page.keyboard.press("Enter")
    expect(names.get_by_role("button", name="Fold Kim <b>Osei</b>")).to_be_visible()
    hide = names.get_by_role("button", name="Hide Phases")
    hide.focus()
    page.keyboard.press("Space")
    expect(names.get_by_role("button", name="Show Phases")).to_be_visible()

    page.get_by_role("button", name="Add rows").click()
    choices = page.get_by_role("dialog", name="Rows of the timeline")
    choices.get_by_role("button", name="Left knee").click()
    page.keyboard.press("Escape")
    expect(choices).to_be_hidden()
    knee = names.get_by_role("listitem").filter(has_text="Left knee")
    expect(knee.locator(".value")).to_have_text("unknown")  # the joints of this test do not bend
