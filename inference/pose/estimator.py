"""What stage 1 asks of a network: find people in a picture, and look closely at one of them."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

CROP_SIDE = 256  # pixels of the square crops around a person
HEATMAP_CELLS = 64  # cells of the heatmaps of such a crop, each way


class Detections(NamedTuple):
    """The people found in one picture, best first.

    keypoints: (P, 17, 3) float32 in COCO order; x and y in pixels of that picture, confidence 0..1.
    boxes: (P, 4) float32; left, top, right, bottom in pixels. scores: (P,) float32, 0..1.
    """

    keypoints: NDArray[np.float32]
    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]

    def take(self, which: NDArray[np.intp] | NDArray[np.bool_]) -> "Detections":
        return Detections(self.keypoints[which], self.boxes[which], self.scores[which])


@dataclass(frozen=True, eq=False)
class CropPose:
    """What a network sees in one crop of 256 x 256 pixels.

    found: the people in it, in its pixels; a network for one person always gives exactly one.
    heatmaps: (64, 64, 17) float32 0..1; cell (row, column) is centred on pixel
    (4 * column + 2, 4 * row + 2).
    """

    found: Detections
    heatmaps: NDArray[np.float32]


class Detector(Protocol):
    """Finds everybody in a picture; `threads` pictures may be given at the same time."""

    model_hash: str
    threads: int

    def detect(self, image: NDArray[np.uint8], pixels: int) -> Detections:
        """People in an RGB picture (h, w, 3) of any size; the network sees about `pixels` of it."""


class PoseEstimator(Protocol):
    """Looks closely at a person; any number of threads may call.

    model_hash: of the weights and of every setting that changes the result.
    batch: crops it likes to get at a time. threads: how many batches it computes side by side.
    """

    model_hash: str
    batch: int
    threads: int

    def look(self, crops: NDArray[np.uint8]) -> list[CropPose]:
        """RGB crops (N, 256, 256, 3) -> what is seen in each."""
