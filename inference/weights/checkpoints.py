"""Official checkpoints become safetensors: read without running anything, checked, described.

A PyTorch checkpoint is a pickle and could run code when it is read; only tensors and plain values
are let through. Beside each safetensors lies a JSON that says where it came from.
"""

import argparse
import pickle
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load

from inference.features import published as published_features
from inference.features.description import R2PLUS1D_12, R2PLUS1D_18
from inference.features.extract import FeatureExtractor, FeaturesError, stage_2_config
from inference.features.r2plus1d import R2Plus1D
from inference.localize import model_file
from inference.localize.actionformer import configurations as published_localizers
from inference.localize.example import Scaling
from inference.pose.networks import pose_network, pose_weights
from inference.weights.kept import refuse_to_replace, sha256_of
from inference.weights.official import Arch, official_file
from inference.weights.state_dicts import CheckpointError, Tensors, fitted, write

LAYERS = {Arch.R2PLUS1D_18: R2PLUS1D_18, Arch.R2PLUS1D_12: R2PLUS1D_12}
NAME = re.compile(r"\w[\w.-]*")


def import_checkpoint(
    file: Path,
    arch: Arch,
    folder: Path,
    *,
    name: str = "",
    features: Path | None = None,
    classes: Sequence[str] = (),
    replace: bool = False,
) -> Path:
    """`file` as `folder`/`name`.safetensors with its JSON; `name` is the arch's own unless given.

    For actionformer-rehab only: features are the weights of stage 2 whose features it reads, and
    must be given; classes are the names of what it finds. replace: weights of that name may be
    there already; see `refuse_to_replace`. Raises CheckpointError and KeptError.
    """
    out = folder / f"{name or arch}.safetensors"
    if name and not NAME.fullmatch(name):
        raise CheckpointError(
            f"{name!r} cannot be a name: use letters, digits, dots, dashes and underscores only."
        )
    reads_features = arch is Arch.ACTIONFORMER_REHAB
    if not reads_features and (features is not None or classes):
        raise CheckpointError(
            f"--features and --classes are for {Arch.ACTIONFORMER_REHAB} only; import {arch} "
            "without them."
        )
    twice = next((known for known in classes if classes.count(known) > 1), None)
    if twice is not None:
        raise CheckpointError(f"--classes names {twice} twice; name each class once, in order.")
    if reads_features and features is None:
        raise CheckpointError(
            f"A localizer works on the features it was trained on and on no others: import {arch} "
            "with --features, the file of those weights of stage 2."
        )
    original = checked_sum(file)
    content = read_checkpoint(file)
    about = {"arch": arch, **origin(file.name), "original": {"file": file.name, "sha256": original}}
    match arch:
        case Arch.HRNET_W32 | Arch.HRNET_W48 | Arch.LITEHRNET_18 | Arch.LITEHRNET_30:
            with torch.device("meta"):
                wanted = pose_network(arch).state_dict()
            tensors = fitted(pose_weights(content, arch), wanted, file.name, arch)
            described: dict[str, Any] = {"arch": arch, "config": {"joints": 17}}
        case Arch.R2PLUS1D_18 | Arch.R2PLUS1D_12:
            tensors = published_features.r2plus1d_weights(content)
            channels = published_features.in_channels(tensors)
            with torch.device("meta"):
                network = R2Plus1D(channels, LAYERS[arch])
            tensors = fitted(tensors, network.state_dict(), file.name, arch)
            described = {"arch": arch, "config": stage_2_config(network)}
        case Arch.ACTIONFORMER_THUMOS_I3D | Arch.ACTIONFORMER_REHAB:
            tensors, described = _localizer(content, file.name, arch, features, classes)
    try:
        refuse_to_replace(out, replace=replace)
        write(out, tensors, description=described, about=about)
    except OSError as error:
        raise CheckpointError(
            f"{out.name} could not be stored in {out.parent}: {error.strerror}."
        ) from error
    return out


def read_checkpoint(file: Path) -> Mapping[str, Any]:
    """What a .pth, .pth.tar or .safetensors holds, on the CPU. Raises CheckpointError."""
    try:
        if file.suffix == ".safetensors":
            return load(file.read_bytes())
        with torch.serialization.safe_globals([argparse.Namespace]):  # TSP keeps its arguments
            content = torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        code = re.search(r"(?:Unsupported global:|unsupported) GLOBAL (\S+)", str(error))
        if code is None:
            raise CheckpointError(f"{file.name} is damaged or not a PyTorch checkpoint.") from error
        raise CheckpointError(
            f"{file.name} was not imported: besides tensors it holds Python objects "
            f"({code.group(1)}), and reading those can run any code. Take a file of its authors "
            "that holds weights only, or save its state_dict alone where you trust the file."
        ) from error
    except Exception as error:  # on a damaged file torch may stumble over anything
        raise CheckpointError(f"{file.name} is damaged or not a PyTorch checkpoint.") from error
    if not isinstance(content, Mapping):
        raise CheckpointError(f"{file.name} holds no named tensors.")
    return content


def checked_sum(file: Path) -> str:
    """The sha256. Raises CheckpointError when there is no file, when it cannot be read, and when
    an official one is not what its name says."""
    try:
        if not file.is_file():
            raise CheckpointError(f"There is no file {file}.")
        found = sha256_of(file)
    except OSError as error:
        raise CheckpointError(f"{file} cannot be read: {error.strerror}.") from error
    official = official_file(file.name)
    if official is not None and not found.startswith(official.checksum):
        raise CheckpointError(
            f"{file.name} is damaged: its checksum starts with {found[:8]}, and its name says "
            f"{official.checksum}. Download it again."
        )
    return found


def origin(file_name: str) -> dict[str, str]:
    """Source and licence, where the file has the name of an official one."""
    official = official_file(file_name)
    if official is not None:
        return {"source": official.page, "licence": official.licence}
    return {"source": f"{file_name}, not an official name", "licence": "that of the file's authors"}


def _localizer(
    content: Mapping[str, Any],
    file_name: str,
    arch: Arch,
    features: Path | None,
    classes: Sequence[str],
) -> tuple[Tensors, dict[str, Any]]:
    """Tensors and description of a localizer. Without `features` no preset can use it: what it
    reads, this program does not compute."""
    published = published_localizers.THUMOS_I3D if features is None else published_localizers.REHAB
    tensors = published_localizers.actionformer_weights(content)
    count = published.class_count(tensors)
    step_s, features_model = published.step_s, ""
    if features is not None:
        try:
            extractor = FeatureExtractor.load(features)
        except FeaturesError as error:
            raise CheckpointError(str(error)) from error
        step_s, features_model = extractor.step_s, extractor.model_hash
    config = published.config(tensors, step_s=step_s, features_model=features_model)
    with torch.device("meta"):
        wanted = config.build(count).state_dict()
    weights = fitted(tensors, wanted, file_name, arch)
    names = tuple(classes) or tuple(f"class {number}" for number in range(1, count + 1))
    if len(names) != count:
        raise CheckpointError(f"{file_name} knows {count} classes, and {len(names)} were named.")
    scaling = Scaling.none(config.input_dim)
    return model_file.tensors(weights, scaling), model_file.description(config, names)
