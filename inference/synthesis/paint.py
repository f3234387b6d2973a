"""Light on surfaces, and surfaces on a picture."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.synthesis.camera import Camera
from inference.synthesis.surface import Array, Patches, unit

FINE = 2  # drawn this many times larger and averaged down: smooth edges
SHIFT = 4  # fractional bits of OpenCV's polygon corners


@dataclass(frozen=True)
class Light:
    """A lamp far away and light from all around. Both 0..1; direction points to the lamp."""

    direction: tuple[float, float, float]
    lamp: float = 0.5
    around: float = 0.55


def shade(corners: Array, colours: Array, light: Light, eye: Array) -> Array:
    """(Q, 4, 3) patches and their own (Q, 3) colours -> (Q, 3) as seen from `eye` (metres)."""
    normal = unit(np.cross(corners[:, 1] - corners[:, 3], corners[:, 2] - corners[:, 0]))
    middle = corners.mean(axis=1)
    view = unit(eye - middle)
    normal = normal * np.sign((normal * view).sum(axis=1, keepdims=True))
    lamp = np.clip(normal @ unit(np.asarray(light.direction)) * 0.85 + 0.15, 0, 1)
    sky = 0.82 + 0.18 * normal[:, 2]
    edge = 0.80 + 0.20 * np.clip((normal * view).sum(axis=1), 0, 1)
    strength = (light.around * sky + light.lamp * lamp) * edge
    return np.clip(colours * strength[:, None], 0, 1)


def draw(canvas: NDArray[np.uint8], parts: list[Patches], camera: Camera, light: Light) -> None:
    """Draw into an RGB picture (h, w, 3), the nearest on top; only the region needed is touched."""
    corners = np.concatenate([part.corners for part in parts])
    seen = camera.project(corners)
    flat = seen[..., :2]
    one, other = flat[:, 2] - flat[:, 0], flat[:, 3] - flat[:, 1]
    turn = one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]
    keep = (turn < 0) & (seen[..., 2].min(axis=1) > 0.2)
    if not keep.any():
        return
    colours = np.concatenate([part.colours for part in parts])[keep]
    above = np.concatenate([np.full(len(part.corners), part.above) for part in parts])[keep]
    flat, depth = flat[keep], seen[keep, :, 2].mean(axis=1) - above
    height, width = canvas.shape[:2]
    left, top = np.maximum(np.floor(flat.min(axis=(0, 1))).astype(int) - 2, 0)
    right, bottom = np.minimum(
        np.ceil(flat.max(axis=(0, 1))).astype(int) + 3, np.array([width, height])
    )
    if left >= right or top >= bottom:
        return
    lit = (shade(corners[keep], colours, light, eye_of(camera)) * 255).tolist()
    fine = cv2.resize(
        canvas[top:bottom, left:right], None, fx=FINE, fy=FINE, interpolation=cv2.INTER_NEAREST
    )
    points = np.round(((flat - [left, top] + 0.5) * FINE - 0.5) * (1 << SHIFT)).astype(np.int32)
    for n in np.argsort(-depth, kind="stable"):
        cv2.fillConvexPoly(fine, points[n], lit[n], cv2.LINE_8, SHIFT)
    size = (int(right - left), int(bottom - top))
    canvas[top:bottom, left:right] = cv2.resize(fine, size, interpolation=cv2.INTER_AREA)


def eye_of(camera: Camera) -> Array:
    """Where the camera's lens is, (3,) metres."""
    azimuth = np.deg2rad(camera.azimuth_deg)
    eye = np.asarray(camera.target, float) + camera.distance_m * np.array(
        [np.cos(azimuth), np.sin(azimuth), 0.0]
    )
    eye[2] = camera.height_m
    return eye
