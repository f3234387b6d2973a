"""The review desk in a real browser: labels by mouse and keyboard, and none of them ever lost."""

import uuid

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from db import jobs
from db.engine import session
from db.models import Class
from tests.browser.desk_pages import (
    PROPOSED,
    Stored,
    Web,
    cut_off,
    drag_in_tier,
    go_to,
    labels,
    status,
    wait_saved,
)
from tests.review_app.desk_files import DeskProject, open_desk, store_proposals


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
    page.keyboard.press("f")  # not all of it was looked at; again, it is finished all the same
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
    frames = list(range(0, 500, 50))  # one after the other: here labels do not overlap
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
    page.keyboard.press("Control+z")  # what the other page did: it is the same person
    expect(labels(other)).to_have_count(1)
    wait_saved(page)
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
    expect(notice).to_contain_text("Now there: Deep squat, 0:00.00 to 0:02.04. Yours: deleted.")
    notice.get_by_role("button", name="Keep theirs").click()
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
