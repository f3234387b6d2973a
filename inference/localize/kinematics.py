"""What the joints do: the columns that the localizer sees of a person at each tick.

Shapes in comments: B sequences, T ticks.
"""

import torch
from torch import Tensor

KINEMATIC_COLUMNS = 199

#: Left and right joints change places when a person is seen in a mirror.
MIRRORED = (0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15)
LIMBS = (
    *((5, 7), (7, 9), (6, 8), (8, 10), (11, 13), (13, 15), (12, 14), (14, 16)),  # arms and legs
    *((5, 6), (11, 12), (5, 11), (6, 12), (0, 5), (0, 6)),  # trunk and head
)
ANGLES = (
    *((5, 7, 9), (6, 8, 10), (11, 13, 15), (12, 14, 16)),  # elbows and knees
    *((11, 5, 7), (12, 6, 8), (5, 11, 13), (6, 12, 14)),  # shoulders and hips
)
FARTHEST_JOINT = 5.0  # trunk lengths from the hips; whatever lies beyond is an error
SHORTEST_LIMB = 0.05  # trunk lengths; the direction of anything shorter is noise


def kinematics(points: Tensor, confidence: Tensor) -> Tensor:
    """Places, movements, limbs, angles and confidences of joints -> (B, T, KINEMATIC_COLUMNS).

    points: (B, T, 17, 2) in trunk lengths around the usual place of the hips (`normalised`).
    confidence: (B, T, 17) 0..1. All columns are of about the same size. Movements reach 3 ticks
    to either side; beyond the ends the person stands still.
    """
    hips = points[:, :, 11:13].mean(2)  # (B, T, 2)
    joints = (points - hips[:, :, None]).clamp(-FARTHEST_JOINT, FARTHEST_JOINT)
    flat = joints.flatten(2)  # (B, T, 34)
    near, far = (list(ends) for ends in zip(*LIMBS, strict=True))
    limbs = joints[:, :, far] - joints[:, :, near]  # (B, T, 14, 2)
    lengths = limbs.norm(dim=-1, keepdim=True)
    first, corner, last = (list(ends) for ends in zip(*ANGLES, strict=True))
    one = joints[:, :, first] - joints[:, :, corner]  # (B, T, 8, 2)
    other = joints[:, :, last] - joints[:, :, corner]
    size = (one.norm(dim=-1) * other.norm(dim=-1)).clamp(min=0.01)
    cosine = (one * other).sum(-1) / size
    sine = (one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0]) / size
    angles = torch.cat([cosine, sine], -1)  # (B, T, 16)
    return torch.cat(
        [
            flat,
            hips.clamp(-3, 3),
            change(flat, 1) * 3,
            change(flat, 3) * 1.5,
            change(hips, 1).clamp(-1, 1) * 3,
            change(hips, 3).clamp(-2, 2) * 1.5,
            (limbs / lengths.clamp(min=SHORTEST_LIMB)).flatten(2),
            lengths.flatten(2),
            angles,
            change(angles, 2),
            confidence * 2 - 1,
        ],
        dim=2,
    )


def change(x: Tensor, ticks: int) -> Tensor:
    """(B, T, D) from `ticks` before to `ticks` after; the first and last values stand still."""
    first = x[:, :1].expand(-1, ticks, -1)
    last = x[:, -1:].expand(-1, ticks, -1)
    padded = torch.cat([first, x, last], 1)
    return padded[:, 2 * ticks :] - padded[:, : x.shape[1]]


def mirrored(points: Tensor, confidence: Tensor) -> tuple[Tensor, Tensor]:
    """The same movement done with the other side: (..., 17, 2) and (..., 17)."""
    other = torch.stack([-points[..., 0], points[..., 1]], dim=-1)
    joints = list(MIRRORED)
    return other[..., joints, :], confidence[..., joints]
