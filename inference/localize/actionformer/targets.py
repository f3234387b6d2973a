"""Which step of which pyramid level learns which labelled segment."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from inference.localize.actionformer.network import LevelOutput

CENTER_RADIUS = 1.5  # in strides of the level, as published
SAME_LENGTH = 1e-3  # segments whose lengths differ by less than this share a step


@dataclass(frozen=True)
class Points:
    """The steps of all levels in a row. positions, low, high, strides: (P,) in input steps."""

    positions: Tensor
    low: Tensor
    high: Tensor
    strides: Tensor


def points_of(levels: Sequence[LevelOutput]) -> Points:
    """The steps of all pyramid levels, the finest level first."""
    positions = [level.positions() for level in levels]

    def repeated(values: list[float]) -> Tensor:
        return torch.cat(
            [torch.full_like(p, value) for p, value in zip(positions, values, strict=True)]
        )

    return Points(
        positions=torch.cat(positions),
        low=repeated([level.range[0] for level in levels]),
        high=repeated([level.range[1] for level in levels]),
        strides=repeated([float(level.stride) for level in levels]),
    )


def assign(
    points: Points,
    segments: Tensor,
    labels: Tensor,
    classes: int,
    center_radius: float = CENTER_RADIUS,
) -> tuple[Tensor, Tensor]:
    """Targets of one sequence: class targets (P, classes) 0 or 1, offsets (P, 2) in strides.

    A step learns a segment (N, 2) when it lies within `center_radius` strides of the segment's
    middle and the farther boundary is within the level's range; among several, the shortest.
    Offsets mean something only where a class target is set.
    """
    count = len(points.positions)
    if len(segments) == 0:
        return points.positions.new_zeros(count, classes), points.positions.new_zeros(count, 2)
    position, stride = points.positions[:, None], points.strides[:, None]
    start, end = segments[None, :, 0], segments[None, :, 1]
    distances = torch.stack([position - start, end - position], dim=-1)  # (P, N, 2)
    middle = 0.5 * (start + end)
    from_left = position - torch.maximum(middle - stride * center_radius, start)
    from_right = torch.minimum(middle + stride * center_radius, end) - position
    central = torch.minimum(from_left, from_right) > 0
    farther = distances.amax(dim=-1)
    in_range = (farther >= points.low[:, None]) & (farther <= points.high[:, None])
    lengths = (end - start).expand(count, -1).masked_fill(~(central & in_range), torch.inf)
    shortest, chosen = lengths.min(dim=1)
    shared = (lengths <= shortest[:, None] + SAME_LENGTH) & torch.isfinite(lengths)
    one_hot = functional.one_hot(labels, classes).to(distances.dtype)
    class_targets = (shared.to(distances.dtype) @ one_hot).clamp(0.0, 1.0)
    offsets = distances[torch.arange(count, device=chosen.device), chosen]
    return class_targets, offsets / stride
