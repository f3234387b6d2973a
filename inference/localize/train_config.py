"""The network that a training from nothing begins with, and how its batches are varied."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from inference.features.track import FeatureTrack
from inference.localize.actionformer.configurations import RANGE_EDGES
from inference.localize.augment import Augmentation
from inference.localize.kinematics import KINEMATIC_COLUMNS
from inference.localize.model_file import Config, LocalizerConfig, RefinedConfig
from inference.localize.network import NetworkConfig
from inference.localize.sample import Sample
from inference.localize.train_settings import Network, Part, TrainSettings, level_count
from inference.synthesis.sessions import mirrored_name
from inference.video.clock import MODEL_HZ

#: The published ActionFormer on THUMOS with I3D features, but for what it reads.
PUBLISHED_WIDTH, PUBLISHED_WINDOW, PUBLISHED_STEPS = 512, 19, 2304


def config_for(
    track: FeatureTrack, samples: Sequence[Sample], classes: Sequence[str], settings: TrainSettings
) -> Config:
    """A network from nothing for features such as those of `track`."""
    without = settings.without
    channels = 0 if Part.HEATMAPS in without else track.features.shape[1]
    if settings.network is Network.ACTIONFORMER:
        ticks = round(track.step_s * MODEL_HZ)
        return LocalizerConfig(
            input_dim=ticks * (KINEMATIC_COLUMNS + track.features.shape[1]),
            width=PUBLISHED_WIDTH,
            heads=4,
            window=PUBLISHED_WINDOW,
            arch=(2, 2, 5),
            regression_ranges=tuple(pairwise(RANGE_EDGES)),
            max_steps=PUBLISHED_STEPS,
            step_s=track.step_s,
            features_model=track.model,
            kinematics=True,
        )
    lengths = np.concatenate([s.segments[:, 1] - s.segments[:, 0] for s in samples])
    network = NetworkConfig(
        features=channels,
        classes=len(classes),
        kinematics=Part.KINEMATICS not in without,
        width=settings.width,
        fine_width=settings.fine_width,
        heads=settings.heads,
        stem_blocks=settings.stem_blocks,
        stride=settings.stride,
        levels=level_count(lengths.tolist(), settings.stride),
        top_down=Part.TOP_DOWN not in without,
        refinement=0 if Part.REFINEMENT in without else NetworkConfig.refinement,
    )
    return RefinedConfig(network, track.step_s, track.model)


def augmentation_for(config: Config, classes: Sequence[str]) -> Augmentation:
    """What fits what the network sees: features alone can be neither mirrored nor left out, and
    where a class has a side, what is seen in a mirror is not that class."""
    joints = config.network.kinematics if isinstance(config, RefinedConfig) else config.kinematics
    if not joints:
        return Augmentation(flip=0.0, without_features=0.0)
    sided = any(mirrored_name(name) != name for name in classes)
    return Augmentation(flip=0.0) if sided else Augmentation()
