"""The numbers of the published MoveNet files, put into the torch modules.

MultiPose comes as a tflite flatbuffer; Thunder and Lightning as TF.js graph models, whose two files
`inference.weights` keeps in one, the graph (JSON) and after it the numbers. Both hold batch norms
folded into the convolutions, as float16. A convolution is known by the name of its weights.
"""

import json
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray
from torch import Tensor

from inference.pose.movenet_torch import MultiPose, SinglePose, lightning, thunder

_PREFIX = re.compile(r"^(StatefulPartitionedCall/)?(center_net_mobile_net_v2fpn_\w+/model_1/)?")
_HEADS = "center|kpt_heatmap|kpt_regress|kpt_offset|box_scale|box_offset"
#: Name of a convolution's weights in the graph, and of the module; {kind} tells the two
#: convolutions of a separable one apart, whose weights have alike names.
_MODULES = (
    (r"model/Conv1/", "features.stem"),
    (r"model/expanded_conv_(depthwise|project)(?:_BN)?/", r"features.blocks.0.\1"),
    (r"model/block_(\d+)_(expand|depthwise|project)(?:_BN)?/", r"features.blocks.\1.\2"),
    (r"model/Conv_1/", "features.last"),
    (r"conv2d/", "features.laterals.0"),
    (r"conv2d_(\d)/", r"features.laterals.\1"),
    (r"separable_conv2d/", "features.merges.0.{kind}"),
    (r"separable_conv2d_(\d)/", r"features.merges.\1.{kind}"),
    (rf"({_HEADS})_0/separable_conv2d_\d/", r"\1.separable.{kind}"),
    (rf"({_HEADS})_0/conv2d_\d/", r"\1.out"),
)
_TFJS_CONVOLUTIONS = ("_FusedConv2D", "FusedDepthwiseConv2dNative", "DepthwiseConv2dNative")
_CENTER_WEIGHT = "ConstantFolding/StatefulPartitionedCall/truediv_2_recip"


class MoveNetFileError(Exception):
    """A file does not hold the network it was taken for; the message says which file."""


@dataclass(frozen=True, eq=False)
class Folded:
    """A convolution as a graph has it. weight: (outputs, inputs / groups, size, size) float16."""

    name: str
    depthwise: bool
    weight: NDArray[np.generic]
    bias: NDArray[np.generic] | None


def load_multipose(path: Path) -> MultiPose:
    """MultiPose Lightning from its tflite file. Raises MoveNetFileError."""
    network = MultiPose()
    _fill(network, _state(_read_tflite(path)), path, "MoveNet MultiPose Lightning (tflite)")
    return network


def load_thunder(path: Path) -> SinglePose:
    """SinglePose Thunder from its TF.js files, kept in one. Raises MoveNetFileError."""
    return _load_single_pose(thunder(), path, "MoveNet Thunder (TF.js)")


def load_lightning(path: Path) -> SinglePose:
    """SinglePose Lightning from its TF.js files, kept in one. Raises MoveNetFileError."""
    return _load_single_pose(lightning(), path, "MoveNet Lightning (TF.js)")


def _load_single_pose(network: SinglePose, path: Path, what: str) -> SinglePose:
    convolutions, constants = _read_tfjs(path)
    state = _state(iter(convolutions))
    if _CENTER_WEIGHT in constants:
        state["center_weight"] = _tensor(constants[_CENTER_WEIGHT])[..., 0]
    _fill(network, state, path, what)
    return network


def _fill(network: torch.nn.Module, state: dict[str, Tensor], path: Path, what: str) -> None:
    expected = {name: tensor.shape for name, tensor in network.state_dict().items()}
    for name, shape in expected.items():
        if name not in state:
            raise MoveNetFileError(f"{path} is not {what}: it has no numbers for {name}. {_FETCH}")
        if state[name].shape != shape:
            raise MoveNetFileError(
                f"{path} is not {what}: {name} is {tuple(state[name].shape)} there, "
                f"and {tuple(shape)} was expected. {_FETCH}"
            )
    unknown = sorted(state.keys() - expected.keys())
    if unknown:
        raise MoveNetFileError(f"{path} is not {what}: it also has {unknown[0]}. {_FETCH}")
    network.load_state_dict(state)
    network.eval()


_FETCH = "Run `rehab-review weights fetch` to get the right file."


def _state(convolutions: Iterator[Folded]) -> dict[str, Tensor]:
    """The state dict that a graph's convolutions make."""
    state = {}
    for convolution in convolutions:
        name = _module_name(convolution)
        state[f"{name}.weight"] = _tensor(convolution.weight)
        # tflite gives bias-free convolutions a bias of zeros.
        if convolution.bias is not None and convolution.bias.any():
            state[f"{name}.bias"] = _tensor(convolution.bias)
    return state


def _module_name(convolution: Folded) -> str:
    # tflite joins the names of all that was folded into one with ";"; the first is the layer's.
    name = _PREFIX.sub("", convolution.name.split(";")[0])
    for pattern, module in _MODULES:
        found = re.match(pattern, name)
        if found:
            kind = "depthwise" if convolution.depthwise else "pointwise"
            return found.expand(module).format(kind=kind)
    return name


def _tensor(values: NDArray[np.generic]) -> Tensor:
    return torch.from_numpy(values.astype(np.float32))


def _read_tflite(path: Path) -> Iterator[Folded]:
    """The convolutions of a flatbuffer whose weights are float16 constants, dequantised in use."""
    content = path.read_bytes()
    if content[4:8] != b"TFL3":
        raise MoveNetFileError(f"{path} is not a tflite file. {_FETCH}")
    try:
        model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0))
        graph = model.subgraphs[0]
        codes = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in model.operatorCodes]
    except (struct.error, IndexError, TypeError, ValueError) as error:
        raise MoveNetFileError(f"{path} is damaged: {error}. {_FETCH}") from error
    kinds = [codes[operator.opcodeIndex] for operator in graph.operators]
    stored = {
        operator.outputs[0]: operator.inputs[0]
        for operator, kind in zip(graph.operators, kinds, strict=True)
        if kind == schema.BuiltinOperator.DEQUANTIZE
    }

    def constant(index: int) -> NDArray[np.generic]:
        tensor = graph.tensors[stored[index]]
        values = np.asarray(model.buffers[tensor.buffer].data, np.uint8).view(np.float16)
        return values.reshape(tensor.shape)

    for operator, kind in zip(graph.operators, kinds, strict=True):
        depthwise = kind == schema.BuiltinOperator.DEPTHWISE_CONV_2D
        if not depthwise and kind != schema.BuiltinOperator.CONV_2D:
            continue
        _, weight, bias = operator.inputs
        if weight not in stored or bias not in stored:
            raise MoveNetFileError(f"{path} holds no float16 weights. {_FETCH}")
        # (outputs, y, x, inputs), depthwise (1, y, x, channels)
        axes = (3, 0, 1, 2) if depthwise else (0, 3, 1, 2)
        name = graph.tensors[stored[weight]].name.decode()
        yield Folded(name, depthwise, constant(weight).transpose(axes), constant(bias))


def split_tfjs(path: Path) -> tuple[dict[str, Any], bytes]:
    """The two files of a TF.js graph model that are kept in one: the graph, and its numbers.

    Raises MoveNetFileError.
    """
    content = path.read_bytes()
    try:
        graph, end = json.JSONDecoder().raw_decode(content.decode("latin-1"))  # JSON here is ASCII
        return {key: graph[key] for key in ("modelTopology", "weightsManifest")}, content[end:]
    except (ValueError, KeyError, TypeError) as error:
        raise MoveNetFileError(
            f"{path} is not a TF.js graph model with weights. {_FETCH}"
        ) from error


def _read_tfjs(path: Path) -> tuple[list[Folded], dict[str, NDArray[np.generic]]]:
    """The convolutions and all constants of a TF.js graph model."""
    graph, numbers = split_tfjs(path)
    try:
        constants = _tfjs_constants(graph["weightsManifest"], numbers)
        return list(_tfjs_convolutions(graph["modelTopology"]["node"], constants)), constants
    except (KeyError, ValueError, TypeError) as error:
        raise MoveNetFileError(f"{path} is damaged: {error}. {_FETCH}") from error


def _tfjs_constants(
    manifest: list[dict[str, Any]], content: bytes
) -> dict[str, NDArray[np.generic]]:
    constants = {}
    start = 0
    for entry in (entry for group in manifest for entry in group["weights"]):
        kept_as = np.dtype(entry.get("quantization", entry)["dtype"]).newbyteorder("<")
        count = prod(entry["shape"])
        values = np.frombuffer(content, kept_as, count, start).reshape(entry["shape"])
        constants[entry["name"]] = values
        start += values.nbytes
    return constants


def _tfjs_convolutions(
    nodes: list[dict[str, Any]], constants: dict[str, NDArray[np.generic]]
) -> Iterator[Folded]:
    for node in nodes:
        if node["op"] in _TFJS_CONVOLUTIONS:
            _, weight, *bias = node["input"]
            depthwise = "Depthwise" in node["op"]
            # (y, x, inputs, outputs), depthwise (y, x, channels, 1)
            axes = (2, 3, 0, 1) if depthwise else (3, 2, 0, 1)
            values = constants[weight].transpose(axes)
            yield Folded(weight, depthwise, values, constants[bias[0]] if bias else None)
