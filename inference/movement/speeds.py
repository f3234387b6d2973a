"""How fast parts of the body move in the picture, in trunk lengths per second.

Measured on smoothed joints (`JointTrack.of` says how); a trunk length is about half a metre. They
are 2-D projections: movement towards the camera does not count.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inference.movement.track import JointTrack
from inference.video.clock import MODEL_HZ

BODY = np.arange(5, 17)  # shoulders, elbows, wrists, hips, knees, ankles


def joint_speed(track: JointTrack, joints: Sequence[int]) -> NDArray[np.float32]:
    """(T,) speed of a joint, or of the middle of several; NaN where one is not plainly seen."""
    middle = track.points[:, joints].mean(axis=1)
    sure = track.sure[:, joints].all(axis=1)
    return np.where(sure, _speed(middle), np.nan).astype(np.float32)


def body_speed(track: JointTrack) -> NDArray[np.float32]:
    """(T,) root of the mean squared speed of the twelve joints from the shoulders to the ankles.

    The square lets the joints that move count most, so that one arm is enough. Joints hidden for
    up to a second are taken to move evenly; NaN where fewer than half of the twelve are known.
    """
    squares = _speed(track.points[:, BODY]) ** 2  # (T, 12)
    known = np.isfinite(squares)
    count = known.sum(axis=1)
    total = np.where(known, squares, 0).sum(axis=1)
    speed = np.sqrt(total / np.maximum(count, 1))
    return np.where(count >= len(BODY) / 2, speed, np.nan).astype(np.float32)


def _speed(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """(T, ..., 2) -> (T, ...) a second; central differences."""
    if len(points) < 2:
        return np.full(points.shape[:-1], np.nan, np.float32)
    return np.linalg.norm(np.gradient(points, axis=0), axis=-1) * np.float32(MODEL_HZ)
