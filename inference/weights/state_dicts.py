"""Tensors by name: out of a checkpoint, compared with a network, and into a file."""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from inference.weights.kept import DESCRIPTION, sha256_of

Tensors = dict[str, torch.Tensor]

SHOWN = 3  # names in a message before it only counts


class CheckpointError(Exception):
    """A checkpoint cannot be imported or used; the message says what is wrong with it."""


def unwrapped(
    content: Mapping[str, Any], *, keys: Sequence[str], prefixes: Sequence[str]
) -> Tensors:
    """The tensors of a checkpoint under their plain names; sparse ones and others that do not
    hold every number, and whatever else lies among them, are left out.

    keys: under which the state dict may lie, the preferred last; without any of them `content` is
    the state dict itself. prefixes: taken off each name, in that order, where it has them.
    """
    inner = content
    for key in keys:
        if isinstance(content.get(key), Mapping):
            inner = content[key]
    tensors = {}
    for name, value in inner.items():
        if isinstance(name, str) and _is_dense(value):
            for prefix in prefixes:
                name = name.removeprefix(prefix)
            tensors[name] = value
    return tensors


def _is_dense(value: object) -> bool:
    return (
        isinstance(value, torch.Tensor)
        and value.layout is torch.strided
        and not (value.is_nested or value.is_meta)
    )


def write(
    path: Path, tensors: Tensors, *, description: dict[str, Any], about: dict[str, Any]
) -> str:
    """Writes safetensors with `description` inside and the JSON beside it; gives the sha256.

    description: the network, as its loader needs to know it; it comes and goes with the weights.
    about: what else the JSON says (source, licence, metrics, ...). Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    sidecar = path.with_suffix(".json")
    parts = {file: file.with_name(f"{file.name}.{os.getpid()}.part") for file in (sidecar, path)}
    try:
        # One metadata entry only: with several, their order in the file, and so its hash, varies.
        save_file(
            # Copies, because tensors that share their memory cannot be stored.
            {
                name: values.clone(memory_format=torch.contiguous_format)
                for name, values in tensors.items()
            },
            parts[path],
            metadata={DESCRIPTION: json.dumps(description, sort_keys=True)},
        )
        sha256 = sha256_of(parts[path])
        said = {**description, "sha256": sha256, **about}
        parts[sidecar].write_text(json.dumps(said, indent=2) + "\n")
        shutil.copymode(parts[sidecar], parts[path])  # which safetensors lets only its owner read
        for file, part in parts.items():
            os.replace(part, file)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)
    return sha256


def fitted(tensors: Tensors, wanted: Tensors, file_name: str, arch: str) -> Tensors:
    """The tensors in the order and format of `wanted` (a state dict, on any device).

    Old checkpoints lack batch normalisation's counters, which inference does not use: they become
    0. Raises CheckpointError that names what is missing, unexpected, misshapen or of another kind.
    """
    counters = [n for n in wanted if n.endswith("num_batches_tracked") and n not in tensors]
    tensors = {**tensors, **{name: torch.zeros((), dtype=torch.int64) for name in counters}}
    missing = [name for name in wanted if name not in tensors]
    unexpected = [name for name in tensors if name not in wanted]
    misshapen = [
        f"{name} is {tuple(tensors[name].shape)} instead of {tuple(values.shape)}"
        for name, values in wanted.items()
        if name in tensors and tensors[name].shape != values.shape
    ]
    other_kind = [
        f"{name} holds {str(tensors[name].dtype).removeprefix('torch.')}"
        for name, values in wanted.items()
        if name in tensors and not _is_kind_of(tensors[name].dtype, values.dtype)
    ]
    problems = [
        *_few(missing, "missing"),
        *_few(unexpected, "not part of this network"),
        *_few(misshapen, "of another shape"),
        *_few(other_kind, "of another kind of number"),
    ]
    if problems:
        raise CheckpointError(
            f"{file_name} does not fit {arch}, which has {len(wanted)} tensors: "
            f"{'; '.join(problems)}."
        )
    result = {name: tensors[name].to(values.dtype) for name, values in wanted.items()}
    broken = [name for name, values in result.items() if not bool(torch.isfinite(values).all())]
    if broken:
        raise CheckpointError(
            f"{file_name} is damaged: {'; '.join(_few(broken, 'not a number everywhere'))}."
        )
    return result


def _is_kind_of(given: torch.dtype, wanted: torch.dtype) -> bool:
    """Floating point of any width becomes any other; all else must be what is wanted."""
    return given.is_floating_point if wanted.is_floating_point else given == wanted


def _few(names: Sequence[str], what: str) -> list[str]:
    """For example ["5 are missing (a, b, c, ...)"]; nothing for no names."""
    if not names:
        return []
    shown = ", ".join([*names[:SHOWN], *(["..."] if len(names) > SHOWN else [])])
    return [f"{len(names)} {'is' if len(names) == 1 else 'are'} {what} ({shown})"]
