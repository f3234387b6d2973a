"""Steps and playing as a person likes them, at the desk and after a reload."""

from playwright.sync_api import Page, expect

from tests.browser.desk_pages import Web, go_to
from tests.review_app.desk_files import DeskProject, open_desk


def frame_shown(page: Page, frame: int) -> None:
    expect(page.locator(f'.desk[data-frame="{frame}"]')).to_be_visible(timeout=20_000)


def test_the_steps_are_the_persons_own(web: Web, made: DeskProject, page: Page) -> None:
    open_desk(page, web.address, made)
    go_to(page, 100)
    page.keyboard.press("Shift+ArrowRight")
    frame_shown(page, 110)
    page.get_by_title("Steps and playing").click()
    page.get_by_label("Long step").fill("25")
    with page.expect_response("**/api/preferences/steps*"):
        page.keyboard.press("Tab")
    page.reload()
    expect(page.locator('.desk[data-ready="true"]')).to_be_visible(timeout=60_000)
    go_to(page, 100)
    page.keyboard.press("Shift+ArrowRight")
    frame_shown(page, 125)
    page.keyboard.press("ArrowLeft")
    frame_shown(page, 124)


def test_k_held_plays_slowly_until_it_is_let_go(web: Web, made: DeskProject, page: Page) -> None:
    open_desk(page, web.address, made)
    speed = page.get_by_label("Speed", exact=True)
    page.keyboard.down("k")
    page.keyboard.down("l")
    expect(speed).not_to_have_value("1")
    page.keyboard.up("l")
    page.keyboard.up("k")
    expect(speed).to_have_value("1")
