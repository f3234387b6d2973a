"""Boxes around people."""

import numpy as np
from numpy.typing import NDArray

MIN_CONFIDENCE = 0.15  # joints below say little about where the person is
BODY_BEYOND_JOINTS = 0.09  # hair, hands, feet: MoveNet's own boxes are this much larger, each side


def joint_boxes(
    keypoints: NDArray[np.float32], min_confidence: float = MIN_CONFIDENCE
) -> NDArray[np.float32]:
    """Boxes around people, from their joints: (..., 17, 3) -> (..., 4) left, top, right, bottom.

    Joints below `min_confidence` are left out; NaN where fewer than four joints are left. Crops are
    made from these boxes in training and in use, so that both show a person equally large.
    """
    seen = (keypoints[..., 2] >= min_confidence)[..., None]
    low = np.where(seen, keypoints[..., :2], np.inf).min(axis=-2)
    high = np.where(seen, keypoints[..., :2], -np.inf).max(axis=-2)
    enough = seen.sum(axis=-2) >= 4
    low, high = np.where(enough, low, np.nan), np.where(enough, high, np.nan)
    beyond = BODY_BEYOND_JOINTS * (high - low).max(axis=-1, keepdims=True)
    return np.concatenate([low - beyond, high + beyond], axis=-1).astype(np.float32)


def long_sides(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """(..., 4) boxes -> (...) the longer of width and height."""
    return (boxes[..., 2:] - boxes[..., :2]).max(axis=-1)


def box_iou(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union of every pair of boxes: (A, 4), (B, 4) -> (A, B)."""
    return iou(first[:, None], second[None])


def iou(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same of boxes side by side: (..., 4), (..., 4) -> (...), broadcast."""
    top_left = np.maximum(first[..., :2], second[..., :2])
    bottom_right = np.minimum(first[..., 2:], second[..., 2:])
    shared = np.maximum(bottom_right - top_left, 0).prod(axis=-1)
    area_first = (first[..., 2:] - first[..., :2]).prod(axis=-1)
    area_second = (second[..., 2:] - second[..., :2]).prod(axis=-1)
    union = area_first + area_second - shared
    return (shared / np.maximum(union, 1e-6)).astype(np.float32)
