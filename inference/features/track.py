"""What stage 2 hands to stage 3."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class FeatureTrack:
    """One feature vector per step of the localizer's grid.

    times: (F,) seconds, the middle of the interval each feature describes.
    features: (F, D) float32.
    step_s: seconds from one feature to the next; feature k covers [k * step_s, (k + 1) * step_s).
    model: hash of the extractor's weights and settings.
    """

    times: NDArray[np.float64]
    features: NDArray[np.float32]
    step_s: float
    model: str
