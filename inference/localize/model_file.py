"""A localizer on disk: weights with their description inside, and a sidecar to read beside them."""

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from inference.localize.actionformer import ActionFormer
from inference.localize.example import Scaling

MEAN, SPREAD = "scaling.mean", "scaling.spread"  # beside the network's own tensors


class LocalizerError(Exception):
    """A localizer that cannot be used; the message is a sentence for people."""


@dataclass(frozen=True)
class LocalizerConfig:
    """What must be known to build the network and to feed it.

    step_s: seconds a step of its input lasts. features_model: hash of the extractor it was
    trained on; features of another one mean something else. The rest as in `ActionFormer`.
    """

    input_dim: int
    width: int
    heads: int
    window: int
    arch: tuple[int, int, int]
    regression_ranges: tuple[tuple[float, float], ...]
    max_steps: int
    step_s: float
    features_model: str

    def build(self, classes: int) -> ActionFormer:
        return ActionFormer(
            input_dim=self.input_dim,
            classes=classes,
            width=self.width,
            heads=self.heads,
            window=self.window,
            arch=self.arch,
            regression_ranges=self.regression_ranges,
            max_steps=self.max_steps,
        )


@dataclass(frozen=True, eq=False)
class LocalizerFile:
    """What `read` found: `model_hash` is the sha256 of the file, which covers all of it."""

    config: LocalizerConfig
    classes: tuple[str, ...]
    weights: dict[str, torch.Tensor]
    scaling: Scaling
    model_hash: str


def write(
    path: Path,
    *,
    config: LocalizerConfig,
    classes: tuple[str, ...],
    weights: dict[str, torch.Tensor],
    scaling: Scaling,
    about: dict[str, Any],
) -> str:
    """Writes `path` and its .json sidecar, each in one step, and gives the model hash.

    about: what else the sidecar says (data, licence, seed, command, metrics, ...).
    """
    description = {"kind": "localizer", "config": asdict(config), "classes": list(classes)}
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    # One metadata entry only: with several, their order in the file, and so its hash, varies.
    save_file(
        {
            **{name: tensor.contiguous() for name, tensor in weights.items()},
            MEAN: torch.from_numpy(scaling.mean),
            SPREAD: torch.from_numpy(scaling.spread),
        },
        temporary,
        metadata={"description": json.dumps(description, sort_keys=True)},
    )
    model_hash = sha256_of(temporary)
    sidecar = path.with_suffix(".json")
    sidecar_part = sidecar.with_name(sidecar.name + ".part")
    sidecar_part.write_text(
        json.dumps({**description, "sha256": model_hash, **about}, indent=2) + "\n"
    )
    os.replace(temporary, path)
    os.replace(sidecar_part, sidecar)
    return model_hash


def read(path: Path) -> LocalizerFile:
    """Raises LocalizerError when the file is absent, damaged or something else."""
    if not path.is_file():
        raise LocalizerError(f"There is no localizer at {path}.")
    try:
        with safe_open(path, framework="pt") as file:
            description = json.loads((file.metadata() or {})["description"])
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if description["kind"] != "localizer":
            raise LocalizerError(f"{path.name} holds a {description['kind']}, not a localizer.")
        config = dict(description["config"])
        config["arch"] = tuple(config["arch"])
        config["regression_ranges"] = tuple(tuple(pair) for pair in config["regression_ranges"])
        return LocalizerFile(
            config=LocalizerConfig(**config),
            classes=tuple(description["classes"]),
            scaling=Scaling(weights.pop(MEAN).numpy(), weights.pop(SPREAD).numpy()),
            weights=weights,
            model_hash=sha256_of(path),
        )
    except (SafetensorError, KeyError, TypeError, ValueError, OSError) as error:
        raise LocalizerError(
            f"{path.name} is damaged or not a localizer of this program ({error})."
        ) from error


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
