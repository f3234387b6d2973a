"""The colour of a person's clothes: cheap, and the best guard against swapped identities."""

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.pose.boxes import MIN_CONFIDENCE

_SHOULDERS_HIPS = [5, 6, 11, 12]
_HIPS_KNEES = [11, 13, 12, 14]
_GRID = np.linspace(0.2, 0.8, 7, dtype=np.float32)
COLOURS = 6


def clothes(image: NDArray[np.uint8], keypoints: NDArray[np.float32]) -> NDArray[np.float32]:
    """(P, 6) median CIELAB colour of upper and lower body; RGB picture, (P, 17, 3) its keypoints.

    NaN where the joints around a body part are not seen or lie outside the picture.
    """
    colours = np.full((len(keypoints), COLOURS), np.nan, np.float32)
    for person, joints in enumerate(keypoints):
        if joints[_SHOULDERS_HIPS, 2].min() >= MIN_CONFIDENCE:
            left, right, left_hip, right_hip = joints[_SHOULDERS_HIPS, :2]
            sides = _between(left, left_hip), _between(right, right_hip)
            trunk = np.concatenate([_between(a, b) for a, b in zip(*sides, strict=True)])
            colours[person, :3] = _median_colour(image, trunk)
        if joints[_HIPS_KNEES, 2].min() >= MIN_CONFIDENCE:
            hip, knee, other_hip, other_knee = joints[_HIPS_KNEES, :2]
            thighs = np.concatenate([_between(hip, knee), _between(other_hip, other_knee)])
            colours[person, 3:] = _median_colour(image, thighs)
    return colours


def colour_distance(
    first: NDArray[np.float32], second: NDArray[np.float32], unknown: float
) -> NDArray[np.float32]:
    """CIELAB distance of every pair, averaged over the body parts both show: (A, B).

    The same clothes seconds apart differ by about 5, different clothes by 20 and more; `unknown`
    stands where no part is shown by both.
    """
    parts = (first[:, None, :] - second[None, :, :]).reshape(len(first), len(second), 2, 3)
    distances = np.linalg.norm(parts, axis=3)
    known = np.isfinite(distances)
    total = np.where(known, distances, 0).sum(axis=2)
    count = known.sum(axis=2)
    return np.where(count > 0, total / np.maximum(count, 1), unknown).astype(np.float32)


def _between(start: NDArray[np.float32], end: NDArray[np.float32]) -> NDArray[np.float32]:
    return start + (end - start) * _GRID[:, None]


def _median_colour(
    image: NDArray[np.uint8], points: NDArray[np.float32]
) -> NDArray[np.float32] | float:
    columns, rows = np.floor(points).astype(int).T
    height, width = image.shape[:2]
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    if inside.mean() < 0.5:
        return float("nan")
    pixels = image[rows[inside], columns[inside]].astype(np.float32) / 255
    return np.median(cv2.cvtColor(pixels[None], cv2.COLOR_RGB2LAB)[0], axis=0)
