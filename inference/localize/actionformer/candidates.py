"""From what the published heads say to segments, their suppression, and how far they agree."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

import segment_kernels
from inference.localize.actionformer.batched_nms import batched_nms
from inference.localize.actionformer.network import LevelOutput
from inference.localize.decode import Candidates, joined

SUPPORT_TIOU = 0.5  # candidates that overlap a kept one more than this speak for it
ROUNDING = 1 / np.sqrt(12)  # standard deviation of rounding to whole steps


@dataclass(frozen=True)
class SuppressSettings:
    """How candidates are chosen and thinned out, as published; `min_length` is in input steps.

    sigma: of soft-NMS. The published 0.5 keeps second opinions on the same repetition above 0.3;
    repetitions of one person do not overlap, and 0.2 costs no precision.
    """

    candidate_score: float = 0.01
    candidates_per_level: int = 2000
    min_length: float = 0.5
    sigma: float = 0.2
    min_score: float = 0.02


def candidates(
    levels: Sequence[LevelOutput],
    settings: SuppressSettings,
    core: tuple[float, float] | None = None,
) -> Candidates:
    """The best steps of each level, by falling score within a level, of a batch of one.

    Segments are in input steps; every spread is that of rounding to whole steps. core: only
    steps whose position lies in [first, last) count.
    """
    parts = []
    for level in levels:
        positions = level.positions()
        valid = level.mask[0]
        if core is not None:
            valid = valid & (positions >= core[0]) & (positions < core[1])
        probabilities = (level.logits[0].sigmoid() * valid[:, None]).flatten()  # (T * classes,)
        (good,) = torch.nonzero(probabilities > settings.candidate_score, as_tuple=True)
        scores, order = probabilities[good].sort(descending=True, stable=True)
        scores = scores[: settings.candidates_per_level]
        good = good[order[: settings.candidates_per_level]]
        classes = level.logits.shape[2]
        steps, labels = good // classes, good % classes
        reach = level.offsets[0, steps] * level.stride
        segments = torch.stack(
            [positions[steps] - reach[:, 0], positions[steps] + reach[:, 1]], dim=1
        )
        long = segments[:, 1] - segments[:, 0] > settings.min_length
        chosen = segments[long].double().cpu().numpy()
        parts.append(
            Candidates(
                chosen,
                scores[long].double().cpu().numpy(),
                labels[long].cpu().numpy(),
                np.full_like(chosen, ROUNDING),
            )
        )
    return joined(parts)


def suppress(found: Candidates, settings: SuppressSettings, limit: int | None = None) -> Candidates:
    """Gaussian soft-NMS within each class: what is kept, by falling decayed score, with the
    spreads of `boundary_spreads`."""
    segments, scores, labels = batched_nms(
        found.segments,
        found.scores,
        found.labels,
        min_score=settings.min_score,
        max_segments=len(found) if limit is None else limit,
        sigma=settings.sigma,
    )
    spreads = boundary_spreads(segments, labels, found)
    return Candidates(segments.astype(np.float64), scores.astype(np.float64), labels, spreads)


def boundary_spreads(
    segments: NDArray[np.floating], labels: NDArray[np.int64], found: Candidates
) -> NDArray[np.float64]:
    """(n, 2) standard deviation of start and end, in steps, for each kept segment.

    Candidates of the same class that overlap a kept one by more than half are as many opinions
    on its boundaries, weighted by their scores; never less than what rounding to steps leaves.
    """
    spreads = np.full((len(segments), 2), ROUNDING)
    for label in np.unique(labels):
        own = found[found.labels == label]
        own = own[np.argsort(own.segments[:, 0], kind="stable")]
        starts = own.segments[:, 0]
        for i in np.nonzero(labels == label)[0]:
            start, end = segments[i]
            near = own[np.arange(*np.searchsorted(starts, [2 * start - end, end]))]
            overlap = segment_kernels.tiou(segments[i : i + 1], near.segments)[0]
            support = near[overlap > SUPPORT_TIOU]
            if len(support) > 1:
                mean = np.average(support.segments, axis=0, weights=support.scores)
                variance = np.average(
                    (support.segments - mean) ** 2, axis=0, weights=support.scores
                )
                spreads[i] = np.sqrt(variance + ROUNDING**2)
    return spreads
