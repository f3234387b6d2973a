"""How wide the answers in heatmaps are, and how strong those at the counterpart of a joint."""

import numpy as np
from numpy.typing import NDArray

from inference.pose.track import PoseTrack
from inference.synthesis.heatmaps import CELLS, GAIN, Blobs, sigmas_for
from inference.synthesis.skeleton import MIRRORED

_STEP = 8  # ticks between those that are looked at
_SURE = 0.3  # confidence from which an answer has a shape
_ALONE = 0.12  # crop sides from which the counterpart does not add to an answer
_GHOSTLY = (0.05, 0.075)  # crop sides at which a second answer is neither hidden nor cut off
_WIDTHS = np.array([0.5, 0.75, 1.0, 1.25, 1.5, 2.0])
_FADING = 0.12  # crop sides over which joints are mixed up less
_ENOUGH = 30  # close pairs from which a strength is given


def answer_shapes(pose: PoseTrack) -> tuple[float, float]:
    """The width of answers, as a factor on the usual one, and the strength of second answers.

    Drawn with this width, the answers cover as much as these do. The strength is a share of the
    first answer: twice the mean, the greatest of an even spread, where left and right are close;
    NaN where they never are.
    """
    keypoints, crops = pose.keypoints[::_STEP], pose.crops[::_STEP, None]
    looked_at = range(0, len(pose.keypoints), _STEP)
    volume = np.concatenate([pose.heatmaps[tick : tick + 1] for tick in looked_at])
    relative = (keypoints[..., :2] - crops[..., :2]) / crops[..., 2:] + 0.5  # (t, 17, 2) 0..1
    apart = np.linalg.norm(relative - relative[:, MIRRORED], axis=2)
    sure = keypoints[..., 2] > _SURE
    alone = sure & (apart > _ALONE)
    close = sure & (apart > _GHOSTLY[0]) & (apart < _GHOSTLY[1])
    drawn = [_cover(_drawn(pose, width))[alone].mean() for width in _WIDTHS]
    width = float(np.interp(_cover(volume)[alone].mean(), drawn, _WIDTHS))
    if close.sum() < _ENOUGH:
        return width, np.nan
    cells = np.clip((relative[:, MIRRORED] * CELLS).astype(int), 0, CELLS - 1)
    tick, joint = np.nonzero(close)
    there = (tick, joint, cells[tick, joint, 1], cells[tick, joint, 0])
    extra = volume[there] - _drawn(pose, width)[there].astype(float)
    strength = GAIN * keypoints[..., 2][close] * np.exp(-apart[close] / _FADING)
    return width, float(2 * (np.maximum(extra, 0) / 255 / strength).mean())


def _drawn(pose: PoseTrack, width: float) -> NDArray[np.uint8]:
    keypoints, crops = pose.keypoints[::_STEP], pose.crops[::_STEP]
    return Blobs(
        positions=keypoints[:, None, :, :2],
        amplitudes=np.minimum(GAIN * keypoints[:, None, :, 2], 1),
        crops=crops,
        sigmas=sigmas_for(pose.boxes[::_STEP], crops) * np.float32(width),
    )[:]


def _cover(volume: NDArray[np.uint8]) -> NDArray[np.floating]:
    """(t, 17, cells, cells) -> (t, 17) the sum of an answer in heights of its peak."""
    total = volume.sum(axis=(2, 3), dtype=float)
    return total / np.maximum(volume.max(axis=(2, 3)), 1)
