"""What MoveNet MultiPose takes and gives, whichever runtime computes it.

The network takes pictures of any size that is a multiple of 32, the picture in the top left corner,
and gives six rows of 56 numbers: 17 times (y, x, confidence), then top, left, bottom, right and the
score, all places as fractions of the network's input.
https://www.kaggle.com/models/google/movenet
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.pose.estimator import Detections

PIXELS = 320 * 192  # input pixels of `detect`: a person of half the picture's height scores 0.6
STRIDE = 32
MIN_SCORE = 0.1  # rows below are not people


def input_size(width: int, height: int, pixels: int) -> tuple[int, int, float]:
    """Network input (width, height), multiples of 32, and the scale that fits the picture in it.

    The number of input pixels stays near `pixels` whatever the picture's shape, so that tall and
    wide pictures cost the same; the picture lies in the top left corner.
    """
    aspect = min(max(width / height, 1 / 8), 8.0)
    net_width = max(STRIDE, round((pixels * aspect) ** 0.5 / STRIDE) * STRIDE)
    net_height = max(STRIDE, round(net_width / aspect / STRIDE + 0.2) * STRIDE)
    return net_width, net_height, min(net_width / width, net_height / height)


def fitted(image: NDArray[np.uint8], pixels: int) -> tuple[NDArray[np.uint8], float]:
    """An RGB picture (h, w, 3) of any size as network input, and the scale it was resized by."""
    height, width = image.shape[:2]
    net_width, net_height, scale = input_size(width, height, pixels)
    resized = cv2.resize(
        image,
        (max(1, round(width * scale)), max(1, round(height * scale))),
        interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR,
    )
    padded = np.zeros((net_height, net_width, 3), np.uint8)
    padded[: resized.shape[0], : resized.shape[1]] = resized
    return padded, scale


def detections(people: NDArray[np.float32], width: float, height: float) -> Detections:
    """The network's (6, 56) rows in pixels of a picture that fills an input of (width, height)."""
    people = people[people[:, 55] >= MIN_SCORE]
    people = people[np.argsort(-people[:, 55], kind="stable")]
    keypoints = people[:, :51].reshape(-1, 17, 3)[:, :, [1, 0, 2]]
    boxes = people[:, [52, 51, 54, 53]]
    size = np.array([width, height], np.float32)
    return Detections(
        (keypoints * np.append(size, 1)).astype(np.float32),
        (boxes * np.tile(size, 2)).astype(np.float32),
        people[:, 55].astype(np.float32),
    )
