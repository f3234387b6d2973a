"""What happens to a training window before it is drawn.

Cameras, tempo, the working side, and errors of stage 1 as measured vary from session to session
already (`Supply`). Here one session gives windows that look different each time, with errors that
real people in real rooms cause and measured mannequins do not.
"""

from dataclasses import dataclass, replace

import numpy as np

from inference.synthesis.heatmaps import Blobs
from inference.synthesis.skeleton import MIRRORED

#: Joints that furniture, a therapist or the edge of the picture hides together (COCO order).
HIDDEN_TOGETHER = (
    (7, 9), (8, 10), (9, 10), (13, 15), (14, 16), (15, 16), (13, 14, 15, 16), (0, 1, 2, 3, 4),
)  # fmt: skip


#: Joints that are mistaken for those of the other side together: arms, legs, all.
SWAPPED_TOGETHER = (range(5, 11), range(11, 17), range(17))


@dataclass(frozen=True)
class Augmentation:
    """Standard deviations for a window. tilt_deg: of a camera that is not held upright. shift: of
    the square around the person, sideways and up, in its sides; zoom: of its size, as a logarithm.
    bias: of a constant error of each joint, in sides of the square.
    hidden, swapped: chances that some joints cannot be seen, or are taken for those of the other
    side, in a part of the window.
    """

    tilt_deg: float = 4.0
    shift: float = 0.025
    zoom: float = 0.06
    bias: float = 0.006
    hidden: float = 0.15
    swapped: float = 0.05


UNCHANGED = Augmentation(tilt_deg=0, shift=0, zoom=0, bias=0, hidden=0, swapped=0)


def augmented(blobs: Blobs, augmentation: Augmentation, rng: np.random.Generator) -> Blobs:
    """The same movement seen a little differently, the same way at all its ticks."""
    positions, amplitudes = blobs.positions.copy(), blobs.amplitudes.copy()
    centres, sides = blobs.crops[:, :2], blobs.crops[:, 2:]
    angle = np.deg2rad(augmentation.tilt_deg) * rng.standard_normal()
    shift = augmentation.shift * rng.standard_normal(2)
    zoom = np.exp(augmentation.zoom * rng.standard_normal())
    bias = augmentation.bias * rng.standard_normal((17, 2))
    if rng.random() < augmentation.hidden:
        joints = list(HIDDEN_TOGETHER[rng.integers(len(HIDDEN_TOGETHER))])
        amplitudes[_part(len(blobs), rng), :, joints] = 0
    if rng.random() < augmentation.swapped:
        joints = list(SWAPPED_TOGETHER[rng.integers(len(SWAPPED_TOGETHER))])
        part = _part(len(blobs), rng)
        for values in (positions, amplitudes):
            values[part, :, joints] = values[part][:, :, MIRRORED[joints]]
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    around = centres[:, None, None]
    off = sides[:, None, None] * np.stack([bias, bias[MIRRORED]])[: positions.shape[1]]
    positions = around + (positions - around) @ rotation.T + off
    return replace(
        blobs,
        positions=positions.astype(np.float32),
        crops=np.concatenate([centres + sides * shift, sides * zoom], axis=1).astype(np.float32),
        amplitudes=amplitudes,
        sigmas=(blobs.sigmas / zoom).astype(np.float32),
    )


def _part(ticks: int, rng: np.random.Generator) -> slice:
    first, last = np.sort(rng.integers(0, ticks + 1, 2))
    return slice(int(first), int(last))
