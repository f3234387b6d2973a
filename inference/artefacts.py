"""Where intermediate results lie, under names that make a stale one impossible to find.

A file is named after the video, the models and the settings that made it; the same name always
means the same content. Files appear under their name only when they are whole.
"""

import hashlib
import json
import os
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.features.track import FeatureTrack
from inference.localize.localizer import Confidence
from inference.localize.proposal import Proposal
from inference.npz import unwatched, write_npz

Arrays = dict[str, NDArray[np.generic]]


@dataclass(frozen=True)
class Artefacts:
    """The results kept for one video: `folder`/`video`/<kind>-<key>.npz.

    video: its sha256.
    """

    folder: Path
    video: str

    def path(self, kind: str, made_with: tuple[object, ...]) -> Path:
        """The file for a result of this kind made with these hashes and settings."""
        key = hashlib.sha256(json.dumps(made_with, default=str).encode()).hexdigest()[:20]
        return self.folder / self.video / f"{kind}-{key}.npz"


def write_arrays(path: Path, arrays: Arrays, alive: Callable[[], None] = unwatched) -> None:
    """Writes an npz in one step; `alive` is called several times a second and may raise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            write_npz(file, arrays, alive)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def read_arrays(path: Path) -> Arrays | None:
    """The arrays of an npz; None when it is absent or cannot be read, so that it is made again."""
    try:
        with path.open("rb") as file, np.load(file) as stored:
            return {name: stored[name] for name in stored.files}
    except (FileNotFoundError, zipfile.BadZipFile, ValueError, EOFError, KeyError):
        return None


def write_features(path: Path, track: FeatureTrack, alive: Callable[[], None] = unwatched) -> None:
    """Stores features as `read_features` reads them; `alive` is called while it is written."""
    write_arrays(
        path,
        {
            "times": track.times,
            "features": track.features,
            "step_s": np.array(track.step_s),
            "model": np.array(track.model),
            "keypoints": track.keypoints,
        },
        alive,
    )


def read_features(path: Path) -> FeatureTrack | None:
    """The stored features; None when they are absent, damaged or without keypoints (as earlier
    versions of this program stored them), so that they are made again."""
    arrays = read_arrays(path)
    if arrays is None or "keypoints" not in arrays:
        return None
    return FeatureTrack(
        times=arrays["times"].astype(np.float64),
        features=arrays["features"].astype(np.float32),
        step_s=float(arrays["step_s"]),
        model=str(arrays["model"]),
        keypoints=arrays["keypoints"].astype(np.float32),
    )


def write_proposals(path: Path, proposals: list[Proposal], confidence: Confidence) -> None:
    """Stores what stage 3 gave; the scores of the strip in steps of 1/255."""
    write_arrays(
        path,
        {
            "times": confidence.times,
            "scores": np.round(confidence.scores * 255).astype(np.uint8),
            "classes": np.array(confidence.classes, dtype=np.str_),
            "proposals": np.array(json.dumps([asdict(proposal) for proposal in proposals])),
        },
    )


def read_proposals(path: Path) -> tuple[list[Proposal], Confidence] | None:
    """What the localizer said: proposals and confidence strip (kept in steps of 1/255)."""
    arrays = read_arrays(path)
    if arrays is None:
        return None
    confidence = Confidence(
        times=arrays["times"].astype(np.float64),
        scores=arrays["scores"].astype(np.float32) / np.float32(255),
        classes=tuple(str(name) for name in arrays["classes"]),
    )
    proposals = [Proposal(**row) for row in json.loads(str(arrays["proposals"]))]
    return proposals, confidence
