"""The weight files in a folder: what each says of itself, and whether it is whole.

A safetensors file carries the description of its network inside; the JSON beside it repeats that
and says where the weights come from and which checksum they have.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

DESCRIPTION = "description"  # the one entry of the metadata inside
_LENGTH = 8  # bytes at the start of a safetensors file: how long its header is
_LONGEST = 100_000_000  # bytes of a header; safetensors refuses longer ones


class State(StrEnum):
    """Whether a file can be used. Undescribed: what it should be is not known."""

    PRESENT = "present"
    MISSING = "missing"
    DAMAGED = "damaged"
    UNDESCRIBED = "undescribed"


class KeptError(Exception):
    """Weights would be lost; the message says what to do instead."""


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
    """Every weight file of the folder, and every described one that is gone; each is checked."""
    described = {
        path.stem
        for path in folder.glob("*.json")
        if path.suffixes[-2:] != [".onnx", ".json"] and "sha256" in sidecar(path)
    }
    present = {path.stem for path in folder.glob("*.safetensors")}
    return [_kept(folder / f"{name}.safetensors") for name in sorted(described | present)]


def description(path: Path) -> dict[str, Any]:
    """What a safetensors file says of its network, at the cost of reading its first kilobytes.

    Empty where it says nothing that can be read.
    """
    try:
        with path.open("rb") as file:
            length = file.read(_LENGTH)
            header = file.read(min(int.from_bytes(length, "little"), _LONGEST))
            return description_in(length + header, path)
    except OSError:
        return {}


def description_in(data: bytes, path: Path) -> dict[str, Any]:
    """The same out of `data`, the content of `path` or at least its header.

    The shipped features have no description inside; theirs is in the JSON beside them.
    """
    header_end = _LENGTH + int.from_bytes(data[:_LENGTH], "little")
    try:
        inside = json.loads(data[_LENGTH:header_end]).get("__metadata__", {}).get(DESCRIPTION)
    except (ValueError, AttributeError):
        return {}
    return _object(inside) if inside else sidecar(path)


def config_of(said: Mapping[str, Any]) -> dict[str, Any]:
    """What a description says of the shape of its network; empty where it says nothing."""
    config = said.get("config")
    return config if isinstance(config, dict) else {}


def refuse_to_replace(path: Path, *, replace: bool) -> None:
    """Raises KeptError where weights of that name are kept already.

    With `replace` a copy of them is kept instead, under a name that ends in their checksum.
    """
    if not path.exists():
        return
    former = path.with_name(f"{path.stem}-{sha256_of(path)[:8]}{path.suffix}")
    if not replace:
        raise KeptError(
            f"{path} is there already. Whatever was trained on it or computed with it, such as "
            "the localizers that read its features, will not work with other weights. Choose "
            f"another name, or repeat the command with --replace: then the old file is kept as "
            f"{former.name}."
        )
    for file, copy in ((path, former), (path.with_suffix(".json"), former.with_suffix(".json"))):
        if file.exists():
            shutil.copyfile(file, copy)


def sha256_of(path: Path) -> str:
    """The sha256 of a file's content, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _kept(path: Path) -> KeptWeights:
    about = sidecar(path)
    model = config_of(about).get("model")
    expected = str(about.get("sha256", ""))
    state = State.UNDESCRIBED
    if not path.is_file():
        state = State.MISSING
    elif expected:
        state = State.PRESENT if sha256_of(path) == expected else State.DAMAGED
    return KeptWeights(
        path=path,
        what=str(about.get("arch") or model or about.get("kind", "")),
        source=str(about.get("source") or about.get("data", "")),
        licence=str(about.get("licence", "")),
        size=path.stat().st_size if path.is_file() else 0,
        sha256=expected,
        state=state,
    )


def sidecar(path: Path) -> dict[str, Any]:
    """What the JSON beside a weight file says; empty where it cannot be read."""
    try:
        return _object(path.with_suffix(".json").read_text())
    except (OSError, UnicodeDecodeError):
        return {}


def _object(text: str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
