"""Steps back measured at the desk, as `rehab-review bench desk` does it, in a small recording."""

from pathlib import Path

from playwright.sync_api import Page, expect
from rich.console import Console

from review_app.bench.desk_steps import BY_SEEKING_ALONE, measure, report, write_recording
from tests.browser.conftest import Application
from tests.review_app.desk_files import make_desk_project, open_desk

FRAMES = 60


def test_steps_back_are_measured_both_ways(
    application: Application, page: Page, tmp_path: Path
) -> None:
    application.start_web()
    film = write_recording(tmp_path / "room.mp4", frames=FRAMES, size=(320, 180))
    project = make_desk_project(application.settings, application.engine, film)
    figures = {}
    for how in ("decoded ahead", "by seeking alone"):
        if how == "by seeking alone":
            page.add_init_script(BY_SEEKING_ALONE)
        open_desk(page, application.address, project)
        expect(page.locator('.desk[data-confirmed="true"]')).to_be_visible(timeout=20_000)
        figures[how] = measure(page, frames=FRAMES, steps=20)
        assert page.locator("canvas.decoded").is_visible() == (how == "decoded ahead")
    for kinds in figures.values():
        assert (kinds["running"]["steps"], kinds["after_jump"]["steps"]) == (20, 2)
        for row in kinds.values():
            assert 0 < row["median_ms"] <= row["p95_ms"] <= row["most_ms"]
    console = Console(width=80, record=True)
    console.print(report(figures))
    printed = console.export_text()
    assert "by seeking alone  after jump" in printed and "Goal: median 50 ms" in printed
