"""Where the skeleton is not to be trusted."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from inference.movement.spans import runs
from inference.movement.track import JointTrack
from inference.video.clock import MODEL_HZ

LIMBS = (7, 8, 9, 10, 13, 14, 15, 16)  # elbows, wrists, knees, ankles
MOST_LOST = 1  # one hidden joint is usual; two are a whole limb, or both hands
_MOMENT_TICKS = 2 * round(MODEL_HZ / 2) - 1  # of these the majority decides: about a second


def poor_spans(track: JointTrack) -> NDArray[np.float64]:
    """(N, 2) [start, end) in seconds where the pose is poor for half a second or more.

    Poor is where the person is absent, or where two or more of elbows, wrists, knees and ankles
    are guesses. Joints that are hidden for most of the recording (legs under a table) are not asked
    for, unless fewer than four of the eight are left. What is good for less than half a second
    between two poor stretches does not part them.
    """
    present = track.sure.any(axis=1)
    limbs = track.sure[:, LIMBS]
    asked = limbs.sum(axis=0) >= present.sum() / 2  # (8,)
    if asked.sum() < len(LIMBS) / 2:
        asked[:] = True
    lost = (~limbs & asked).sum(axis=1)
    poor = ~present | (lost > MOST_LOST)
    lasting = median_filter(poor.astype(np.uint8), _MOMENT_TICKS, mode="nearest")
    return np.asarray(runs(lasting > 0) / MODEL_HZ)
