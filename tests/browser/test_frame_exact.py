"""The frame on screen is the frame asked for, read from a barcode in the picture itself."""

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Application
from tests.review_app.desk_files import DeskProject, make_desk_project, open_desk
from tests.video_files import read_barcode, write_video

SEEKS = STEPS = 60
FRAMES = 240
WIDTH, HEIGHT = 40, 32

#: Draws what the video element shows into a small canvas; its grey values, row by row.
_PICTURE = """(video, [width, height]) => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d");
  context.drawImage(video, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  return Array.from({ length: width * height }, (_, n) => data[4 * n]);
}"""


def shown(page: Page) -> int:
    """The number in the picture."""
    grey = page.locator("video").evaluate(_PICTURE, [WIDTH, HEIGHT])
    picture = np.array(grey, np.uint8).reshape(HEIGHT, WIDTH, 1).repeat(3, axis=2)
    return read_barcode(picture)


def wait_for(page: Page, frame: int) -> None:
    """Until the desk says that this frame, confirmed by the browser, is shown."""
    desk = page.locator(f'.desk[data-frame="{frame}"][data-confirmed="true"]')
    expect(desk).to_be_visible(timeout=20_000)


def go_to(page: Page, frame: int) -> None:
    page.keyboard.press("g")
    page.keyboard.type(str(frame))
    page.keyboard.press("Enter")
    wait_for(page, frame)


def recordings(folder: Path) -> dict[str, Path]:
    rng = np.random.default_rng(4)
    steps = rng.choice([1 / 60, 1 / 30, 1 / 24, 1 / 15, 0.11], FRAMES - 1)
    times = np.concatenate([[0], np.cumsum(steps)])
    return {
        "constant": write_video(
            folder / "constant.mp4", fps=29.97, frames=FRAMES, b_frames=2, audio=True
        ),
        "variable": write_video(
            folder / "variable.mp4", times=times, start_offset=1.3, b_frames=2, gop=48
        ),
    }


@pytest.fixture(scope="module")
def made(
    application: Application, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, DeskProject]:
    """A project with one recording by kind of frame rate."""
    application.start_web()
    return {
        kind: make_desk_project(application.settings, application.engine, path)
        for kind, path in recordings(tmp_path_factory.mktemp("barcodes")).items()
    }


@pytest.mark.parametrize("kind", ["constant", "variable"])
def test_every_frame_asked_for_is_the_frame_shown(
    application: Application, made: dict[str, DeskProject], page: Page, kind: str
) -> None:
    open_desk(page, application.address, made[kind])
    wait_for(page, 0)
    assert shown(page) == 0
    wrong = []
    rng = np.random.default_rng(7)
    for frame in [0, FRAMES - 1, *rng.integers(0, FRAMES, SEEKS).tolist()]:
        go_to(page, frame)
        if shown(page) != frame:
            wrong.append((frame, shown(page)))
    frame = FRAMES // 2
    go_to(page, frame)
    for direction in rng.choice([-1, 1], STEPS).tolist():
        frame += direction
        page.keyboard.press("ArrowRight" if direction > 0 else "ArrowLeft")
        wait_for(page, frame)
        if shown(page) != frame:
            wrong.append((frame, shown(page)))
    assert not wrong, f"asked for, shown: {wrong}"
