"""What happens to a training window before it is drawn.

Cameras, tempo, the working side, and errors of stage 1 vary from session to session already
(`Supply`); here one session gives windows that look different each time.
"""

from dataclasses import dataclass, replace

import numpy as np

from inference.synthesis.heatmaps import Blobs

#: Joints that furniture, a therapist or the edge of the picture hides together (COCO order).
HIDDEN_TOGETHER = (
    (7, 9), (8, 10), (9, 10), (13, 15), (14, 16), (15, 16), (13, 14, 15, 16), (0, 1, 2, 3, 4),
)  # fmt: skip


@dataclass(frozen=True)
class Augmentation:
    """Standard deviations for a window. tilt_deg: of a camera that is not held upright. shift: of
    the square around the person, sideways and up, in its sides; zoom: of its size, as a logarithm.
    hidden: chance that some joints cannot be seen for a part of the window.
    """

    tilt_deg: float = 4.0
    shift: float = 0.025
    zoom: float = 0.06
    hidden: float = 0.15


UNCHANGED = Augmentation(tilt_deg=0, shift=0, zoom=0, hidden=0)


def augmented(blobs: Blobs, augmentation: Augmentation, rng: np.random.Generator) -> Blobs:
    """The same movement seen a little differently, the same way at all its ticks."""
    centres, sides = blobs.crops[:, :2], blobs.crops[:, 2:]
    angle = np.deg2rad(augmentation.tilt_deg) * rng.standard_normal()
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shift = augmentation.shift * rng.standard_normal(2)
    zoom = np.exp(augmentation.zoom * rng.standard_normal())
    around = centres[:, None, None]
    positions = around + (blobs.positions - around) @ rotation.T.astype(np.float32)
    crops = np.concatenate([centres + sides * shift, sides * zoom], axis=1)
    amplitudes = blobs.amplitudes
    if rng.random() < augmentation.hidden:
        joints = HIDDEN_TOGETHER[rng.integers(len(HIDDEN_TOGETHER))]
        first, last = np.sort(rng.integers(0, len(blobs) + 1, 2))
        amplitudes = amplitudes.copy()
        amplitudes[first:last, :, list(joints)] = 0
    return replace(
        blobs,
        positions=positions.astype(np.float32),
        crops=crops.astype(np.float32),
        amplitudes=amplitudes,
        sigmas=(blobs.sigmas / zoom).astype(np.float32),
    )
