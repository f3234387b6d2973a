"""`rehab-review up`: the web application and its workers, started, watched and stopped together."""

import ctypes
import fcntl
import http.client
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TextIO

from rich.console import Console

from review_app.jobs.job_queue import QUEUES
from review_app.settings import ROOT, Settings

#: How long children get to stop by themselves before they are killed.
PATIENCE_S = 4.0
#: A child that ends is started again, but not more often than this.
RESTART_S = 2.0


class UpError(Exception):
    """Why the application cannot start, as a sentence for people."""


@dataclass
class Child:
    """One watched process."""

    name: str
    command: list[str]
    log: Path
    process: subprocess.Popen[bytes] = field(init=False)
    started: float = field(init=False)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                process_group=0,  # Ctrl-C reaches the supervisor only, which tells them
                preexec_fn=_end_with_parent,
            )
        self.started = time.monotonic()


def up(settings: Settings, console: Console) -> None:
    """Serve until Ctrl-C or SIGTERM. UpError when the data folder or the port is in use."""
    lock = _only_one(settings)
    _check_port(settings)
    children = [_web(settings), *(_worker(settings, queue) for queue in QUEUES)]
    stopping = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        for child in children:
            child.start()
        announced = False
        while not stopping:
            time.sleep(0.2)
            if not announced and _answers(settings):
                announced = True
                console.print(f"Rehab Review is ready: [bold]{settings.address}[/bold]")
                console.print(f"Data folder: {settings.data_folder}. Stop with Ctrl-C.")
            for child in children:
                _restart_if_dead(child, console)
    finally:
        _stop_all(children)
        lock.close()
    console.print("Stopped. All work is kept; unfinished jobs go on at the next start.")


def _web(settings: Settings) -> Child:
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "review_app" / "app.py")]
    command += [f"--server.port={settings.port}", f"--server.address={settings.host}"]
    return Child("web application", command, settings.logs / "web.log")


def _worker(settings: Settings, queue: str) -> Child:
    command = [sys.executable, "-m", "review_app.cli", "worker", "--queue", queue]
    return Child(f"{queue} worker", command, settings.logs / f"worker-{queue}.out")


def _restart_if_dead(child: Child, console: Console) -> None:
    if child.process.poll() is None or time.monotonic() - child.started < RESTART_S:
        return
    console.print(
        f"The {child.name} ended with code {child.process.returncode}; starting it again "
        f"(its log: {child.log})."
    )
    child.start()


def _stop_all(children: Sequence[Child]) -> None:
    started = [child for child in children if hasattr(child, "process")]
    for child in started:
        child.process.terminate()
    deadline = time.monotonic() + PATIENCE_S
    for child in started:
        try:
            child.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()


def _only_one(settings: Settings) -> TextIO:
    lock = (settings.data_folder / "up.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UpError(
            f"Rehab Review already runs on the data folder {settings.data_folder}. Open it in the "
            "browser, or stop it (Ctrl-C where it was started) before starting it again."
        ) from None
    return lock


def _check_port(settings: Settings) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError:
            raise UpError(
                f"Port {settings.port} on {settings.host} is used by another program. Choose "
                "another one, for example: REHAB_REVIEW_PORT=8502 make app"
            ) from None


def _answers(settings: Settings) -> bool:
    connection = http.client.HTTPConnection(settings.host, settings.port, timeout=1)
    try:
        connection.request("GET", "/_stcore/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _end_with_parent() -> None:
    """On Linux a child is told to stop when its parent is gone, even one killed with -9."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)
