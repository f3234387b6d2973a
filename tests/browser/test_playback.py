"""Playing, and what is chosen in the picture: loop, speed, backwards, the list of keys, patient."""

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from db.engine import reading
from db.models import Video
from tests.browser.conftest import Application
from tests.review_app.desk_files import DeskProject, make_desk_project, open_desk, store_proposals
from tests.video_files import write_video

SIZE = (320, 240)
LEFT, RIGHT = [10, 20, 110, 220], [200, 20, 300, 220]  # two people's boxes, pixels
TICKS = 90
EVERY_FRAME = """desk => {
  window.shown = [];
  const keep = () => window.shown.push(Number(desk.dataset.frame));
  new MutationObserver(keep).observe(desk, { attributeFilter: ["data-frame"] });
}"""


@pytest.fixture(scope="module")
def made(application: Application, tmp_path_factory: pytest.TempPathFactory) -> DeskProject:
    """Six seconds with two people and one proposal, from frame 50 to 75."""
    application.start_web()
    film = write_video(tmp_path_factory.mktemp("film") / "two.mp4", frames=150, size=SIZE)
    made = make_desk_project(application.settings, application.engine, film)
    boxes = np.array([LEFT, RIGHT], np.float32)[:, None].repeat(TICKS, axis=1)
    proposed = [("deep_squat", 2.0, 3.0, 0.9)]
    store_proposals(application.settings, application.engine, made, proposed, boxes=boxes)
    return made


@pytest.fixture
def desk(application: Application, made: DeskProject, page: Page) -> Locator:
    open_desk(page, application.address, made)
    return page.locator(".desk")


def frame(desk: Locator) -> int:
    return int(desk.get_attribute("data-frame") or -1)


def test_the_selection_is_looped_at_the_chosen_speed(
    application: Application, desk: Locator, page: Page
) -> None:
    page.keyboard.press("n")
    expect(page.locator('.desk[data-frame="50"]')).to_be_visible()
    page.keyboard.press(">")
    page.keyboard.press(">")
    desk.evaluate(EVERY_FRAME)
    page.keyboard.press("y")
    seen: list[int] = []

    def back_to_the_start_twice() -> bool:
        seen[:] = desk.evaluate("() => window.shown")
        return int((np.diff(seen) < 0).sum()) >= 2

    application.wait(back_to_the_start_twice, 20, "the loop")
    lead = 42  # 0.3 s before the segment, so that its start is seen coming
    assert lead <= min(seen) < 50
    assert max(seen) < 140  # a busy browser presents some frames too many
    video = page.locator("video")
    assert video.evaluate("video => video.playbackRate") == 2
    page.keyboard.press("y")
    expect(page.locator('.desk[data-frame="149"]')).to_be_visible(timeout=20_000)
    page.get_by_label("Speed").select_option("0.5")
    assert video.evaluate("video => video.playbackRate") == 0.5


def test_it_plays_backwards_and_jumps(application: Application, desk: Locator, page: Page) -> None:
    page.keyboard.press("End")
    expect(page.locator('.desk[data-frame="149"][data-confirmed="true"]')).to_be_visible()
    page.keyboard.press("j")
    application.wait(lambda: frame(desk) < 140, 20, "playing backwards")
    page.keyboard.press("k")
    page.keyboard.press("Home")
    expect(page.locator('.desk[data-frame="0"][data-confirmed="true"]')).to_be_visible()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator('.desk[data-frame="10"][data-confirmed="true"]')).to_be_visible()


def test_every_key_is_listed(desk: Locator, page: Page) -> None:
    page.keyboard.press("?")
    shown = page.get_by_role("dialog", name="Keys and mouse")
    for words in ("Play or pause", "A short step on", "Undo", "Redo"):
        expect(shown.get_by_text(words, exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    expect(shown).to_be_hidden()


def test_the_patient_is_chosen_by_a_click(
    application: Application, made: DeskProject, desk: Locator, page: Page
) -> None:
    page.get_by_role("button", name="Choose the patient in the picture").click()
    use = page.get_by_role("button", name="Use this person")
    box = page.locator("video").bounding_box()
    assert box is not None
    scale = min(box["width"] / SIZE[0], box["height"] / SIZE[1])
    middle = (RIGHT[0] + RIGHT[2]) / 2 - SIZE[0] / 2
    x, y = box["x"] + box["width"] / 2 + middle * scale, box["y"] + box["height"] / 2

    def offered() -> bool:  # nothing happens until the boxes have come
        page.mouse.click(x, y)
        page.wait_for_timeout(300)
        return use.is_visible()

    application.wait(offered, 20, "the person to be offered")
    use.click()

    def chosen() -> bool:
        with reading(application.engine) as db:
            return db.get_one(Video, made.video_id).person == 1

    application.wait(chosen, 10, "the patient to be stored")
    job = application.job("propose")
    assert job is not None and job.state == "queued"
