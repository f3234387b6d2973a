"""Tensors by name: whether they are those of a network, and what is wrong where they are not."""

from collections.abc import Sequence

import torch

Tensors = dict[str, torch.Tensor]

SHOWN = 3  # names in a message before it only counts


class CheckpointError(Exception):
    """A checkpoint cannot be imported or used; the message says what is wrong with it."""


def fitted(tensors: Tensors, wanted: Tensors, file_name: str, arch: str) -> Tensors:
    """The tensors in the order and format of `wanted` (a state dict, on any device).

    Old checkpoints lack batch normalisation's counters, which inference does not use: they become
    0. Raises CheckpointError that names what is missing, unexpected or misshapen.
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
    problems = [
        *_few(missing, "missing"),
        *_few(unexpected, "not part of this network"),
        *_few(misshapen, "of another shape"),
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


def _few(names: Sequence[str], what: str) -> list[str]:
    """For example ["5 are missing (a, b, c, ...)"]; nothing for no names."""
    if not names:
        return []
    shown = ", ".join([*names[:SHOWN], *(["..."] if len(names) > SHOWN else [])])
    return [f"{len(names)} {'is' if len(names) == 1 else 'are'} {what} ({shown})"]
