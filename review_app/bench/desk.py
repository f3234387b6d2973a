"""The review desk with thousands of segments: how long it takes to open, and how its frames come
while a person drags, pans and zooms; with a tenth of the segments as well, to show what grows."""

import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Group, RenderableType

from db.engine import create_engine
from inference.progress import Progress, silent
from review_app.bench import desk_browser, desk_steps
from review_app.bench.desk_browser import BrowserError, Frames
from review_app.bench.desk_recording import TIERS, Opened, make_recording, write_film
from review_app.bench.machine import machine, machine_line
from review_app.data_folder import prepare_data_folder
from review_app.settings import ROOT, Settings
from review_app.terminal import table

if TYPE_CHECKING:
    from playwright.sync_api import Browser

GESTURES = ("drag", "pan", "zoom")
NEAR_S = 60.0  # in view while a person works; "whole": the recording from end to end
MOST_MEDIAN_MS, MOST_95_MS, MOST_OPENING_MS = 16.7, 33.0, 2000.0
STEP_FRAMES = 450
_START_S = 90.0


def run(
    *,
    hours: float = 2.0,
    segments: int = 5000,
    gesture_s: float = 4.0,
    steps: int = 300,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Figures of two recordings of the same length, with `segments` and with a tenth of them.

    gesture_s: how long each gesture goes on. steps: how many steps back are timed, on a shorter
    recording of 1280 x 720. progress: counts what is done. Raises BrowserError where the desk
    cannot be driven.
    """
    counts = (max(6, segments // 10), segments)
    with desk_browser.chromium() as browser, tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_folder=Path(folder) / "data", port=_free_port())
        progress(0, 5)
        *recordings, room = _recordings(settings, hours * 3600, counts)
        progress(1, 5)
        rows = []
        with _served(settings):
            _look(browser, settings, recordings[0])  # the server has loaded its modules
            for n, opened in enumerate(recordings):
                rows.append(_measured(browser, settings, opened, hours * 3600, gesture_s))
                progress(2 + n, 5)
            stepped = _stepped(browser, settings, room, steps)
            progress(5, 5)
    return {
        "machine": machine(),
        "hours": hours,
        "viewport": desk_browser.VIEWPORT,
        "gesture_s": gesture_s,
        "recordings": rows,
        "growth": _growth(rows),
        "steps": stepped,
    }


def _recordings(settings: Settings, seconds: float, counts: tuple[int, ...]) -> list[Opened]:
    """One with each count of segments, and one to step in."""
    prepare_data_folder(settings)
    engine = create_engine(settings.labels_url)
    film = settings.data_folder / "film.mp4"
    write_film(film, seconds=seconds)
    made = [
        make_recording(settings, engine, film, name=f"{count} segments", segments=count)
        for count in counts
    ]
    room = desk_steps.write_recording(settings.data_folder / "room.mp4", frames=STEP_FRAMES)
    made.append(make_recording(settings, engine, room, name="a room", segments=TIERS))
    engine.dispose()
    return made


@contextmanager
def _served(settings: Settings) -> Iterator[None]:
    """Inside, the web server answers on its port. Raises BrowserError when it does not."""
    environment = {
        **os.environ,
        "REHAB_REVIEW_DATA_FOLDER": str(settings.data_folder),
        "REHAB_REVIEW_PORT": str(settings.port),
    }
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "review_app" / "app.py")]
    command += [f"--server.port={settings.port}", f"--server.address={settings.host}"]
    log = settings.logs / "web.log"
    with log.open("ab") as out:
        server = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
    try:
        deadline = time.monotonic() + _START_S
        while not _answers(settings):
            if server.poll() is not None or time.monotonic() > deadline:
                raise BrowserError(f"The web server did not start: {log.read_text()[-500:]}")
            time.sleep(0.05)
        yield
    finally:
        server.kill()
        server.wait()


def _answers(settings: Settings) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((settings.host, settings.port)) == 0


def _free_port() -> int:
    """Below those that the kernel gives to outgoing connections."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port


def _look(browser: "Browser", settings: Settings, opened: Opened) -> None:
    with desk_browser.desk(browser, settings.address, opened):
        pass


def _measured(
    browser: "Browser", settings: Settings, opened: Opened, whole_s: float, gesture_s: float
) -> dict[str, Any]:
    """One recording: opening and every gesture, near and with the whole recording in view."""
    row: dict[str, Any] = {"segments": opened.segments}
    with desk_browser.desk(browser, settings.address, opened) as desk:
        row["opening_ms"] = desk.opening_ms
        for view, seconds in (("near", min(NEAR_S, whole_s)), ("whole", whole_s)):
            row[view] = {}
            for gesture in GESTURES:
                desk.show(seconds, whole_s)
                row[view][gesture] = _figures(getattr(desk, gesture)(gesture_s))
    return row


def _stepped(
    browser: "Browser", settings: Settings, room: Opened, steps: int
) -> dict[str, dict[str, dict[str, float]]]:
    """Steps back, with pictures decoded ahead and without."""
    ways = {"decoded ahead": "", "by seeking alone": desk_steps.BY_SEEKING_ALONE}
    figures = {}
    for way, script in ways.items():
        with desk_browser.desk(browser, settings.address, room, script) as desk:
            figures[way] = desk_steps.measure(desk.page, frames=STEP_FRAMES, steps=steps)
    return figures


def _figures(frames: Frames) -> dict[str, float]:
    deltas = frames.deltas or [float("nan")]
    return {
        "frames": len(frames.deltas),
        "median_ms": statistics.median(deltas),
        "p95_ms": float(np.percentile(deltas, 95)),
        "work_ms": frames.work_ms,
        "script_ms": frames.script_ms,
    }


def _growth(rows: list[dict[str, Any]]) -> dict[str, float]:
    """How much more the page works for one frame with ten times the segments outside the view."""
    few, many = (row["near"] for row in rows)
    return {each: many[each]["script_ms"] / few[each]["script_ms"] for each in GESTURES}


def report(figures: dict[str, Any]) -> RenderableType:
    """The table a reader sees."""
    shown = table("segments", "in view", "gesture", "median", "95 %", "work", "of it scripts")
    for column in shown.columns[3:]:
        column.justify = "right"
    for row in figures["recordings"]:
        for view in ("near", "whole"):
            for gesture, measured in row[view].items():
                shown.add_row(
                    str(row["segments"]),
                    f"{NEAR_S:.0f} s" if view == "near" else f"{figures['hours']:g} h",
                    gesture,
                    f"{measured['median_ms']:.1f} ms",
                    f"{measured['p95_ms']:.1f} ms",
                    f"{measured['work_ms']:.1f} ms",
                    f"{measured['script_ms']:.1f} ms",
                )
    opened = ", ".join(
        f"{row['opening_ms'] / 1000:.1f} s with {row['segments']}" for row in figures["recordings"]
    )
    grown = ", ".join(f"{name} {times:.2f}x" for name, times in figures["growth"].items())
    return Group(
        shown,
        f"Frames as they come in headless Chromium at {desk_browser.VIEWPORT['width']} x "
        f"{desk_browser.VIEWPORT['height']}; wanted: a median of {MOST_MEDIAN_MS} ms and 95 % "
        f"within {MOST_95_MS:.0f} ms. Work: of the page's main thread for one frame.",
        f"Opened in {opened} segments, after the page's own load; wanted: at most "
        f"{MOST_OPENING_MS / 1000:.0f} s.",
        f"Scripts for one frame with ten times the segments outside the view: {grown}.",
        desk_steps.report(figures["steps"]),
        machine_line(figures["machine"]),
    )
