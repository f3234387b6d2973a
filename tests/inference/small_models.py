"""Weight files of stages 2 and 3 that are quick to compute and have learned nothing."""

from collections.abc import Sequence
from pathlib import Path

import torch

from inference.features.description import JOINTS
from inference.features.extract import FeatureExtractor, stage_2_config
from inference.features.r2plus1d import R2Plus1D
from inference.localize import model_file
from inference.localize.calibration import Calibration
from inference.localize.example import Scaling
from inference.localize.model_file import RefinedConfig
from inference.localize.network import NetworkConfig
from inference.weights import state_dicts


def write_features(path: Path) -> Path:
    torch.manual_seed(0)
    network = R2Plus1D(JOINTS, (1, 1))
    described = {"kind": "features", "config": stage_2_config(network)}
    state_dicts.write(path, network.state_dict(), description=described, about={})
    return path


def write_localizer(path: Path, features: Path, classes: Sequence[str]) -> Path:
    """A localizer that is sure of repetitions everywhere, for the features of that file."""
    extractor = FeatureExtractor.load(features)
    channels = extractor.network.out_channels
    config = RefinedConfig(
        NetworkConfig(
            features=channels, classes=len(classes), width=16, fine_width=16, levels=3, heads=2
        ),
        step_s=extractor.step_s,
        features_model=extractor.model_hash,
    )
    torch.manual_seed(0)
    network = config.build(len(classes))
    model_file.write(
        path,
        config=config,
        classes=tuple(classes),
        weights=network.state_dict(),
        scaling=Scaling.none(channels),
        about={},
        calibration=Calibration(offset=8.0),
    )
    return path
