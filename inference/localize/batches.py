"""Pieces of recordings, varied a little in tempo, side by side."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from inference.localize.inputs import Inputs, between, side_by_side
from inference.localize.sample import Sample

CUT_OFF = 0.5  # ticks of a segment that may be out of sight without making it unknown


@dataclass(frozen=True, eq=False)
class Batch:
    """points (B, T, 17, 2), confidence (B, T, 17), features (B, T, D): see `Inputs`.

    mask (B, T) bool: not padding. known (B, T) bool: counts in the loss of what is under way.
    segments (B, N, 2) in ticks, filled up with segments of no length; labels (B, N).
    """

    points: Tensor
    confidence: Tensor
    features: Tensor
    mask: Tensor
    known: Tensor
    segments: Tensor
    labels: Tensor

    def to(self, device: torch.device) -> "Batch":
        return Batch(**{one.name: getattr(self, one.name).to(device) for one in fields(self)})


def piece_count(samples: Sequence[Sample], ticks: int) -> int:
    """How many pieces of `ticks` ticks an epoch of `batches` has."""
    return sum(-(-len(sample) // ticks) for sample in samples)


def batches(
    samples: Sequence[Sample], rng: np.random.Generator, *, size: int, ticks: int, stretch: float
) -> Iterator[Batch]:
    """One epoch: from each recording as many random pieces as would cover it, shuffled.

    ticks: of every batch, a multiple of the network's coarsest stride. stretch: tempos are changed
    by up to this share.
    """
    pieces = [sample for sample in samples for _ in range(-(-len(sample) // ticks))]
    order = rng.permutation(len(pieces))
    for start in range(0, len(pieces), size):
        chosen = [pieces[i] for i in order[start : start + size]]
        yield collate([random_piece(one, rng, ticks, stretch) for one in chosen], ticks)


def random_piece(sample: Sample, rng: np.random.Generator, ticks: int, stretch: float) -> Sample:
    """Up to `ticks` ticks from anywhere in a recording, at another tempo."""
    speed = rng.uniform(1 - stretch, 1 + stretch)
    first = rng.uniform(0, max(len(sample) - ticks * speed, 0))
    return piece(sample, first=first, speed=speed, ticks=ticks)


def piece(sample: Sample, *, first: float, speed: float, ticks: int) -> Sample:
    """Up to `ticks` ticks from `first` on, as if everything happened `speed` times as fast.

    A segment that is cut through becomes unknown: its true boundary is out of sight.
    """
    end = len(sample) - 1
    count = min(ticks, int((end - first) / speed) + 1)
    places = (first + np.arange(count) * speed).clip(0, end)
    every = np.arange(len(sample))
    inputs = Inputs(
        between(sample.inputs.points, places, every),
        between(sample.inputs.confidence, places, every),
        between(sample.inputs.features, places, every),
    )
    segments = (sample.segments - first) / speed
    sight = ticks if count == ticks else (len(sample) - first) / speed
    whole = (segments[:, 0] >= -CUT_OFF) & (segments[:, 1] <= sight + CUT_OFF)
    known = sample.known[np.rint(places).astype(int)]
    for start, stop in segments[~whole]:
        known[max(0, int(np.floor(start))) : max(0, int(np.ceil(stop)) + 1)] = False
    return Sample(inputs, segments[whole].astype(np.float32), sample.labels[whole], known)


def collate(samples: Sequence[Sample], ticks: int) -> Batch:
    """Samples of 1 to `ticks` ticks side by side, filled up to `ticks`."""
    points, confidence, features, mask = side_by_side([one.inputs for one in samples], ticks)
    most = max(len(one.labels) for one in samples)
    known = torch.zeros(len(samples), ticks, dtype=torch.bool)
    segments = torch.zeros(len(samples), most, 2)
    labels = torch.zeros(len(samples), most, dtype=torch.long)
    for i, one in enumerate(samples):
        known[i, : len(one)] = torch.from_numpy(one.known)
        segments[i, : len(one.labels)] = torch.from_numpy(one.segments)
        labels[i, : len(one.labels)] = torch.from_numpy(one.labels)
    return Batch(points, confidence, features, mask, known, segments, labels)
