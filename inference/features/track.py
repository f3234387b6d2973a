"""What stage 2 hands to stage 3."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class FeatureTrack:
    """One feature vector per step of the localizer's grid, and the pose it was made from.

    times: (F,) seconds, the middle of the interval each feature describes.
    features: (F, D) float32.
    step_s: seconds from one feature to the next; feature k covers [k * step_s, (k + 1) * step_s).
    model: hash of the extractor's weights and settings.
    keypoints: (T, 17, 3) float32 as in `PoseTrack`, one pose per tick of the model's clock; a step
        is a whole number of ticks, so F = ceil(T / ticks a step).
    """

    times: NDArray[np.float64]
    features: NDArray[np.float32]
    step_s: float
    model: str
    keypoints: NDArray[np.float32]
