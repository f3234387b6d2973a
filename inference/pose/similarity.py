"""How alike two poses are."""

import numpy as np
from numpy.typing import NDArray

from inference.pose.boxes import MIN_CONFIDENCE, joint_boxes, long_sides

#: How far annotators of COCO disagree on each joint, relative to the person's size.
COCO_SIGMAS = np.array(
    [26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89], np.float32
) / np.float32(1000)


def oks(
    first: NDArray[np.float32], second: NDArray[np.float32], looseness: float = 1.0
) -> NDArray[np.float32]:
    """Object keypoint similarity (COCO) of every pair: (A, 17, 3), (B, 17, 3) -> (A, B), 0..1.

    Joints are weighted by the lower of both confidences; the person's size, in COCO the root of its
    area, is taken as half the long side of the larger pose. `looseness` multiplies the tolerated
    distance, for comparing poses at different times.
    """
    sides = [np.nan_to_num(long_sides(joint_boxes(poses))) for poses in (first, second)]
    size = 0.5 * np.maximum(np.maximum(sides[0][:, None], sides[1][None, :]), 1e-3)
    gaps = first[:, None, :, :2] - second[None, :, :, :2]
    squared = (gaps**2).sum(axis=3) / (size[:, :, None] * 2 * COCO_SIGMAS * looseness) ** 2
    weight = np.minimum(first[:, None, :, 2], second[None, :, :, 2])
    weight = np.where(weight >= MIN_CONFIDENCE, weight, 0)
    total = weight.sum(axis=2)
    alike = (weight * np.exp(-squared / 2)).sum(axis=2)
    return np.where(total > 0, alike / np.maximum(total, 1e-6), 0).astype(np.float32)
