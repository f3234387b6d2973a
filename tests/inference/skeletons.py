"""A figure whose joints are where a test wants them, filmed from the front, in pixels."""

import numpy as np
from numpy.typing import NDArray

from inference.synthesis.skeleton import MIRRORED

TRUNK = 100.0  # pixels
WIDTH = 640


def standing(ticks: int = 60) -> NDArray[np.float32]:
    """(T, 17, 3): upright with hanging arms, everything surely seen. Left is on the right."""
    across = {0: 0.0, 1: 5, 3: 10, 5: 30, 7: 30, 9: 30, 11: 15, 13: 15, 15: 15}
    down = {0: -40.0, 1: -45, 3: -42, 5: 0, 7: 55, 9: 105, 11: TRUNK, 13: 190, 15: 280}
    pose = np.zeros((17, 3), np.float32)
    for joint, right in across.items():
        pose[joint] = 300 + right, 100 + down[joint], 0.8
        pose[MIRRORED[joint]] = 300 - right, 100 + down[joint], 0.8
    return np.tile(pose, (ticks, 1, 1))


def towards(degrees: float | NDArray[np.floating], length: float) -> NDArray[np.float64]:
    """(..., 2) a way of `length` pixels, turned from straight down towards the picture's right."""
    turn = np.deg2rad(degrees)
    return length * np.stack([np.sin(turn), np.cos(turn)], axis=-1)


def mirrored(keypoints: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same seen in a mirror: sides exchanged, left becomes right."""
    other = keypoints[:, MIRRORED].copy()
    other[..., 0] = WIDTH - other[..., 0]
    return other


def raising_left_arm(angles: NDArray[np.floating]) -> NDArray[np.float32]:
    """(T,) degrees of the stretched left arm -> (T, 17, 3)."""
    keypoints = standing(len(angles))
    for joint, length in ((7, 55), (9, 105)):
        keypoints[:, joint, :2] = keypoints[:, 5, :2] + towards(angles, length)
    return keypoints
