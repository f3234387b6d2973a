"""The review desk in a real browser: labels by mouse and keyboard, and none of them ever lost."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from db import jobs
from db.annotations import apply_edit, find_annotation, list_segments
from db.engine import reading, session
from db.history import list_edits
from db.layers import as_json
from db.models import Class
from tests.browser.conftest import Application
from tests.review_app.desk_files import (
    DeskProject,
    Proposed,
    make_desk_project,
    open_desk,
    store_proposals,
)
from tests.video_files import write_video

PROPOSED: list[Proposed] = [
    ("deep_squat", 1.0, 3.0, 0.93),
    ("deep_squat", 4.0, 6.0, 0.81),
    ("side_lunge", 7.0, 8.5, 0.62),
]


class Web:
    """The application's web server, which may be killed and started again on its port."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.settings, self.engine = application.settings, application.engine
        self.address = application.address
        self.wait = application.wait
        self.start()

    def start(self) -> None:
        self._process = self.application.start_web()

    def kill(self) -> None:
        self.application.kill(self._process)


@pytest.fixture(scope="module")
def web(application: Application) -> Web:
    return Web(application)


@pytest.fixture
def imported(web: Web, tmp_path: Path, request: pytest.FixtureRequest) -> DeskProject:
    """A project of its own for each test, with a recording of 20 s at 25 frames a second."""
    film = write_video(tmp_path / f"{request.node.name[-40:]}.mp4", frames=500, barcode=False)
    return make_desk_project(web.settings, web.engine, film)


@pytest.fixture
def made(web: Web, imported: DeskProject, request: pytest.FixtureRequest) -> DeskProject:
    """The same with three proposals."""
    store_proposals(web.settings, web.engine, imported, PROPOSED, model=request.node.name)
    return imported


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
            assert layer is not None
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


@pytest.fixture
def stored(web: Web, made: DeskProject) -> Stored:
    return Stored(web, made)


def labels(page: Page) -> Locator:
    return page.locator(".row.label")


def wait_saved(page: Page) -> None:
    expect(page.locator('.saving[data-status="saved"]')).to_be_visible(timeout=30_000)


def go_to(page: Page, frame: int) -> None:
    page.keyboard.press("g")
    page.keyboard.type(str(frame))
    page.keyboard.press("Enter")
    expect(page.locator(f'.desk[data-frame="{frame}"]')).to_be_visible(timeout=20_000)


def drag_in_tier(page: Page, from_frame: float, to_frame: float) -> None:
    """With the mouse along the first tier."""
    axis = page.locator(".minimap .whole").bounding_box()
    tier = page.locator(".head[data-tier]").first.bounding_box()
    assert axis is not None and tier is not None

    def x(frame: float) -> float:
        return axis["x"] + axis["width"] * frame / 500

    y = tier["y"] + tier["height"] / 2
    page.mouse.move(x(from_frame), y)
    page.mouse.down()
    for part in (0.3, 0.7, 1):
        page.mouse.move(x(from_frame + (to_frame - from_frame) * part), y)
    page.mouse.up()


def test_labels_made_by_mouse_and_keyboard_are_there_after_a_reload(
    web: Web, made: DeskProject, stored: Stored, page: Page
) -> None:
    open_desk(page, web.address, made)
    page.keyboard.press("n")  # the first proposal, then accept it
    page.keyboard.press("Enter")
    stored.wait(lambda now: now.segments() == [("deep_squat", 25, 75)])

    drag_in_tier(page, 75, 90)  # its end; the picture goes along
    stored.wait(lambda now: now.segments() == [("deep_squat", 25, 90)])
    expect(page.locator('.desk[data-frame="89"][data-confirmed="true"]')).to_be_visible()

    page.keyboard.press("Escape")
    go_to(page, 400)
    page.keyboard.press("a")
    page.keyboard.press("3")
    page.keyboard.press("p")
    stored.wait(lambda now: ("inline_lunge", 400, 451) in now.segments())
    page.keyboard.press(".")  # the whole of it a frame later, and back
    stored.wait(lambda now: ("inline_lunge", 401, 452) in now.segments())
    page.keyboard.press(",")
    stored.wait(lambda now: ("inline_lunge", 400, 451) in now.segments())
    wait_saved(page)
    both = stored.segments()

    page.reload()
    expect(labels(page)).to_have_count(2, timeout=60_000)
    expect(labels(page).nth(0)).to_contain_text("Deep squat")
    expect(labels(page).nth(1)).to_contain_text("Inline lunge")
    assert stored.segments() == both == [("deep_squat", 25, 90), ("inline_lunge", 400, 451)]


def test_everything_can_be_undone_and_done_again(
    web: Web, made: DeskProject, stored: Stored, page: Page
) -> None:
    open_desk(page, web.address, made)
    drag_in_tier(page, 300, 350)  # a new segment
    page.keyboard.press("4")
    go_to(page, 320)
    page.keyboard.press("s")
    page.keyboard.press("Delete")
    page.keyboard.press("f")
    stored.wait(lambda now: len(now.edits()) == 5)
    after = stored.segments()
    assert len(after) == 1 and after[0][0] == "side_lunge" and after[0][2] == 320
    expect(page.locator(".progress")).to_contain_text("100 % finished")

    for _ in range(5):
        page.keyboard.press("Control+z")
    stored.wait(lambda now: len(now.edits()) == 10)
    assert stored.segments() == []
    expect(page.locator(".progress")).to_contain_text("0 % finished · 3 to review")
    for _ in range(5):
        page.keyboard.press("Control+Shift+Z")
    stored.wait(lambda now: len(now.edits()) == 15)
    assert stored.segments() == after


def test_proposals_are_accepted_corrected_relabelled_and_turned_down(
    web: Web, made: DeskProject, stored: Stored, page: Page
) -> None:
    open_desk(page, web.address, made)
    expect(page.locator(".progress")).to_contain_text("3 to review")
    page.keyboard.press("Enter")  # to the first
    page.keyboard.press("w")  # its start a frame later: accepted with that
    stored.wait(lambda now: now.segments() == [("deep_squat", 26, 75)])
    page.keyboard.press("Enter")  # to the second
    page.keyboard.press("2")  # accepted as another class
    stored.wait(lambda now: ("hurdle_step", 100, 150) in now.segments())
    page.keyboard.press("n")
    page.keyboard.press("Delete")
    expect(page.locator(".progress")).to_contain_text("nothing to review")
    wait_saved(page)
    assert stored.edits() == ["accept", "accept", "turn down"]


def test_a_killed_web_server_loses_no_edit(
    web: Web, made: DeskProject, stored: Stored, page: Page
) -> None:
    open_desk(page, web.address, made)
    frames = list(range(10, 490, 40))
    for n, frame in enumerate(frames):
        go_to(page, frame)
        page.keyboard.press("Escape")
        page.keyboard.press("a")
        if n == 3:
            web.kill()
        if n == 7:
            expect(page.locator('.saving[data-status="offline"]')).to_be_visible()
    expect(labels(page).first).to_be_visible()
    web.start()
    wait_saved(page)
    expect(page.locator('.desk[data-confirmed="true"]')).to_be_visible(timeout=20_000)
    stored.wait(lambda now: len(now.segments()) == len(frames))
    assert [start for _, start, _ in stored.segments()] == frames
    assert stored.edits() == ["add"] * len(frames)


def test_edits_of_a_page_closed_while_offline_arrive_with_the_next(
    web: Web, made: DeskProject, stored: Stored, page: Page
) -> None:
    open_desk(page, web.address, made)
    go_to(page, 100)
    page.context.set_offline(True)
    page.keyboard.press("a")
    expect(page.locator('.saving[data-status="offline"]')).to_be_visible()
    page.close()
    assert stored.segments() == []
    page.context.set_offline(False)
    following = page.context.new_page()
    open_desk(following, web.address, made)
    expect(labels(following)).to_have_count(1)
    stored.wait(lambda now: [start for _, start, _ in now.segments()] == [100])


def cut_off(page: Page) -> None:
    """From now on this page's edits do not reach the server, until `unroute_all`."""
    page.route("**/edits*", lambda route: route.abort())


def status(page: Page) -> Locator:
    return page.locator(".saving")


def test_two_pages_show_each_others_edits(
    web: Web, made: DeskProject, stored: Stored, page: Page
) -> None:
    open_desk(page, web.address, made)
    other = page.context.new_page()
    open_desk(other, web.address, made)
    cut_off(page)
    page.keyboard.press("a")
    expect(status(page)).to_have_text("Offline, 1 edit kept here")
    other.reload()  # takes along what the first page cannot deliver
    expect(labels(other)).to_have_count(1, timeout=60_000)
    stored.wait(lambda now: now.edits() == ["add"])
    expect(status(page)).to_have_text("Offline, 1 edit kept here")
    page.unroute_all()
    wait_saved(page)
    other.keyboard.press("ArrowDown")
    other.keyboard.press("Delete")
    expect(labels(page)).to_have_count(0)
    page.keyboard.press("Control+z")  # its own edit, gone already
    expect(page.locator(".notice.refused")).to_contain_text("1 edit was not applied")
    other.keyboard.press("Control+z")
    expect(labels(page)).to_have_count(1)
    assert stored.edits() == ["add", "delete", "undo delete"]


@pytest.mark.parametrize("closed", [False, True], ids=["page stays", "page was closed"])
def test_a_stale_edit_gives_way_to_the_newer_one(
    web: Web, made: DeskProject, stored: Stored, page: Page, closed: bool
) -> None:
    open_desk(page, web.address, made)
    page.keyboard.press("a")
    wait_saved(page)
    cut_off(page)
    stored.end_one_later()  # on another computer
    page.keyboard.press("Delete")
    expect(labels(page)).to_have_count(0)
    stale = page
    if closed:
        stale = page.context.new_page()
        page.close()
        open_desk(stale, web.address, made)
    stale.unroute_all()
    notice = stale.locator(".notice.refused")
    expect(notice).to_contain_text("This segment was changed in the meantime.", timeout=20_000)
    expect(status(stale)).to_have_text("1 edit refused")
    expect(labels(stale)).to_have_count(1)
    assert [end for _, _, end in stored.segments()] == [51]
    notice.get_by_role("button").click()
    wait_saved(stale)
    stale.keyboard.press("ArrowDown")
    stale.keyboard.press("Delete")  # knowing what it deletes
    stored.wait(lambda now: now.segments() == [])


def test_edits_that_are_not_saved_are_told(web: Web, made: DeskProject, page: Page) -> None:
    page.add_init_script(
        """const keep = Storage.prototype.setItem;
        Storage.prototype.setItem = function (key, text) {
          if (key.startsWith("rehab-review/outbox/") && !text.includes("elsewhere")) {
            throw new Error("QuotaExceededError");
          }
          keep.call(this, key, text);
        };"""
    )
    open_desk(page, web.address, made)
    cut_off(page)
    page.keyboard.press("a")
    expect(status(page)).to_have_text("Offline, 1 edit only in this page")
    page.unroute_all()
    wait_saved(page)
    page.evaluate(
        """() => localStorage.setItem("rehab-review/outbox/other/9/000000000000001-x",
          JSON.stringify({ edit: { id: "x", changes: [] }, video: 9, name: "elsewhere.mp4" }))"""
    )
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    told = page.locator(".notice", has_text="to save 1 edit made there")
    expect(told.get_by_role("link", name="Open “elsewhere.mp4”")).to_be_visible()
    page.goto(f"{web.address}/training")
    expect(told).to_be_visible(timeout=30_000)
    page.evaluate("localStorage.removeItem('rehab-review/outbox/other/9/000000000000001-x')")
    expect(told).to_have_count(0, timeout=10_000)


def test_proposals_appear_when_their_job_is_done(
    web: Web, imported: DeskProject, page: Page
) -> None:
    with session(web.engine) as db:
        job = jobs.create(
            db,
            id=str(uuid.uuid4()),
            kind="propose",
            project_id=imported.project_id,
            video_id=imported.video_id,
        )
        jobs.started(db, job.id)
        jobs.report(
            db, job.id, stage="Following the patient", done=5, total=20, speed=2.5, remaining_s=70.0
        )
    open_desk(page, web.address, imported)
    expect(
        page.get_by_text("Following the patient · 25% · 2.5x real time · 1:10 left")
    ).to_be_visible()
    page.keyboard.press("a")  # work goes on meanwhile
    store_proposals(web.settings, web.engine, imported, PROPOSED, model="finished")
    with session(web.engine) as db:
        jobs.ended(db, job.id, state="done")
    expect(page.locator(".progress")).to_contain_text("3 to review", timeout=20_000)
    expect(labels(page)).to_have_count(1)
    expect(page.get_by_role("progressbar")).to_have_count(0)


def test_names_are_only_text(web: Web, made: DeskProject, page: Page) -> None:
    evil = "<img src=x onerror=alert(1)>" + "ش" * 40
    with session(web.engine) as db:
        squats = select(Class).filter_by(project_id=made.project_id, name="deep_squat")
        db.scalars(squats).one().name = evil
    page.on("dialog", lambda dialog: pytest.fail("a name was run as a script"))
    open_desk(page, web.address, made)
    page.keyboard.press("a")
    expect(labels(page).first).to_have_attribute("title", evil)
    assert page.locator(".desk img").count() == 0
