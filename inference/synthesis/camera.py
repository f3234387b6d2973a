"""A pinhole camera looking at a room whose floor is z = 0."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Camera:
    """Where the camera stands and what it sees.

    azimuth_deg: 0 sees the subject from the front, positive from the subject's left.
    height_m: of the lens above the floor. distance_m: horizontally from `target`.
    target: (x, y, z) metres, drawn in the middle of the picture. focal: in picture heights.
    """

    azimuth_deg: float
    height_m: float
    distance_m: float
    target: tuple[float, float, float]
    focal: float
    width: int
    height: int

    def project(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """(..., 3) metres -> (..., 3): x and y in pixels, and depth in metres along the view."""
        azimuth = np.deg2rad(self.azimuth_deg)
        target = np.asarray(self.target, float)
        eye = target + self.distance_m * np.array([np.cos(azimuth), np.sin(azimuth), 0.0])
        eye[2] = self.height_m
        forward = (target - eye) / np.linalg.norm(target - eye)
        right = np.cross(forward, [0.0, 0.0, 1.0])
        right /= np.linalg.norm(right)
        down = np.cross(forward, right)
        local = (np.asarray(points, float) - eye) @ np.stack([right, down, forward], axis=1)
        depth = np.maximum(local[..., 2], 0.1)
        scale = self.focal * self.height / depth
        return np.stack(
            [
                self.width / 2 + local[..., 0] * scale,
                self.height / 2 + local[..., 1] * scale,
                depth,
            ],
            axis=-1,
        )
