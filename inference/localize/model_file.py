"""A localizer on disk: weights with their description inside, and a sidecar to read beside them."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from inference.localize.actionformer.network import ActionFormer
from inference.localize.calibration import Calibration
from inference.localize.example import Scaling
from inference.localize.network import NetworkConfig, RefinedActionFormer
from inference.weights import state_dicts
from inference.weights.kept import DESCRIPTION, sha256_of
from inference.weights.state_dicts import Tensors

MEAN, SPREAD = "scaling.mean", "scaling.spread"  # beside the network's own tensors
REFINED, PUBLISHED = "refined-actionformer", "actionformer"  # what files call the two networks


class LocalizerError(Exception):
    """A localizer that cannot be used; the message is a sentence for people."""


@dataclass(frozen=True)
class RefinedConfig:
    """What must be known to build the network of this program and to feed it.

    step_s, features_model: as in `LocalizerConfig`.
    """

    network: NetworkConfig
    step_s: float
    features_model: str

    def build(self, classes: int) -> RefinedActionFormer:
        return RefinedActionFormer(replace(self.network, classes=classes))


@dataclass(frozen=True)
class LocalizerConfig:
    """What must be known to build a published ActionFormer and to feed it.

    step_s: seconds a step of its input lasts. features_model: hash of the extractor it was
    trained on; features of another one mean something else. kinematics: whether it also reads the
    keypoints, the ticks of a step side by side before its features. The rest as in `ActionFormer`.
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
    kinematics: bool = False

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


Config = RefinedConfig | LocalizerConfig


@dataclass(frozen=True, eq=False)
class LocalizerFile:
    """What `read` found: `model_hash` is the sha256 of the file, which covers all of it."""

    config: Config
    classes: tuple[str, ...]
    weights: Tensors
    scaling: Scaling
    calibration: Calibration
    model_hash: str


def tensors(weights: Tensors, scaling: Scaling) -> Tensors:
    """All that the file holds."""
    mean, spread = torch.from_numpy(scaling.mean), torch.from_numpy(scaling.spread)
    return {**weights, MEAN: mean, SPREAD: spread}


def description(
    config: Config, classes: tuple[str, ...], calibration: Calibration | None = None
) -> dict[str, Any]:
    """What it says of itself. calibration: None leaves scores and spreads as they are."""
    return {
        "kind": "localizer",
        "network": REFINED if isinstance(config, RefinedConfig) else PUBLISHED,
        "config": asdict(config),
        "classes": list(classes),
        "calibration": asdict(calibration or Calibration()),
    }


def write(
    path: Path,
    *,
    config: Config,
    classes: tuple[str, ...],
    weights: Tensors,
    scaling: Scaling,
    about: dict[str, Any],
    calibration: Calibration | None = None,
) -> str:
    """Writes `path` and its .json sidecar, each in one step, and gives the model hash.

    about: what else the sidecar says (data, licence, seed, command, metrics, ...).
    """
    return state_dicts.write(
        path,
        tensors(weights, scaling),
        description=description(config, classes, calibration),
        about=about,
    )


def read(path: Path) -> LocalizerFile:
    """Raises LocalizerError when the file is absent, damaged, something else or of an earlier
    version of this program."""
    if not path.is_file():
        raise LocalizerError(f"There is no localizer at {path}.")
    try:
        with safe_open(path, framework="pt") as file:
            said = json.loads((file.metadata() or {})[DESCRIPTION])
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if said["kind"] != "localizer":
            raise LocalizerError(f"{path.name} holds a {said['kind']}, not a localizer.")
        if "network" not in said:
            raise LocalizerError(
                f"{path.name} was made by an earlier version of this program, whose network is no "
                "longer here; train a new one."
            )
        return LocalizerFile(
            config=config_of(said["network"], dict(said["config"])),
            classes=tuple(said["classes"]),
            scaling=Scaling(weights.pop(MEAN).numpy(), weights.pop(SPREAD).numpy()),
            calibration=Calibration(**said["calibration"]),
            weights=weights,
            model_hash=sha256_of(path),
        )
    except (SafetensorError, KeyError, TypeError, ValueError, OSError) as error:
        raise LocalizerError(
            f"{path.name} is damaged or not a localizer of this program ({error})."
        ) from error


def config_of(network: str, said: dict[str, Any]) -> Config:
    """The configuration as it was before it became JSON. Raises KeyError, TypeError, ValueError."""
    if network == REFINED:
        return RefinedConfig(**{**said, "network": NetworkConfig(**said["network"])})
    if network == PUBLISHED:
        ranges = tuple(tuple(pair) for pair in said["regression_ranges"])
        return LocalizerConfig(**{**said, "arch": tuple(said["arch"]), "regression_ranges": ranges})
    raise ValueError(f"a network called {network}")
