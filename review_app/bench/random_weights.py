"""Weights for a preset that has none: speed does not depend on what a network has learnt."""

from pathlib import Path

import torch

from inference import presets
from inference.features.description import JOINTS
from inference.features.extract import FeatureExtractor, stage_2_config
from inference.features.r2plus1d import R2Plus1D
from inference.localize import model_file
from inference.localize.example import Scaling
from inference.localize.model_file import RefinedConfig
from inference.localize.network import NetworkConfig
from inference.pose import every_network
from inference.presets import Preset, WeightFiles
from inference.synthesis.exercises import CLASS_NAMES
from inference.weights.state_dicts import write

ABOUT = {"source": "random numbers, to measure speed", "licence": "none"}


def completed(preset: Preset, real: WeightFiles, usable: WeightFiles) -> tuple[str, ...]:
    """Puts what `preset` needs where `usable` says: links to the real files, and random weights
    in place of those that are absent. Gives the parts that are random.

    Raises PresetError when files are absent that come with the repository.
    """
    if preset.shipped:
        presets.require(preset, real)
    absent = {
        each.file: f"stage {each.stage}, {each.part}" for each in presets.missing(preset, real)
    }
    torch.manual_seed(0)
    if not _linked(real.pose, usable.pose, absent):
        network = every_network.untrained(preset.pose)
        described = {"arch": preset.pose.value}
        write(usable.pose, network.state_dict(), description=described, about=ABOUT)
    if not _linked(real.features, usable.features, absent):
        random_features(usable.features, preset.layers)
        absent.setdefault(real.localizer, "stage 3, which reads those features only")
    if not _linked(real.localizer, usable.localizer, absent):
        random_localizer(usable.localizer, usable.features)
    return tuple(absent.values())


def random_features(file: Path, layers: tuple[int, ...]) -> None:
    network = R2Plus1D(JOINTS, layers)
    described = {"config": stage_2_config(network)}
    write(file, network.state_dict(), description=described, about=ABOUT)


def random_localizer(file: Path, features: Path) -> None:
    """As wide as the shipped one, for the features of that file."""
    extractor = FeatureExtractor.load(features)
    channels = extractor.network.out_channels
    config = RefinedConfig(
        NetworkConfig(features=channels, classes=len(CLASS_NAMES)),
        step_s=extractor.step_s,
        features_model=extractor.model_hash,
    )
    model_file.write(
        file,
        config=config,
        classes=tuple(CLASS_NAMES),
        weights=config.build(len(CLASS_NAMES)).state_dict(),
        scaling=Scaling.none(channels),
        about=ABOUT,
    )


def _linked(real: Path, usable: Path, absent: dict[Path, str]) -> bool:
    """Whether the real file and its description could be put there."""
    if real in absent:
        return False
    for file, link in ((real, usable), (real.with_suffix(".json"), usable.with_suffix(".json"))):
        if file.exists() and not link.exists():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(file)
    return True
