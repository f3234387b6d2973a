"""Official checkpoints become safetensors: read without running anything, checked, described.

A PyTorch checkpoint is a pickle and could run code when it is read; only tensors and plain values
are let through. Beside each safetensors lies a JSON that says where it came from.
"""

import argparse
import hashlib
import json
import os
import pickle
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save_file

from inference.features import published as published_features
from inference.features.extract import FeatureExtractor, FeaturesError
from inference.features.r2plus1d import R2Plus1D
from inference.localize import model_file
from inference.localize import published as published_localizers
from inference.localize.example import Scaling
from inference.pose.networks import pose_network, pose_weights
from inference.video.clock import MODEL_HZ
from inference.weights.official import OFFICIAL_FILES, Arch, checksum_in
from inference.weights.state_dicts import CheckpointError, Tensors, fitted

LAYERS = {Arch.R2PLUS1D_18: (2, 2, 2, 2), Arch.R2PLUS1D_12: (2, 3)}


def import_checkpoint(
    file: Path,
    arch: Arch,
    folder: Path,
    *,
    name: str = "",
    features: Path | None = None,
    classes: Sequence[str] = (),
) -> Path:
    """`file` as `folder`/`name`.safetensors with its JSON; `name` is the arch's own unless given.

    For a localizer only: features are the weights of stage 2 (with their JSON) whose features it
    reads, and classes are the names of what it finds. Raises CheckpointError.
    """
    content = read_checkpoint(file)
    original = checked_sum(file)
    out = folder / f"{name or arch}.safetensors"
    described = {**origin(file), "original": {"file": file.name, "sha256": original}}
    match arch:
        case Arch.HRNET_W32 | Arch.HRNET_W48 | Arch.LITEHRNET_18 | Arch.LITEHRNET_30:
            with torch.device("meta"):
                wanted = pose_network(arch).state_dict()
            tensors = fitted(pose_weights(content, arch), wanted, file.name, arch)
            write(out, tensors, {"arch": arch, "config": {"joints": 17}, **described})
        case Arch.R2PLUS1D_18 | Arch.R2PLUS1D_12:
            tensors = published_features.r2plus1d_weights(content)
            channels, _ = published_features.r2plus1d_shape(tensors)
            with torch.device("meta"):
                network = R2Plus1D(channels, LAYERS[arch])
            tensors = fitted(tensors, network.state_dict(), file.name, arch)
            write(out, tensors, {"arch": arch, "config": stage_2_config(network), **described})
        case Arch.ACTIONFORMER_THUMOS_I3D | Arch.ACTIONFORMER_REHAB:
            _import_localizer(out, content, file.name, arch, described, features, classes)
    return out


def read_checkpoint(file: Path) -> Mapping[str, Any]:
    """What a .pth, .pth.tar or .safetensors holds, on the CPU. Raises CheckpointError."""
    if not file.is_file():
        raise CheckpointError(f"There is no file {file}.")
    try:
        if file.suffix == ".safetensors":
            return load(file.read_bytes())
        with torch.serialization.safe_globals([argparse.Namespace]):  # TSP keeps its arguments
            content = torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        code = re.search(r"(?:Unsupported global: GLOBAL|Unsupported class) (\S+)", str(error))
        if code is None:
            raise CheckpointError(f"{file.name} is damaged or not a PyTorch checkpoint.") from error
        raise CheckpointError(
            f"{file.name} was not imported: besides tensors it holds Python objects "
            f"({code.group(1)}), and reading those can run any code. Take a file of its authors "
            "that holds weights only, or save its state_dict alone where you trust the file."
        ) from error
    except (RuntimeError, SafetensorError, EOFError, ValueError, KeyError, OSError) as error:
        raise CheckpointError(f"{file.name} is damaged or not a PyTorch checkpoint.") from error
    if not isinstance(content, Mapping):
        raise CheckpointError(f"{file.name} holds no named tensors.")
    return content


def checked_sum(file: Path) -> str:
    """The sha256. Raises CheckpointError when the file's own name says that it is another one."""
    with file.open("rb") as opened:
        found = hashlib.file_digest(opened, "sha256").hexdigest()
    wanted = checksum_in(file.name)
    if not found.startswith(wanted):
        raise CheckpointError(
            f"{file.name} is damaged: its checksum starts with {found[:8]}, and its name says "
            f"{wanted}. Download it again."
        )
    return found


def origin(file: Path) -> dict[str, str]:
    """Source and licence, where the file has the name of an official one."""
    for known in OFFICIAL_FILES:
        if known.file_name == file.name:
            return {"source": known.page, "licence": known.licence}
    return {"source": f"{file.name}, not an official name", "licence": "that of the file's authors"}


def write(out: Path, tensors: Tensors, described: dict[str, Any]) -> None:
    """Writes safetensors and the JSON beside it, each in one step. Raises CheckpointError."""
    part, sidecar = out.with_name(out.name + ".part"), out.with_suffix(".json")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        save_file({name: values.contiguous() for name, values in tensors.items()}, part)
        described = {"sha256": hashlib.sha256(part.read_bytes()).hexdigest(), **described}
        sidecar_part = sidecar.with_name(sidecar.name + ".part")
        sidecar_part.write_text(json.dumps(described, indent=2) + "\n")
        os.replace(part, out)
        os.replace(sidecar_part, sidecar)
    except OSError as error:
        raise CheckpointError(
            f"{out.name} could not be stored in {out.parent}: {error.strerror}."
        ) from error
    finally:
        part.unlink(missing_ok=True)


def stage_2_config(network: R2Plus1D) -> dict[str, Any]:
    """What `FeatureExtractor.load` needs to know."""
    return {
        "model": f"r2plus1d_{2 + 2 * sum(network.layers)}",
        "in_channels": network.in_channels,
        "layers": list(network.layers),
        "features": network.out_channels,
        "ticks_a_step": network.stride,
        "step_s": network.stride / MODEL_HZ,
    }


def _import_localizer(
    out: Path,
    content: Mapping[str, Any],
    file_name: str,
    arch: Arch,
    described: dict[str, Any],
    features: Path | None,
    classes: Sequence[str],
) -> None:
    published = published_localizers.REHAB
    if arch is Arch.ACTIONFORMER_THUMOS_I3D:
        published = published_localizers.THUMOS_I3D
    tensors = published_localizers.actionformer_weights(content)
    count = published.class_count(tensors)
    names = tuple(classes) or tuple(f"class {number}" for number in range(1, count + 1))
    if len(names) != count:
        raise CheckpointError(f"{file_name} knows {count} classes, and {len(names)} were named.")
    step_s, features_model = _stage_2(features)
    config = published.config(tensors, step_s=step_s, features_model=features_model)
    with torch.device("meta"):
        wanted = config.build(count).state_dict()
    model_file.write(
        out,
        config=config,
        classes=names,
        weights=fitted(tensors, wanted, file_name, arch),
        scaling=Scaling.none(config.input_dim),
        about={"arch": arch, **described},
    )


def _stage_2(features: Path | None) -> tuple[float, str]:
    """Seconds a step and the model hash; without weights of stage 2 those of nothing known."""
    if features is None:
        return 1.0, ""
    try:
        extractor = FeatureExtractor.load(features)
    except FeaturesError as error:
        raise CheckpointError(str(error)) from error
    return extractor.step_s, extractor.model_hash
