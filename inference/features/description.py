"""What a weight file of stage 2 says of its network, readable without loading the network."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

JOINTS = 17  # input channels: a heatmap for each joint
R2PLUS1D_12 = (2, 3)  # blocks in each stage, as in `R2Plus1D`
R2PLUS1D_18 = (2, 2, 2, 2)


def model_name(layers: tuple[int, ...]) -> str:
    """The name in the literature, which counts the stem and both convolutions of each block."""
    return f"r2plus1d_{2 + 2 * sum(layers)}"


def layers_of(config: Mapping[str, Any]) -> tuple[int, ...]:
    """Blocks in each stage; older descriptions give the name of the model only, or nothing."""
    if "layers" in config:
        return tuple(config["layers"])
    known = {model_name(layers): layers for layers in (R2PLUS1D_12, R2PLUS1D_18)}
    return known[config.get("model", model_name(R2PLUS1D_12))]


def model_hash(weights: bytes, config: Mapping[str, Any]) -> str:
    """The sha256 of the whole file and of every setting in it: its features carry this."""
    settings = json.dumps(config, sort_keys=True).encode()
    return hashlib.sha256(weights + settings).hexdigest()
