"""Moments of rest: where the speed of the body dips, which is where repetitions start and end."""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks

from inference.movement.spans import runs
from inference.movement.speeds import body_speed
from inference.movement.track import JointTrack
from inference.video.clock import MODEL_HZ

#: Trunk lengths a second. People who stand still measure 0.05 to 0.1, which is the trembling of
#: the pose estimator, so what goes on below this is not told apart.
STILL_SPEED = 0.1
#: A dip counts where the speed falls to half of what it reaches on either side of it. Relative,
#: so that slow exercises have rests too; from 1.25 to 3 the rests of recorded people hardly change.
DIP = 2.0
_PAUSE_TICKS = round(0.5 * MODEL_HZ)  # a longer stillness has a beginning and an end of its own
_UNKNOWN_SPEED = 100.0  # faster than any body, so that being out of sight is never a rest


def rests(track: JointTrack) -> NDArray[np.float64]:
    """(N,) rising, in seconds: where the body turns round or pauses.

    A turning point is one rest. A pause of half a second or more gives three: where the movement
    ends, the middle (a slow turning point looks like a pause), and where the movement begins
    again. The edges of the recording, and of stretches in which the body is not seen, are none.
    """
    speed = np.pad(body_speed(track), 1, constant_values=np.nan)
    known = np.isfinite(speed)
    course = np.log(_still(np.where(known, speed, _UNKNOWN_SPEED), known))
    middles, found = find_peaks(-course, prominence=np.log(DIP), plateau_size=1)
    first, last = found["left_edges"], found["right_edges"]
    pause = last - first >= _PAUSE_TICKS
    candidates = np.unique(np.concatenate([middles, first[pause], last[pause]]))
    inside = known[candidates - 1] & known[candidates + 1]
    return np.asarray((candidates[inside] - 1) / MODEL_HZ)


def _still(speed: NDArray[np.float32], known: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The speeds, all the same in each stillness: from where they fall below STILL_SPEED until
    they have risen above it for good, which is when they reach DIP times as much.

    A stillness at the edge of what is known reaches up to that edge.
    """
    level = speed.copy()
    for start, end in runs(speed < DIP * STILL_SPEED):
        below = start + np.flatnonzero(speed[start:end] < STILL_SPEED)
        if len(below):
            first = below[0] if known[start - 1] else start
            last = below[-1] if known[end] else end - 1
            level[first : last + 1] = STILL_SPEED
    return level
