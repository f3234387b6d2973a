"""Importing through the real page: many files at once, and uploads that are interrupted."""

import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from db.engine import reading, session
from db.models import Video
from db.projects import create_project
from tests.browser.conftest import Application
from tests.video_files import write_video

LARGE = 40 << 20


@pytest.fixture(scope="module")
def running(application: Application) -> Application:
    """The web server and the worker that imports; proposals are not needed here."""
    with session(application.engine) as db:
        create_project(db, name="Knee study")
    application.start_worker("files")
    return application


@pytest.fixture(scope="module")
def web(running: Application) -> list[subprocess.Popen[bytes]]:
    """The web server; the last one is alive."""
    return [running.start_web()]


def open_library(page: Page, running: Application) -> None:
    page.goto(running.address)
    expect(page.get_by_text("Drop videos or a folder here")).to_be_visible(timeout=30_000)


def choose(page: Page, *paths: Path, patient: str) -> None:
    page.set_input_files("input[type=file]", [str(path) for path in paths])
    page.get_by_label("Patient", exact=True).select_option("new")
    page.get_by_label("Patient: new pseudonym").fill(patient)


def large_file(path: Path) -> Path:
    """A real video with ballast behind it, so that it takes several chunks."""
    write_video(path, frames=25)
    ballast = LARGE - path.stat().st_size
    with path.open("ab") as file:
        file.write((ballast).to_bytes(4, "big") + b"free" + bytes(ballast - 8))
    return path


def names(running: Application) -> set[str]:
    with reading(running.engine) as db:
        return {video.original_name for video in db.query(Video)}


@pytest.mark.usefixtures("web")
def test_good_and_bad_files_together(page: Page, running: Application, tmp_path: Path) -> None:
    name = "visit <img src=x onerror=alert(1)> & *two*.mkv"
    good = write_video(tmp_path / name, frames=50)
    again = tmp_path / "copy.mkv"
    again.write_bytes(good.read_bytes())
    letter = tmp_path / "letter.mp4"
    letter.write_text("Dear colleague")
    empty = tmp_path / "empty.mov"
    empty.touch()

    open_library(page, running)
    choose(page, good, again, letter, empty, patient="P-01")
    start = page.get_by_role("button", name="Import 4 videos")
    page.get_by_label("Patient: new pseudonym").fill(" ")
    expect(start).to_be_disabled()
    page.get_by_label("Patient: new pseudonym").fill("P-01")
    start.click()
    expect(page.get_by_text("This file is already in the project")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("This file is empty.")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("This file is not an MP4")).to_be_visible(timeout=60_000)
    review = page.get_by_role("main").get_by_role("link", name="Review")
    expect(review).to_be_visible(timeout=60_000)
    expect(page.get_by_text(name).first).to_be_visible()
    assert names(running) == {name, "letter.mp4"}
    review.click()
    expect(page).to_have_url(f"{running.address}/review?video=1", timeout=30_000)


def test_an_upload_survives_reload_and_a_killed_server(
    page: Page, running: Application, web: list[subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    path = large_file(tmp_path / "large.mp4")
    sent = 0

    def only_two(route: Route) -> None:
        nonlocal sent
        sent += route.request.method == "PUT"
        if route.request.method == "PUT" and sent > 2:
            route.abort()
        else:
            route.continue_()

    open_library(page, running)
    page.route("**/api/uploads/**", only_two)
    choose(page, path, patient="P-02")
    page.get_by_role("button", name="Import video").click()
    expect(page.get_by_text("the server does not answer")).to_be_visible(timeout=60_000)

    page.once("dialog", lambda dialog: dialog.accept())  # "Leave the page?"
    page.reload()
    expect(page.get_by_text("large.mp4 (17 MB of 42 MB)")).to_be_visible(timeout=30_000)
    sent = 1  # one more chunk, then the line is cut again
    page.set_input_files("input[type=file]", str(path))
    expect(page.get_by_text("goes on at 17 MB of 42 MB")).to_be_visible()
    page.get_by_role("button", name="Import video").click()
    expect(page.get_by_text("the server does not answer")).to_be_visible(timeout=60_000)

    running.kill(web[-1])
    page.unroute("**/api/uploads/**")
    web.append(running.start_web())
    running.wait(lambda: "large.mp4" in names(running), 60, "the upload to end by itself")
    with reading(running.engine) as db:
        video = db.query(Video).filter(Video.original_name == "large.mp4").one()
    stored = running.settings.data_folder / video.file
    assert stored.read_bytes() == path.read_bytes()
    assert video.patient.pseudonym == "P-02"


@pytest.mark.usefixtures("web")
def test_cancel_removes_what_had_arrived(page: Page, running: Application, tmp_path: Path) -> None:
    path = large_file(tmp_path / "cancelled.mp4")
    open_library(page, running)
    page.route(
        "**/api/uploads/**",
        lambda route: route.abort() if "offset=8388608" in route.request.url else route.continue_(),
    )
    choose(page, path, patient="P-03")
    page.get_by_role("button", name="Import video").click()
    expect(page.get_by_text("the server does not answer")).to_be_visible(timeout=60_000)
    page.get_by_role("listitem").get_by_role("button", name="Cancel").click()
    running.wait(
        lambda: not list(running.settings.uploads.glob("*/data")), 30, "the bytes to be gone"
    )
    expect(page.get_by_text("cancelled.mp4")).to_have_count(0)
    page.reload()
    expect(page.get_by_text("Drop videos or a folder here")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("Interrupted")).to_have_count(0)
