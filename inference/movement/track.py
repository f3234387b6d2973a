"""A patient's joints made ready for measuring: steady, in trunk lengths, NaN where unknown."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

from inference.movement.spans import bridged
from inference.video.clock import MODEL_HZ

#: Below this a joint is a guess. Sports2D (Pagnon and Kim, JOSS 2024) drops keypoints below 0.3 as
#: well; the default estimator gives joints in plain sight 0.7 to 0.85 (weights/pose_errors.json).
MIN_CONFIDENCE = 0.3

#: -3 dB of the whole filter. 3 Hz keeps the first six harmonics of a repetition of 2 s;
#: the 6 Hz usual for gait is too close to the 7.5 Hz that 15 ticks a second can show at all.
CUT_OFF_HZ = 3.0
_ONE_PASS_HZ = CUT_OFF_HZ / (np.sqrt(2) - 1) ** 0.25  # two passes of order 2 (Winter 2009)
_FILTER = butter(2, _ONE_PASS_HZ, fs=MODEL_HZ, output="sos")

TRUNK = (5, 6, 11, 12)  # shoulders and hips
_BRIDGED_TICKS = round(MODEL_HZ)  # a joint hidden for up to a second is taken to move evenly


@dataclass(frozen=True, eq=False)
class JointTrack:
    """One person's joints over T ticks; tick k is at k / 15 s.

    points: (T, 17, 2) float32 in trunk lengths of the picture, y downwards, COCO order; NaN where
        a joint is unknown for more than a second.
    sure: (T, 17) bool, whether the joint was plainly seen at that tick.
    """

    points: NDArray[np.float32]
    sure: NDArray[np.bool_]

    @classmethod
    def of(cls, keypoints: NDArray[np.float32]) -> "JointTrack":
        """From (T, 17, 3) pixels and confidence, zeros or NaN where the person is absent.

        Points are smoothed forwards and backwards by a Butterworth filter, so that nothing is
        delayed: order 4 in all, 3 Hz. (Winter, Biomechanics and Motor Control of Human Movement.)
        The trunk is that of the whole recording.
        """
        sure = is_sure(keypoints)
        trunk = trunk_length(keypoints, sure)
        points = np.full((*sure.shape, 2), np.nan, np.float32)
        for joint in range(sure.shape[1]):
            course, known = bridged(keypoints[:, joint, :2], sure[:, joint], _BRIDGED_TICKS)
            points[known, joint] = (_smooth(course) / trunk)[known]
        return cls(points, sure)


def is_sure(keypoints: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(T, 17, 3) -> (T, 17): which joints are more than a guess."""
    return np.asarray(np.isfinite(keypoints).all(axis=-1) & (keypoints[..., 2] >= MIN_CONFIDENCE))


def trunk_length(keypoints: NDArray[np.float32], sure: NDArray[np.bool_]) -> float:
    """Pixels from the middle of the hips to the middle of the shoulders, where all four are sure.

    The upper quarter of all ticks, because a trunk bent towards the camera looks short. 1 where
    no trunk was ever seen.
    """
    seen = keypoints[sure[:, TRUNK].all(axis=1), :, :2]
    trunks = np.linalg.norm(seen[:, 5:7].mean(axis=1) - seen[:, 11:13].mean(axis=1), axis=1)
    return max(float(np.percentile(trunks, 75)), 1.0) if len(trunks) else 1.0


def _smooth(course: NDArray[np.float64]) -> NDArray[np.float64]:
    if len(course) < 2:
        return course
    return np.asarray(sosfiltfilt(_FILTER, course, axis=0, padlen=min(9, len(course) - 1)))
