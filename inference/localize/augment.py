"""Other people, cameras and pose errors than those recorded, made from the joints alone."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from inference.localize.batches import Batch
from inference.localize.kinematics import mirrored

#: Joints that furniture, other people and the edge of the picture hide together.
HIDDEN_TOGETHER = (
    (7, 9),
    (8, 10),
    (9,),
    (10,),
    (13, 15),
    (14, 16),
    (15,),
    (16,),
    (0, 1, 2, 3, 4),
    (5, 7, 9),
    (6, 8, 10),
)
HIDDEN_TICKS = (5, 90)
HIDDEN_ERROR = 0.25  # trunk lengths: where a hidden joint is guessed
HIDDEN_JITTER = 0.05
LEAST_CONFIDENCE = 0.02


@dataclass(frozen=True)
class Augmentation:
    """How much a training sequence is changed; lengths are in trunk lengths.

    flip: share seen in a mirror. They do without features, whose heatmaps were not mirrored.
    scale, tilt_deg: spread of size (half as much for either direction) and of the camera's tilt.
    bias, jitter: spread of each joint's constant error, and the most its error varies.
    confidence: spread of each joint's factor. occlusion: chance of hiding joints, again and again.
    without_features: share of the others that do without features all the same.
    """

    flip: float = 0.5
    scale: float = 0.08
    tilt_deg: float = 3.0
    bias: float = 0.02
    jitter: float = 0.01
    confidence: float = 0.1
    occlusion: float = 0.3
    without_features: float = 0.25


def augmented(batch: Batch, settings: Augmentation, generator: torch.Generator) -> Batch:
    """The batch, which is on the CPU, with every sequence changed in its own way.

    Ticks without the person stay so. Networks that see features alone need `flip` and
    `without_features` of 0.
    """
    count = len(batch.points)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator)

    def uniform(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator)

    points, confidence = batch.points, batch.confidence
    flip = uniform(count) < settings.flip
    other_points, other_confidence = mirrored(points, confidence)
    points = torch.where(flip[:, None, None, None], other_points, points)
    confidence = torch.where(flip[:, None, None], other_confidence, confidence)
    size = 1 + settings.scale * normal(count, 1, 1, 1)
    points = points * size * (1 + 0.5 * settings.scale * normal(count, 1, 1, 2))
    points = tilted(points, torch.deg2rad(settings.tilt_deg * normal(count)))
    points = points + settings.bias * normal(count, 1, 17, 2)
    points = points + settings.jitter * uniform(count, 1, 1, 1) * normal(*points.shape)
    there = confidence > 0
    confidence = confidence * (1 + settings.confidence * normal(count, 1, 17))
    confidence = confidence.clamp(LEAST_CONFIDENCE, 1) * there
    for i in range(count):
        while uniform(1) < settings.occlusion:
            hide(points[i], confidence[i], generator)
    without = flip | (uniform(count) < settings.without_features)
    features = batch.features * ~without[:, None, None]
    return replace(batch, points=points, confidence=confidence, features=features)


def tilted(points: Tensor, angles: Tensor) -> Tensor:
    """(B, T, 17, 2) rotated about the usual place of the hips; angles (B,) in radians."""
    cosine, sine = angles.cos()[:, None, None], angles.sin()[:, None, None]
    x, y = points[..., 0], points[..., 1]
    return torch.stack([x * cosine - y * sine, x * sine + y * cosine], dim=-1)


def hide(points: Tensor, confidence: Tensor, generator: torch.Generator) -> None:
    """Moves some joints of one sequence (T, 17, 2) and (T, 17) for a while, in place, as when an
    estimator guesses joints that it cannot see."""

    def whole(low: int, high: int) -> int:
        return int(torch.randint(low, high, (), generator=generator))

    joints = list(HIDDEN_TOGETHER[whole(0, len(HIDDEN_TOGETHER))])
    start, length = whole(0, len(points)), whole(*HIDDEN_TICKS)
    span = slice(start, min(start + length, len(points)))
    ticks = span.stop - span.start
    points[span, joints] += HIDDEN_ERROR * torch.randn(1, len(joints), 2, generator=generator)
    points[span, joints] += HIDDEN_JITTER * torch.randn(ticks, len(joints), 2, generator=generator)
    confidence[span, joints] *= 0.1 + 0.4 * float(torch.rand((), generator=generator))
