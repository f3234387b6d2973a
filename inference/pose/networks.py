"""The top-down networks of stage 1 by name: untrained, from their authors' files, from ours."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import nn

from inference.pose.hrnet import hrnet_w32, hrnet_w48
from inference.pose.litehrnet import litehrnet_18, litehrnet_30
from inference.weights.official import Arch
from inference.weights.state_dicts import CheckpointError, Tensors, fitted, unwrapped


def pose_network(arch: Arch) -> nn.Module:
    """The untrained network of a pose arch."""
    match arch:
        case Arch.HRNET_W32:
            return hrnet_w32()
        case Arch.HRNET_W48:
            return hrnet_w48()
        case Arch.LITEHRNET_18:
            return litehrnet_18()
        case Arch.LITEHRNET_30:
            return litehrnet_30()
    raise CheckpointError(f"{arch} is not a network for poses.")


def pose_weights(content: Mapping[str, Any], arch: Arch) -> Tensors:
    """The tensors of a pose checkpoint under the official names.

    HRNet comes bare (leoxiaobin) or as `backbone.` and `keypoint_head.` (mmpose); Lite-HRNet has
    only the latter.
    """
    bare = arch in (Arch.HRNET_W32, Arch.HRNET_W48)
    rooms = ("backbone.", "keypoint_head.") if bare else ()
    return unwrapped(content, keys=("state_dict",), prefixes=("module.", *rooms))


def load_pose_network(file: Path, arch: Arch) -> tuple[nn.Module, str]:
    """An imported network in eval mode, and the sha256 of its file. Raises CheckpointError."""
    try:
        data = file.read_bytes()
        tensors = load(data)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            f"{file} cannot be read. Import it again with `rehab-review weights import`."
        ) from error
    with torch.device("meta"):
        network = pose_network(arch)
    tensors = fitted(tensors, network.state_dict(), file.name, arch)
    network.load_state_dict(tensors, assign=True)
    return network.eval(), hashlib.sha256(data).hexdigest()
