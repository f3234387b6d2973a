"""The square around the patient that stage 1 refines in and stage 2 sees."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, uniform_filter1d

MARGIN = 1.25
WINDOW_TICKS = 61  # about 4 s at 15 Hz: long enough that a squat moves within the square


def crop_windows(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Slowly moving squares that hold the person: (T, 4) boxes -> (T, 3) centre x, centre y, side.

    The side is `MARGIN` times the largest box side within the window; centre and side are then
    smoothed. Training crops projected joints with this same function, so that a movement looks
    the same to stage 2 whether it was rendered or filmed. Boxes must be gap-free (interpolated).
    """
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    side = MARGIN * (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
    side = maximum_filter1d(side, WINDOW_TICKS, mode="nearest")
    windows = np.concatenate([centre, side[:, None]], axis=1)
    return uniform_filter1d(windows, WINDOW_TICKS, axis=0, mode="nearest").astype(np.float32)
