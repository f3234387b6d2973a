"""The networks of the three stages as ONNX files, each compared with torch before it is kept."""

import hashlib
import json
import logging
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnxruntime
import onnxscript as opset
import torch
from numpy.typing import NDArray
from onnxscript import opset20 as operators
from torch import Tensor, nn

TOLERANCE = 1e-4  # of the largest value of an output, or of 1 where all are smaller


class ExportError(Exception):
    """The network could not be exported faithfully; the message is a sentence for people."""


@dataclass(frozen=True)
class Port:
    """One input or output. A word in `shape` stands for a length that is free; an input's word
    may come back in the outputs, also within a formula. meaning: with its unit. decided_otherwise:
    share of an output's values that may be anything, because rounding decides them and the last
    digit of what is rounded differs."""

    name: str
    shape: tuple[int | str, ...]
    dtype: str
    meaning: str
    decided_otherwise: float = 0.0


@dataclass(frozen=True, eq=False)
class Exportable:
    """A network as it leaves the house: tensors in, a tuple of tensors out, nothing else.

    example: inputs of a given free length. traced: the length the graph is recorded with; 0, 1 and
    whatever fits into one block of a network would be taken for fixed. lengths: those compared.
    about: what else the sidecar says, the hash of the weights first of all.
    """

    network: nn.Module
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    example: Callable[[int], tuple[Tensor, ...]]
    traced: int
    lengths: tuple[int, ...]
    about: dict[str, Any]


def export(part: Exportable, out: Path) -> dict[int, float]:
    """Writes `out`, an .onnx file, and its `sidecar` beside it, both only when all is well; the
    JSON says which content of the other it describes.

    Gives, for each length compared, the largest absolute difference between ONNX Runtime and torch.
    Raises ExportError when one is larger than `TOLERANCE` allows, or the files cannot be stored.
    """
    if out.suffix != ".onnx":
        raise ExportError(f"{out} is to be an ONNX file: give it a name that ends in .onnx.")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=out.parent, prefix=".export-") as scratch:
            return _export(part, out, Path(scratch) / out.name)
    except OSError as error:
        raise ExportError(f"{out} could not be written: {error.strerror or error}.") from error


def sidecar(out: Path) -> Path:
    """The JSON beside an ONNX file; one without the .onnx would be that of a weight file."""
    return out.with_name(f"{out.name}.json")


def _export(part: Exportable, out: Path, written: Path) -> dict[int, float]:
    network = part.network.eval()
    with _known_noise_left_out():
        program = torch.onnx.export(
            network,
            part.example(part.traced),
            dynamic_shapes=[_dynamic(port, part.inputs) for port in part.inputs],
            input_names=[port.name for port in part.inputs],
            output_names=[port.name for port in part.outputs],
            custom_translation_table={torch.ops.aten.sort.stable: _stable_sort},
            external_data=False,
            verbose=False,
        )
    assert program is not None
    program.save(written, external_data=False)
    session = onnx_session(written, torch.get_num_threads())
    differences = {n: _difference(session, network, part, n) for n in part.lengths}
    said = {
        "sha256": hashlib.sha256(written.read_bytes()).hexdigest(),
        **part.about,
        "opset": program.model.opset_imports[""],
        "inputs": [asdict(port) for port in part.inputs],
        "outputs": [asdict(port) for port in part.outputs],
        "compared": {
            "torch": torch.__version__,
            "onnxruntime": onnxruntime.__version__,
            "largest_difference_by_length": differences,
        },
    }
    described = sidecar(written)
    described.write_text(json.dumps(said, indent=2, allow_nan=False) + "\n")
    os.replace(described, sidecar(out))
    os.replace(written, out)
    return differences


def onnx_session(file: Path, threads: int) -> onnxruntime.InferenceSession:
    """The file in ONNX Runtime on the CPU, `threads` for one operator."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])


def _difference(
    session: onnxruntime.InferenceSession, network: nn.Module, part: Exportable, length: int
) -> float:
    inputs = part.example(length)
    with torch.inference_mode():
        expected: Sequence[NDArray[np.float32]] = [each.numpy() for each in network(*inputs)]
    names = [port.name for port in part.inputs]
    feed = {name: each.numpy() for name, each in zip(names, inputs, strict=True)}
    largest = 0.0
    for port, ours, theirs in zip(part.outputs, expected, session.run(None, feed), strict=True):
        if ours.shape != theirs.shape:
            raise ExportError(
                f"The exported network gives {port.name} the shape {theirs.shape} at a length of "
                f"{length}, torch gives {ours.shape}. Nothing was written."
            )
        differences = np.sort(np.abs(ours - theirs), axis=None)  # NaN last
        counted = len(differences) - int(port.decided_otherwise * len(differences))
        difference = float(differences[:counted].max(initial=0))
        allowed = TOLERANCE * max(1.0, float(np.abs(ours).max(initial=0)))
        if not difference <= allowed:  # NaN is refused too
            raise ExportError(
                f"The exported network gives another {port.name} than torch at a length of "
                f"{length}: they differ by {difference:.2g}, and {allowed:.2g} is allowed. "
                "Nothing was written."
            )
        largest = max(largest, difference)
    return largest


def _stable_sort(
    values: opset.FLOAT, *, dim: int, descending: bool, stable: bool
) -> tuple[opset.FLOAT, opset.INT64]:
    """aten.sort.stable for the exporter, which knows only the other sort. TopK is stable by
    definition: of equal values the one with the lower index comes first."""
    assert dim >= 0
    size = operators.Shape(values, start=dim, end=dim + 1)
    return operators.TopK(values, size, axis=dim, largest=int(descending), sorted=1)


def _dynamic(port: Port, inputs: tuple[Port, ...]) -> dict[int, Any]:
    """The free lengths of an input: the first to use a word names it, the others follow."""
    seen = {word for earlier in inputs[: inputs.index(port)] for word in earlier.shape}
    return {
        axis: torch.export.Dim.DYNAMIC if word in seen else word
        for axis, word in enumerate(port.shape)
        if isinstance(word, str)
    }


@contextmanager
def _known_noise_left_out() -> Iterator[None]:
    """What torch 2.13's exporter says of itself on every run: a deprecated call of its own, and
    that torchvision, which nothing here uses, is not installed."""

    def wanted(record: logging.LogRecord) -> bool:
        return "torchvision is not installed" not in record.getMessage()

    logger = logging.getLogger("torch.onnx._internal.exporter._registration")
    logger.addFilter(wanted)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings(
                "ignore", r"`isinstance\(treespec, LeafSpec\)` is deprecated", FutureWarning
            )
            yield
    finally:
        logger.removeFilter(wanted)
