"""Pieces of recordings, varied a little, padded together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from inference.localize.actionformer.network import ActionFormer
from inference.localize.example import Sample


@dataclass(frozen=True, eq=False)
class Batch:
    """features (B, D, T), mask (B, T) not padding, known (B, T) counts in the classification
    loss; per sequence segments (N, 2) in steps and labels (N,)."""

    features: Tensor
    mask: Tensor
    known: Tensor
    segments: list[Tensor]
    labels: list[Tensor]


def piece_count(samples: Sequence[Sample], steps: int) -> int:
    """How many pieces of `steps` steps an epoch of `batches` has."""
    return sum(-(-len(sample) // steps) for sample in samples)


def batches(
    samples: Sequence[Sample],
    model: ActionFormer,
    rng: np.random.Generator,
    *,
    size: int,
    steps: int,
    stretch: float,
) -> Iterator[Batch]:
    """One epoch: from each recording as many random pieces as would cover it, shuffled."""
    pieces = []
    for sample in samples:
        for _ in range(-(-len(sample) // steps)):
            first = int(rng.integers(0, max(len(sample) - steps, 0) + 1))
            pieces.append((sample, first, rng.uniform(-stretch, stretch)))
    order = rng.permutation(len(pieces))
    for start in range(0, len(pieces), size):
        yield collate(
            [
                stretched(sample.cut(first, min(first + steps, len(sample))), 1 + change)
                for sample, first, change in (pieces[i] for i in order[start : start + size])
            ],
            model,
        )


def stretched(sample: Sample, speed: float) -> Sample:
    """The sample as if everything happened `speed` times as fast."""
    count = max(1, round(len(sample) / speed))
    where = np.clip(np.arange(count) * speed, 0, len(sample) - 1)
    low = where.astype(int)
    high = np.minimum(low + 1, len(sample) - 1)
    share = (where - low)[:, None].astype(np.float32)
    return Sample(
        features=sample.features[low] * (1 - share) + sample.features[high] * share,
        segments=(sample.segments / speed).astype(np.float32),
        labels=sample.labels,
        known=sample.known[np.rint(where).astype(int)],
    )


def collate(samples: Sequence[Sample], model: ActionFormer) -> Batch:
    """Several samples side by side, padded to what the model needs for the longest."""
    longest = max(model.padded_length(len(sample)) for sample in samples)
    features = torch.zeros(len(samples), samples[0].features.shape[1], longest)
    mask = torch.zeros(len(samples), longest, dtype=torch.bool)
    known = torch.zeros_like(mask)
    for i, sample in enumerate(samples):
        features[i, :, : len(sample)] = torch.from_numpy(sample.features.T.copy())
        mask[i, : len(sample)] = True
        known[i, : len(sample)] = torch.from_numpy(sample.known)
    return Batch(
        features=features,
        mask=mask,
        known=known,
        segments=[torch.from_numpy(sample.segments.copy()) for sample in samples],
        labels=[torch.from_numpy(sample.labels.copy()) for sample in samples],
    )
