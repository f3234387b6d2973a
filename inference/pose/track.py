"""One person's pose through a recording: what stage 1 hands to stage 2."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class PoseTrack:
    """One person on the model's clock. T ticks; a tick without the person has confidence 0.

    times: (T,) seconds.
    keypoints: (T, 17, 3) float32 in COCO order (nose; then left and right eye, ear, shoulder,
        elbow, wrist, hip, knee, ankle): x and y in pixels of the displayed picture, and confidence
        0..1.
    boxes: (T, 4) float32; left, top, right, bottom in pixels.
    crops: (T, 3) float32; centre x, centre y and side in pixels of the square the heatmaps cover.
    heatmaps: (T, 17, H, W) uint8, 255 = confidence 1, on the crop; any array-like that yields
        uint8 numpy arrays when sliced along T, so that hours of it can stay on disk.
    """

    times: NDArray[np.float64]
    keypoints: NDArray[np.float32]
    boxes: NDArray[np.float32]
    crops: NDArray[np.float32]
    heatmaps: "NDArray[np.uint8]"
