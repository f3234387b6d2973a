"""The weight files in a folder, as the JSON beside each describes it."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inference.weights.fetched import State


@dataclass(frozen=True)
class KeptWeights:
    """One safetensors file. what: the network it is for, in words. sha256: what it should be."""

    path: Path
    what: str
    source: str
    licence: str
    size: int
    sha256: str
    state: State


def kept_weights(folder: Path) -> list[KeptWeights]:
    """Every described file of the folder, by name; each one is read and checked."""
    return [_kept(sidecar) for sidecar in sorted(folder.glob("*.json")) if _description(sidecar)]


def _kept(sidecar: Path) -> KeptWeights:
    path, about = sidecar.with_suffix(".safetensors"), _description(sidecar)
    size, state = 0, State.MISSING
    if path.is_file():
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        size = path.stat().st_size
        state = State.PRESENT if found == about["sha256"] else State.DAMAGED
    config = about.get("config", {})
    return KeptWeights(
        path=path,
        what=str(about.get("arch") or about.get("kind") or config.get("model", "")),
        source=str(about.get("source") or about.get("data", "")),
        licence=str(about.get("licence", "")),
        size=size,
        sha256=about["sha256"],
        state=state,
    )


def _description(sidecar: Path) -> dict[str, Any]:
    """The JSON of weights; empty for any other."""
    try:
        about = json.loads(sidecar.read_text())
    except (OSError, ValueError):
        return {}
    described = isinstance(about, dict) and isinstance(about.get("sha256"), str)
    return about if described else {}
