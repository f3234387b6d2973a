"""Which step of the pyramid learns which labelled segment."""

import torch
from torch import Tensor

from inference.localize.network import Steps

CENTER_RADIUS = 1.5  # in strides of the level, as ActionFormer


def assigned(steps: Steps, segments: Tensor) -> Tensor:
    """(B, P) number of the segment that each step learns, or -1.

    segments: (B, N, 2) ticks; those without length stand for none. A step learns a segment that it
    lies in, when its middle is within `CENTER_RADIUS` strides and its farther boundary in the range
    of the step's level; among several, the shortest.
    """
    if segments.shape[1] == 0:
        return segments.new_full((len(segments), len(steps.positions)), -1, dtype=torch.long)
    position, stride = steps.positions[:, None], steps.strides[:, None]  # (P, 1)
    start, end = segments[:, None, :, 0], segments[:, None, :, 1]  # (B, 1, N)
    before, behind = position - start, end - position  # (B, P, N)
    farther = torch.maximum(before, behind)
    fits = (
        (before > 0)
        & (behind > 0)
        & ((position - (start + end) / 2).abs() < CENTER_RADIUS * stride)
        & (farther >= steps.nearest[:, None])
        & (farther <= steps.farthest[:, None])
    )
    length, chosen = (end - start).masked_fill(~fits, torch.inf).min(dim=2)
    return chosen.where(length.isfinite(), -1)
