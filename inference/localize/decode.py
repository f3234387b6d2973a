"""From candidates to repetitions: thinned out, their boundaries agreed on, their scores weighed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import segment_kernels

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

PAIRS_AT_A_TIME = 1_000_000  # bounds the memory of what is compared at once


@dataclass(frozen=True)
class DecodeSettings:
    """How candidates become repetitions.

    sigma: of soft-NMS. voting_tiou: candidates of the class that overlap a kept one more than this
    vote on its boundaries. doubt: how much the spreads of the boundaries, as a share of the length,
    take from the score. rivalry: how much a surer repetition of another class takes from what it
    overlaps.
    """

    sigma: float = 0.2
    min_score: float = 0.02
    voting_tiou: float = 0.75
    doubt: float = 2.0
    rivalry: float = 0.5
    max_per_minute: float = 120.0


@dataclass(frozen=True, eq=False)
class Candidates:
    """segments (n, 2) float64 in ticks, scores (n,) float64 0..1, labels (n,) int64,
    spreads (n, 2) float64 in ticks: standard deviations of start and end, above 0."""

    segments: Floats
    scores: Floats
    labels: Integers
    spreads: Floats

    @classmethod
    def none(cls) -> "Candidates":
        return cls(np.zeros((0, 2)), np.zeros(0), np.zeros(0, np.int64), np.zeros((0, 2)))

    def __getitem__(self, chosen: Integers | NDArray[np.bool_]) -> "Candidates":
        return Candidates(
            self.segments[chosen], self.scores[chosen], self.labels[chosen], self.spreads[chosen]
        )

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def lengths(self) -> Floats:
        return self.segments[:, 1] - self.segments[:, 0]


def joined(parts: Sequence[Candidates]) -> Candidates:
    """All candidates of all parts, in order; at least one part."""
    return Candidates(
        np.concatenate([part.segments for part in parts]),
        np.concatenate([part.scores for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.spreads for part in parts]),
    )


def decode(found: Candidates, settings: DecodeSettings, limit: int) -> Candidates:
    """At most `limit` repetitions by falling score, with voted boundaries and their spreads.

    Gaussian soft-NMS within each class (Bodla et al., 2017), then voting weighted by score,
    squared overlap and certainty, and scores lowered by doubt about boundaries and by rivals.
    """
    rows, scores = segment_kernels.soft_nms(
        found.segments,
        found.scores,
        found.labels,
        iou_threshold=0.1,  # of the other methods
        sigma=settings.sigma,
        min_score=settings.min_score,
        method="gaussian",
        max_per_video=limit,
    )
    segments, spreads = voted(found, rows, settings.voting_tiou)
    lengths = np.maximum(segments[:, 1] - segments[:, 0], 1.0)
    scores = scores * np.exp(-settings.doubt * spreads.sum(axis=1) / lengths)
    kept = by_score(Candidates(segments, scores, found.labels[rows], spreads))
    weaker = np.exp(-settings.rivalry * overlap_of_rivals(kept) ** 2)
    return by_score(Candidates(kept.segments, kept.scores * weaker, kept.labels, kept.spreads))


def by_score(found: Candidates) -> Candidates:
    return found[np.argsort(-found.scores, kind="stable")]


def voted(found: Candidates, rows: Integers, least_tiou: float) -> tuple[Floats, Floats]:
    """(k, 2) boundaries and (k, 2) spreads of the candidates `rows`, agreed on by all of the same
    class that overlap them more than `least_tiou`; a candidate always votes for itself.

    The spread is that of the mixture of what the voters say.
    """
    segments, spreads = found.segments[rows].copy(), found.spreads[rows].copy()
    for label in np.unique(found.labels[rows]):
        own = found[found.labels == label]
        own = own[np.argsort(own.segments[:, 0], kind="stable")]
        (mine,) = np.nonzero(found.labels[rows] == label)
        kept = found[rows[mine]]
        # An overlap of v leaves at most (1 - v) / v of a length between the two starts.
        reach = kept.lengths * (1 - least_tiou) / least_tiou
        first = np.searchsorted(own.segments[:, 0], kept.segments[:, 0] - reach, side="left")
        last = np.searchsorted(own.segments[:, 0], kept.segments[:, 0] + reach, side="right")
        for block, each, other in pairs(first, last):
            overlap = tious(kept.segments[each], own.segments[other])
            near = overlap > least_tiou
            each, other, overlap = each[near], other[near], overlap[near]
            weight = (own.scores[other] * overlap**2)[:, None] / own.spreads[other] ** 2
            place = mine[block]
            total = summed(weight, each - block.start, len(place))
            where = own.segments[other]
            mean = summed(weight * where, each - block.start, len(place)) / total
            apart = where - mean[each - block.start]
            variance = weight * (own.spreads[other] ** 2 + apart**2)
            segments[place] = mean
            spreads[place] = np.sqrt(summed(variance, each - block.start, len(place)) / total)
    return segments, spreads


def overlap_of_rivals(kept: Candidates) -> Floats:
    """(n,) the largest tIoU with an earlier row (a surer one) of another class, 0 without.

    Rivals are looked up by length, doubling from group to group, so that a long one does not
    make everything its neighbour.
    """
    largest = np.zeros(len(kept))
    doublings = np.log2(np.maximum(kept.lengths, 1.0)).astype(int)
    for doubling in np.unique(doublings):
        (rivals,) = np.nonzero(doublings == doubling)
        rivals = rivals[np.argsort(kept.segments[rivals, 0], kind="stable")]
        starts = kept.segments[rivals, 0]
        first = np.searchsorted(starts, kept.segments[:, 0] - 2.0 ** (doubling + 1))
        last = np.searchsorted(starts, kept.segments[:, 1])
        for _, each, other in pairs(first, last):
            rival = rivals[other]
            counts = (rival < each) & (kept.labels[rival] != kept.labels[each])
            each, rival = each[counts], rival[counts]
            np.maximum.at(largest, each, tious(kept.segments[each], kept.segments[rival]))
    return largest


def pairs(first: Integers, last: Integers) -> Iterator[tuple[slice, Integers, Integers]]:
    """Each row i with every number in [first[i], last[i]): a slice of rows at a time, and for each
    pair in it the row and the number."""
    counts = np.maximum(last - first, 0)
    ends = np.cumsum(counts)
    begin = 0
    while begin < len(counts):
        done = ends[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(ends, done + PAIRS_AT_A_TIME, side="right")))
        own = counts[begin:end]
        each = np.repeat(np.arange(begin, end), own)
        within = np.arange(own.sum()) - np.repeat(np.cumsum(own) - own, own)
        yield slice(begin, end), each, first[each] + within
        begin = end


def summed(values: Floats, rows: Integers, count: int) -> Floats:
    """(p, 2) values summed by row -> (count, 2)."""
    return np.stack([np.bincount(rows, values[:, side], count) for side in (0, 1)], axis=1)


def tious(one: Floats, other: Floats) -> Floats:
    """(p, 2) and (p, 2) -> (p,) temporal intersection over union of each pair."""
    shared = np.minimum(one[:, 1], other[:, 1]) - np.maximum(one[:, 0], other[:, 0])
    shared = np.maximum(shared, 0.0)
    union = (one[:, 1] - one[:, 0]) + (other[:, 1] - other[:, 0]) - shared
    return shared / np.maximum(union, 1e-9)
