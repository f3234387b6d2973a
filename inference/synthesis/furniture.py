"""Things that stand where the mannequin moves, and so must be drawn among its limbs."""

import numpy as np

from inference.synthesis.surface import Patches, bone, patches, tube

SEAT_RINGS = np.array(
    [[0.0, 0.0], [0.0, 0.6], [0.0, 1.0], [-0.015, 1.04], [-0.045, 1.04], [-0.06, 1]]
)


def stool(
    x: float, y: float, height: float, colour: tuple[float, float, float], radius: float = 0.19
) -> Patches:
    """A round stool at (x, y) metres on the floor, its seat `height` metres above it."""
    centres = np.array([x, y, height]) + SEAT_RINGS[:, :1] * [0.0, 0.0, 1.0]
    half = np.repeat(SEAT_RINGS[:, 1:] * radius, 2, axis=1)
    left, front = np.array([0.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0])
    seat = patches(tube(centres, left, front, half, 24), np.asarray(colour))
    parts = [seat]
    steel = np.array([0.55, 0.56, 0.58])
    levels = np.linspace(0, 1, 7)
    profile = np.stack([levels, np.full(7, 0.012), np.full(7, 0.012), np.zeros(7)], axis=1)
    for angle in np.deg2rad([45, 135, 225, 315]):
        way = np.array([np.cos(angle), np.sin(angle), 0.0])
        top = np.array([x, y, height - 0.05]) + way * radius * 0.75
        foot = np.array([x, y, 0.0]) + way * radius * 1.05
        parts.append(bone(top, foot, left, profile, steel, 6))
    return Patches(
        np.concatenate([part.corners for part in parts]),
        np.concatenate([part.colours for part in parts]),
    )
