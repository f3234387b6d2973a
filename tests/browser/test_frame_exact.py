"""The frame on screen is the frame asked for, read from a barcode in the picture itself."""

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Application
from tests.review_app.desk_files import DeskProject, make_desk_project, open_desk
from tests.video_files import RECORDINGS, read_barcode, write_recording

SEEKS = STEPS = 300
FRAMES = STEPS + 1  # back from the last to the first
SETTLED = 20  # seeks after which the video under the drawn picture is looked at as well
SIZE = (20, 16)  # of the pictures read, pixels
SCRIPT = (Path(__file__).parent / "exact_frames.js").read_text()
NO_SINGLE_PICTURES = "delete window.VideoDecoder"  # as in a page that is not from this machine


@pytest.fixture(scope="module")
def made(
    application: Application, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, DeskProject]:
    """A project by kind of recording."""
    application.start_web()
    folder = tmp_path_factory.mktemp("barcodes")
    return {
        kind: make_desk_project(
            application.settings, application.engine, write_recording(folder, kind, FRAMES)
        )
        for kind in RECORDINGS
    }


@pytest.mark.parametrize("kind", RECORDINGS)
def test_every_frame_asked_for_is_the_frame_shown(
    application: Application, made: dict[str, DeskProject], page: Page, kind: str
) -> None:
    project = made[kind]
    found = walk(application, page, project, seeks=SEEKS, steps=STEPS)
    assert sum(one["drawn"] for one in found) > STEPS  # decoded ahead, not waited for
    wrong = [one for one in found if not agrees(one, project)]
    assert not wrong, wrong[:10]


@pytest.mark.parametrize("kind", ["29.97", "variable"])
def test_frames_are_exact_by_seeking_alone(
    application: Application, made: dict[str, DeskProject], page: Page, kind: str
) -> None:
    page.add_init_script(NO_SINGLE_PICTURES)
    project = made[kind]
    found = walk(application, page, project, seeks=40, steps=40)
    assert not any(one["drawn"] for one in found)
    wrong = [one for one in found if not agrees(one, project)]
    assert not wrong, wrong[:10]


def walk(
    application: Application, page: Page, project: DeskProject, *, seeks: int, steps: int
) -> list[dict[str, Any]]:
    """Goes to the first frame, the last, random ones, and back from the last by the key.

    -> one entry a frame: {frame, picture, box, time, drawn}
    """
    open_desk(page, application.address, project)
    desk = page.locator('.desk[data-frame="0"][data-confirmed="true"]')
    expect(desk).to_be_visible(timeout=20_000)
    rng = np.random.default_rng(7)
    last = project.index.frame_count - 1
    asked = [0, last, *rng.integers(0, last + 1, seeks - 3).tolist(), last]
    settle = np.linspace(0, seeks - 1, SETTLED).astype(int).tolist()
    wishes = {
        "seeks": [[frame, typed(project, frame, number)] for number, frame in enumerate(asked)],
        "steps": list(range(last - 1, last - 1 - steps, -1)),
        "size": SIZE,
        "settle": settle,
    }
    found: list[dict[str, Any]] = page.locator(".desk").evaluate(SCRIPT, wishes)
    return found


def typed(project: DeskProject, frame: int, number: int) -> str:
    """The frame's number, or a time at which it is on screen."""
    times = project.index.times
    return str(frame) if number % 2 else f"{(times[frame] + times[frame + 1]) / 2:.5f}s"


def agrees(found: dict[str, Any], project: DeskProject) -> bool:
    """Whether the picture, the frame box and the time say the same."""
    frame = found["frame"]
    grey = np.frombuffer(base64.b64decode(found["picture"]), np.uint8).reshape(SIZE[::-1])
    try:
        number = read_barcode(grey[..., None].repeat(3, axis=2))
    except ValueError:
        return False
    time = found["time"].split(" / ")[0]
    return number == frame and found["box"] == str(frame) and time == clock(project, frame)


def clock(project: DeskProject, frame: int) -> str:
    thousandths = int(np.floor(project.index.times[frame] * 1000 + 0.5))
    return f"{thousandths // 60_000}:{thousandths % 60_000 / 1000:06.3f}"
