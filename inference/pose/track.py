"""One person's pose through a recording: what stage 1 hands to stage 2."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

COCO_JOINTS = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder",
    "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip",
    "left_knee", "right_knee", "left_ankle", "right_ankle",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class PoseTrack:
    """One person on the model's clock. T ticks; a tick without the person has confidence 0.

    times: (T,) seconds.
    keypoints: (T, 17, 3) float32; x and y in pixels of the displayed picture, confidence 0..1.
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
