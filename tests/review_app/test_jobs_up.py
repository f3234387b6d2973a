"""`rehab-review up` keeps its processes alive, and ends all of them when it is told to."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from review_app.settings import ROOT

COMMAND = [sys.executable, "-m", "review_app.cli", "up"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    return {
        **os.environ,
        "REHAB_REVIEW_DATA_FOLDER": str(tmp_path / "data"),
        "REHAB_REVIEW_PORT": port,
        "COLUMNS": "300",
        "PYTHONUNBUFFERED": "1",
    }


@pytest.fixture
def up(environment: dict[str, str], tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (tmp_path / "up.txt").open("wb") as out:
        process = subprocess.Popen(COMMAND, cwd=ROOT, env=environment, stdout=out, stderr=out)
    yield process
    process.terminate()
    process.wait(timeout=20)


def wait_for(true: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.1)


def children(parent: int) -> dict[str, int]:
    """Process id by the last argument of its command."""
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            arguments = (entry / "cmdline").read_text().split("\0")
        except OSError:
            continue
        if int(fields[1]) == parent and fields[0] != "Z" and len(arguments) > 1:
            found[arguments[-2]] = int(entry.name)
    return found


def test_up_restarts_a_dead_worker_refuses_a_second_up_and_stops_everything(
    up: subprocess.Popen[bytes], environment: dict[str, str], tmp_path: Path
) -> None:
    said = tmp_path / "up.txt"
    address = f"http://127.0.0.1:{environment['REHAB_REVIEW_PORT']}"
    wait_for(lambda: f"is ready: {address}" in said.read_text())

    first = children(up.pid)
    assert set(first) >= {"models", "files"} and len(first) == 3
    os.kill(first["files"], signal.SIGKILL)
    wait_for(lambda: children(up.pid).get("files", first["files"]) != first["files"])
    assert "The files worker ended with code -9" in said.read_text()
    assert children(up.pid)["models"] == first["models"]

    second = subprocess.run(
        COMMAND, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert second.returncode == 1 and "already runs on the data folder" in second.stderr

    last = children(up.pid)
    began = time.monotonic()
    up.send_signal(signal.SIGINT)
    assert up.wait(timeout=15) == 0
    assert time.monotonic() - began < 10
    assert not any(Path(f"/proc/{number}").exists() for number in last.values())
    assert "Stopped. All work is kept" in said.read_text()
