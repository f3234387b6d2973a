"""Files out of npm tarballs: streamed, stopped early, and plain about what went wrong."""

import gzip
import http.server
import io
import os
import tarfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from inference.progress import Cancelled, silent
from inference.weights import packages
from inference.weights.packages import PackageError, Tarball

WANTED = Tarball("@maker/things", "1.2.3", ("package/graph.json", "package/numbers.bin"))
ADDRESS = "/@maker/things/-/things-1.2.3.tgz"
GRAPH, NUMBERS = b'{"nodes": []}', os.urandom(300_000)


class Registry(http.server.ThreadingHTTPServer):
    """An npm registry on this machine that holds one tarball."""

    daemon_threads = True
    tarball = b""
    claimed_size: int | None = None  # what it says the size is, where that is not the truth
    silent_after: int | None = None  # sends so many bytes, then nothing more
    sent = 0

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.closing = threading.Event()


class _Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        registry = self.server
        assert isinstance(registry, Registry)
        if self.path != ADDRESS:
            self.send_error(404)
            return
        self.send_response(200)
        size = registry.claimed_size or len(registry.tarball)
        self.send_header("Content-Length", str(size))
        self.end_headers()
        for start in range(0, len(registry.tarball), 65536):
            if registry.silent_after is not None and start >= registry.silent_after:
                registry.closing.wait(20)
                return
            try:
                self.wfile.write(registry.tarball[start : start + 65536])
            except ConnectionError:
                return
            registry.sent = start + 65536

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing on the terminal."""


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    with Registry() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        address = f"http://127.0.0.1:{server.server_address[1]}/"
        monkeypatch.setenv("npm_config_registry", address)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        yield server
        server.closing.set()
        server.shutdown()
        thread.join()


def tarball(*files: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as archive:
        for name, content in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


WHOLE = tarball(
    ("package/README.md", b"hello"),
    ("package/numbers.bin", NUMBERS),
    ("package/graph.json", GRAPH),
)


def test_files_are_joined_in_the_order_wanted_not_the_one_they_come_in(
    registry: Registry, tmp_path: Path
) -> None:
    registry.tarball = WHOLE
    assert packages.take(WANTED, tmp_path, silent).read_bytes() == GRAPH + NUMBERS


def test_the_download_stops_when_the_wanted_files_have_been_seen(
    registry: Registry, tmp_path: Path
) -> None:
    rest = ("package/rest.bin", os.urandom(30_000_000))
    registry.tarball = tarball(
        ("package/graph.json", GRAPH), ("package/numbers.bin", NUMBERS), rest
    )
    assert packages.take(WANTED, tmp_path, silent).read_bytes() == GRAPH + NUMBERS
    assert registry.sent < 0.5 * len(registry.tarball)


def test_progress_is_in_bytes_of_the_tarball(registry: Registry, tmp_path: Path) -> None:
    registry.tarball = WHOLE
    registry.silent_after = 131072
    seen: list[tuple[float, float]] = []

    def stop_when_it_stalls(done: float, total: float) -> None:
        seen.append((done, total))
        if len(seen) == 4:
            raise Cancelled

    start = time.monotonic()
    with pytest.raises(Cancelled):
        packages.take(WANTED, tmp_path, stop_when_it_stalls)
    assert time.monotonic() - start < 5  # it was asked several times a second, and obeyed
    assert seen[-1] == (131072, len(WHOLE))


@pytest.mark.parametrize(
    ("served", "claimed", "says"),
    [
        (WHOLE[:100_000], len(WHOLE), "it ended after 100000 of"),
        (WHOLE[:100_000], None, "is damaged"),
        (gzip.compress(b"no tar file"), None, "is damaged"),
        (b"<html>log in first</html>", None, "is damaged"),
        (tarball(("package/graph.json", GRAPH)), None, "package/numbers.bin was not found inside"),
    ],
    ids=["broken off", "cut short", "no tar", "no gzip", "a file missing"],
)
def test_a_bad_tarball_is_refused_with_the_reason(
    registry: Registry, tmp_path: Path, served: bytes, claimed: int | None, says: str
) -> None:
    registry.tarball, registry.claimed_size = served, claimed
    with pytest.raises(PackageError, match=says) as error:
        packages.take(WANTED, tmp_path, silent)
    assert "@maker/things@1.2.3" in str(error.value)


def test_an_unknown_package_says_which_address_was_tried(
    registry: Registry, tmp_path: Path
) -> None:
    unknown = Tarball("nothing", "0.0.1", ("package/a",))
    with pytest.raises(PackageError, match=r"nothing/-/nothing-0\.0\.1\.tgz could not be read"):
        packages.take(unknown, tmp_path, silent)


def test_a_registry_out_of_reach_says_what_to_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")  # nobody listens there
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(PackageError, match="Check the network connection"):
        packages.take(WANTED, tmp_path, silent)


def test_a_registry_setting_that_is_no_web_address_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", "file:///etc")
    with pytest.raises(PackageError, match="no web address"):
        packages.take(WANTED, tmp_path, silent)
