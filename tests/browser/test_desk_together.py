"""Several pages and several people on one recording: each sees the others, and nothing is lost."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from db.engine import session
from db.users import create_user
from tests.browser.desk_pages import (
    Stored,
    Web,
    cut_off,
    go_to,
    in_tier,
    labels,
    status,
    wait_saved,
)
from tests.review_app.desk_files import DeskProject, open_desk

LAYER = "Layer worked on"


@pytest.fixture
def colleague(web: Web, made: DeskProject, browser: Browser) -> Iterator[Page]:
    """The desk of another person, in a browser of their own."""
    with session(web.engine) as db:
        user = create_user(db, name=f"Kim {made.video_id}", role="annotator")
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    opened = context.new_page()
    open_desk(opened, web.address, replace(made, user_id=user.id))
    yield opened
    context.close()


def test_two_people_work_on_the_agreed_result(
    web: Web, made: DeskProject, page: Page, colleague: Page
) -> None:
    open_desk(page, web.address, made)
    expect(page.locator(".people")).to_contain_text(f"Also here: Kim {made.video_id}")
    page.get_by_label(LAYER).select_option("Start the agreed result")
    expect(page.get_by_label(LAYER).locator("option:checked")).to_have_text("Agreed result")
    page.keyboard.press("a")
    expect(labels(page)).to_have_count(1)
    expect(labels(colleague)).to_have_count(0)  # works on their own layer
    colleague.get_by_label(LAYER).select_option("Agreed result")
    expect(labels(colleague)).to_have_count(1)
    colleague.keyboard.press("ArrowDown")
    colleague.keyboard.press("3")  # another class
    expect(labels(page).first).to_contain_text("Inline lunge")

    page.keyboard.press("Control+z")  # the colleague has changed it since
    expect(page.get_by_text("Nothing to undo.")).to_be_visible()
    colleague.keyboard.press("Control+z")
    expect(labels(page).first).to_contain_text("Deep squat")
    page.keyboard.press("Control+z")  # now it is as it was made
    expect(labels(colleague)).to_have_count(0)
    wait_saved(page)
    page.get_by_label(LAYER).select_option("My labels")
    page.keyboard.press("a")
    expect(labels(page)).to_have_count(1)
    expect(labels(colleague)).to_have_count(0)


def test_a_refused_edit_can_be_made_again(
    web: Web, made: DeskProject, stored: Stored, page: Page
) -> None:
    open_desk(page, web.address, made)
    page.keyboard.press("a")
    wait_saved(page)
    cut_off(page)
    stored.end_one_later()  # on another computer
    page.keyboard.press("3")
    page.unroute_all()
    notice = page.locator(".notice.refused")
    expect(notice).to_contain_text("Yours: Inline lunge, 0:00.00 to 0:02.00.", timeout=20_000)
    expect(labels(page).first).to_contain_text("Deep squat")
    notice.get_by_role("button", name="Use mine").click()
    expect(notice).to_have_count(0)
    stored.wait(lambda now: now.segments() == [("inline_lunge", 0, 50)])
    wait_saved(page)


def test_several_labels_are_changed_by_one_edit(
    web: Web, made: DeskProject, stored: Stored, page: Page
) -> None:
    open_desk(page, web.address, made)
    page.keyboard.press("a")
    go_to(page, 100)
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    page.keyboard.press("Escape")
    page.mouse.click(*in_tier(page, 25))
    page.keyboard.down("Control")
    page.mouse.click(*in_tier(page, 125))
    page.keyboard.up("Control")
    page.keyboard.press("3")
    page.keyboard.press(",")  # the first is at the start: neither moves
    page.keyboard.press("p")
    lunges = [("inline_lunge", 0, 51), ("inline_lunge", 100, 151)]
    stored.wait(lambda now: now.segments() == lunges)
    page.keyboard.press("m")
    stored.wait(lambda now: now.segments() == [("inline_lunge", 0, 151)])
    page.keyboard.press("Control+z")
    stored.wait(lambda now: now.segments() == lunges)
    assert stored.edits() == ["add", "add", "relabel", "resize", "merge", "undo merge"]


def test_undo_goes_on_after_a_reload(
    web: Web, made: DeskProject, stored: Stored, page: Page
) -> None:
    open_desk(page, web.address, made)
    page.keyboard.press("a")
    page.keyboard.press("3")
    page.keyboard.press("Delete")
    wait_saved(page)
    page.reload()
    expect(page.locator('.desk[data-ready="true"]')).to_be_visible(timeout=60_000)
    page.keyboard.press("Control+z")
    expect(labels(page).first).to_contain_text("Inline lunge")
    page.keyboard.press("Control+z")
    expect(labels(page).first).to_contain_text("Deep squat")
    wait_saved(page)
    page.reload()
    expect(page.locator('.desk[data-ready="true"]')).to_be_visible(timeout=60_000)
    page.keyboard.press("Control+Shift+Z")
    page.keyboard.press("Control+Shift+Z")
    expect(labels(page)).to_have_count(0)
    wait_saved(page)
    kinds = ["add", "relabel", "delete", "undo delete", "undo relabel"]
    assert stored.edits() == [*kinds, "redo relabel", "redo delete"]


def test_labels_of_a_tier_without_overlaps_stop_at_each_other(
    web: Web, made: DeskProject, stored: Stored, page: Page
) -> None:
    open_desk(page, web.address, made)
    page.keyboard.press("a")  # two seconds from the start
    page.keyboard.press("Escape")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("a")  # its second half is free
    stored.wait(lambda now: [span[1:] for span in now.segments()] == [(0, 50), (50, 80)])
    page.keyboard.press("q")  # no room to start earlier
    page.keyboard.press("p")
    stored.wait(lambda now: [span[1:] for span in now.segments()] == [(0, 50), (50, 81)])
    expect(status(page)).to_have_text("Saved")
