"""From a video to a retrained model, in the browser: everything real, seen as a person sees it."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, TimeoutError, expect
from sqlalchemy import select

from db import runs
from db.engine import reading
from db.models import Segment, Video
from tests.browser.conftest import Application
from tests.browser.scene import film

MINUTE = 60.0
SECOND = 1000.0  # for the browser, which counts milliseconds


def labels(application: Application) -> list[Segment]:
    with reading(application.engine) as db:
        query = select(Segment).where(~Segment.deleted).order_by(Segment.start_frame)
        return list(db.scalars(query))


def the_video(application: Application) -> Video:
    with reading(application.engine) as db:
        return db.scalars(select(Video)).one()


def create_project(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_label("Name", exact=True).fill("Shoulders")
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_text("Drop videos or a folder here")).to_be_visible(timeout=20 * SECOND)


def import_video(page: Page, recording: Path) -> None:
    page.get_by_label("Choose videos").set_input_files(recording)
    page.get_by_label("Patient", exact=True).select_option(label="New patient …")
    page.get_by_label("Patient: new pseudonym").fill("P-01")
    page.locator(".batch button.primary").click()


def open_review(page: Page) -> None:
    """Press Review on the video's row, as soon as the row has settled."""
    expect(page.get_by_text("Ready", exact=True)).to_be_visible(timeout=20 * SECOND)
    page.get_by_role("main").get_by_role("link", name="Review").click()
    page.wait_for_url("**/review**", timeout=20 * SECOND)


def desk_ready(page: Page) -> None:
    expect(page.locator('.desk[data-ready="true"]')).to_be_visible(timeout=30 * SECOND)
    page.locator("body").press("Escape")


def drag_end(page: Page, application: Application, segment: Segment, seconds: float) -> None:
    """Take the end edge of a label with the mouse and carry it to the right."""
    axis = page.locator(".minimap .whole").bounding_box()
    tier = page.locator(".head[data-tier]").first.bounding_box()
    duration = the_video(application).duration_s
    assert axis is not None and tier is not None and duration is not None
    pixels_per_second = axis["width"] / duration
    x = axis["x"] + segment.end_s * pixels_per_second - 2
    y = tier["y"] + tier["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + seconds * pixels_per_second / 2, y, steps=5)
    page.mouse.move(x + seconds * pixels_per_second, y, steps=5)
    page.mouse.up()


def choose(page: Page, label: str, option: str) -> None:
    """Pick from a Streamlit select box; its list closes when the page happens to be drawn again."""
    box: Locator = page.get_by_test_id("stSelectbox").filter(has_text=label)
    wanted = page.get_by_role("option", name=option).first
    for _ in range(5):
        box.get_by_role("combobox").click()
        try:
            wanted.click(timeout=3 * SECOND)
        except TimeoutError:
            page.keyboard.press("Escape")
        else:
            return
    raise AssertionError(f"{option} could not be chosen")


@pytest.mark.timeout(600)
def test_from_a_video_to_the_proposals_of_a_retrained_model(
    application: Application, page: Page, tmp_path: Path
) -> None:
    recording = tmp_path / "session.mp4"
    film(recording, 5, ("standing_shoulder_abduction", 3), ("deep_squat", 3))
    application.start_web()
    application.start_worker()

    create_project(page, application.address)
    import_video(page, recording)
    application.wait_for_job("import", 2 * MINUTE)
    application.wait_for_job("propose", 3 * MINUTE)
    open_review(page)
    desk_ready(page)

    page.keyboard.press("n")
    page.keyboard.press("Enter")
    application.wait(lambda: len(labels(application)) == 1, 10, "the accepted proposal")
    accepted = labels(application)[0]
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+Z")
    drag_end(page, application, accepted, seconds=0.6)
    application.wait(
        lambda: labels(application)[0].end_frame > accepted.end_frame + 5, 10, "the dragged edge"
    )
    page.keyboard.press("Home")
    page.keyboard.press("a")
    application.wait(lambda: len(labels(application)) == 2, 10, "the label added by keyboard")
    page.keyboard.press("Escape")
    page.keyboard.press("f")  # not all of it was looked at; again, it is finished all the same
    page.keyboard.press("f")

    made = [(one.id, one.start_frame, one.end_frame) for one in labels(application)]
    page.reload()
    desk_ready(page)
    tab = page.get_by_role("button", name="Labels", exact=True)
    expect(tab).to_have_text("Labels 2")
    assert [(one.id, one.start_frame, one.end_frame) for one in labels(application)] == made

    page.get_by_role("link", name="Training").click()
    page.get_by_role("spinbutton", name="Epochs").fill("2")
    page.get_by_role("spinbutton", name="Epochs").press("Enter")
    page.get_by_role("button", name="Start training").click(timeout=20 * SECOND)
    trained = application.wait_for_job("train", 3 * MINUTE)
    expect(page.get_by_text("Version 1 is ready")).to_be_visible(timeout=20 * SECOND)
    choose(page, "Version for new proposals", "version 1")
    page.get_by_role("button", name="Use this version").click()
    page.get_by_role("button", name="Propose again (1)").click(timeout=20 * SECOND)
    application.wait_for_job("propose", MINUTE, count=2)

    with reading(application.engine) as db:
        newest = runs.latest_run(db, the_video(application).id)
    assert newest is not None and newest.model_id == trained.model_id
    page.get_by_role("link", name="Review").click()
    desk_ready(page)
    whose = page.get_by_role("combobox", name="Proposals", exact=True)
    expect(whose).to_have_value("Proposals of version 1")
    assert [(one.id, one.start_frame, one.end_frame) for one in labels(application)] == made
