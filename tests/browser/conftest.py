"""A real browser, and the real application: web server and workers as their own processes."""

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from db.engine import create_engine, reading
from db.models import Job
from inference.weights.fetched import MOVENET
from review_app.data_folder import prepare_data_folder
from review_app.settings import ROOT, Settings
from tests.browser.desk_pages import PROPOSED, Stored, Web
from tests.inference.real_files import real_file
from tests.review_app.desk_files import DeskProject, make_desk_project, store_proposals
from tests.video_files import write_video

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass(eq=False)
class Application:
    """`rehab-review` processes on one data folder. Start with `up`, or web server and workers."""

    settings: Settings

    def __post_init__(self) -> None:
        self.engine = create_engine(self.settings.labels_url)
        self._running: list[subprocess.Popen[bytes]] = []

    @property
    def address(self) -> str:
        return self.settings.address

    def start_web(self) -> subprocess.Popen[bytes]:
        """The web server alone; returns when it answers."""
        process = self._start(
            "streamlit",
            "run",
            str(ROOT / "review_app" / "app.py"),
            f"--server.port={self.settings.port}",
        )
        self.wait(self._answers, 60, "the web server to answer")
        return process

    def start_worker(self, *queues: str) -> subprocess.Popen[bytes]:
        """One worker process for these queues; all of them when none is named."""
        options = [part for queue in queues for part in ("--queue", queue)]
        return self._start("review_app.cli", "worker", *options)

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """As the kernel does it when memory runs out: -9, no goodbye."""
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for process in self._running:
            process.kill()
            process.wait()
        self.engine.dispose()

    def job(self, kind: str, position: int = -1) -> Job | None:
        """The newest job of a kind, or the one at `position` by age."""
        with reading(self.engine) as db:
            found = db.query(Job).filter(Job.kind == kind).order_by(Job.created_at).all()
        return found[position] if found else None

    def wait_for_job(self, kind: str, seconds: float, count: int = 1) -> Job:
        """Until the `count`th job of a kind has ended well; its message otherwise."""

        def ended() -> bool:
            with reading(self.engine) as db:
                found = db.query(Job).filter(Job.kind == kind).order_by(Job.created_at).all()
            if len(found) < count:
                return False
            job = found[count - 1]
            assert job.state not in ("failed", "cancelled"), f"{kind}: {job.message}"
            return job.state == "done"

        self.wait(ended, seconds, f"the {kind} job to be done")
        job = self.job(kind, count - 1)
        assert job is not None
        return job

    def wait(self, true: Callable[[], bool], seconds: float, what: str) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, f"waited {seconds} s for {what}{self._logs()}"
            time.sleep(0.02)

    def _start(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "REHAB_REVIEW_DATA_FOLDER": str(self.settings.data_folder),
            "REHAB_REVIEW_PORT": str(self.settings.port),
        }
        with (self.settings.logs / "test.out").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
            )
        self._running.append(process)
        return process

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((self.settings.host, self.settings.port)) == 0

    def _logs(self) -> str:
        return "\n" + (self.settings.logs / "test.out").read_text()[-3000:]


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """A fresh data folder with the real weights; nothing is started yet."""
    folder = tmp_path_factory.mktemp("application") / "data"
    settings = Settings(data_folder=folder, port=_free_port())
    prepare_data_folder(settings)
    movenet = real_file(MOVENET)
    shutil.copyfile(movenet, settings.weights / movenet.name)
    made = Application(settings)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; closed after each file, because it leaves an event loop in the main thread."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "Chromium is not installed; `make test` installs it or says how."
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """A fresh browser window at 1280 x 720 that fails the test when the page throws."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    opened = context.new_page()
    thrown: list[str] = []
    opened.on("pageerror", lambda error: thrown.append(str(error)))
    yield opened
    context.close()
    assert not thrown, thrown


@pytest.fixture(scope="module")
def web(application: Application) -> Web:
    return Web(application)


@pytest.fixture
def imported(web: Web, tmp_path: Path, request: pytest.FixtureRequest) -> DeskProject:
    """A project of its own for each test, with a recording of 20 s at 25 frames a second."""
    film = write_video(tmp_path / f"{request.node.name[-40:]}.mp4", frames=500, barcode=False)
    return make_desk_project(web.settings, web.engine, film)


@pytest.fixture
def made(web: Web, imported: DeskProject, request: pytest.FixtureRequest) -> DeskProject:
    """The same with three proposals."""
    store_proposals(web.settings, web.engine, imported, PROPOSED, model=request.node.name)
    return imported


@pytest.fixture
def stored(web: Web, made: DeskProject) -> Stored:
    return Stored(web, made)


def _free_port() -> int:
    """None that the kernel gives to outgoing connections: while nobody listens on such a port, a
    program that keeps trying to connect can end up connected to itself and hold the port."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
