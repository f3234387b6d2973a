"""Labelled segments of many videos as columns, for what compares a hundred thousand of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from inference.localize.example import LabelLike
from inference.localize.proposal import Proposal

DUPLICATE_S = 1e-3  # labels of a class whose boundaries are this close are one label


@dataclass(frozen=True, eq=False)
class SegmentTable:
    """One row a segment.

    videos, classes: names; a video may be without a row. video, label (n,) int64: index into
    them, -1 for a name that is not among them. segments (n, 2) float64: start and end, seconds.
    """

    videos: tuple[str, ...]
    classes: tuple[str, ...]
    video: NDArray[np.int64]
    label: NDArray[np.int64]
    segments: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.segments)

    @property
    def group(self) -> NDArray[np.int64]:
        """(n,) one number for each pair of video and class, -1 where either is unknown."""
        known = (self.video >= 0) & (self.label >= 0)
        return np.where(known, self.video * len(self.classes) + self.label, -1)

    def rows(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> Self:
        """The chosen rows, in that order, with the same names."""
        columns = [field.name for field in fields(self) if field.name not in ("videos", "classes")]
        return replace(self, **{name: getattr(self, name)[chosen] for name in columns})

    def renamed(self, videos: tuple[str, ...], classes: tuple[str, ...]) -> Self:
        """The same rows in terms of other lists of videos and classes."""
        at_video = {name: number for number, name in enumerate(videos)}
        at_class = {name: number for number, name in enumerate(classes)}
        video = np.array([at_video.get(name, -1) for name in self.videos], np.int64)
        label = np.array([at_class.get(name, -1) for name in self.classes], np.int64)
        return replace(
            self,
            videos=videos,
            classes=classes,
            video=video[self.video],
            label=label[self.label],
        )


@dataclass(frozen=True, eq=False)
class ScoredTable(SegmentTable):
    """Predictions. scores (n,) float64: the higher, the surer; any finite number."""

    scores: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CleanTruth:
    """What there is to find: `table` without the labels that nothing could find or that stand
    there twice, and how many those were. Its classes are those with a label left, by name."""

    table: SegmentTable
    near_duplicates: int
    zero_length: int


def truth_table(labels: Mapping[str, Sequence[LabelLike]]) -> SegmentTable:
    """From the labels of each video."""
    rows = [(video, label) for video, own in labels.items() for label in own]
    segments = [(label.start_s, label.end_s) for _, label in rows]
    videos = [video for video, _ in rows]
    return segment_table(tuple(labels), videos, [label.name for _, label in rows], segments)


def scored_table(proposals: Mapping[str, Sequence[Proposal]]) -> ScoredTable:
    """From the proposals for each video."""
    rows = [(video, proposal) for video, own in proposals.items() for proposal in own]
    segments = [(proposal.start_s, proposal.end_s) for _, proposal in rows]
    videos = [video for video, _ in rows]
    table = segment_table(
        tuple(proposals), videos, [proposal.label for _, proposal in rows], segments
    )
    return ScoredTable(
        table.videos,
        table.classes,
        table.video,
        table.label,
        table.segments,
        np.array([proposal.score for _, proposal in rows], np.float64),
    )


def segment_table(
    videos: tuple[str, ...],
    video: Sequence[str],
    label: Sequence[str],
    segments: Sequence[tuple[float, float]],
) -> SegmentTable:
    """videos: all of them, also those without a row. video, label: names, one a row."""
    classes = tuple(sorted(set(label)))
    return SegmentTable(
        videos,
        classes,
        positions(video, videos),
        positions(label, classes),
        np.array(segments, np.float64).reshape(-1, 2),
    )


def positions(names: Sequence[str], among: Sequence[str]) -> NDArray[np.int64]:
    """(n,) where each name stands among the others, all of which must be there."""
    index = {name: number for number, name in enumerate(among)}
    return np.fromiter(map(index.__getitem__, names), np.int64, len(names))


def clean_truth(truth: SegmentTable) -> CleanTruth:
    """Leaves out labels without length, which overlap nothing, and near-duplicates.

    As in ActionFormer's loader, of labels of one class in one video whose starts and whose ends
    agree to DUPLICATE_S the first is kept.
    """
    with_length = truth.rows(truth.segments[:, 1] > truth.segments[:, 0])
    unique = with_length.rows(first_of_duplicates(with_length.group, with_length.segments))
    classes = tuple(sorted(truth.classes[number] for number in np.unique(unique.label)))
    return CleanTruth(
        table=unique.renamed(truth.videos, classes),
        near_duplicates=len(with_length) - len(unique),
        zero_length=len(truth) - len(with_length),
    )


def first_of_duplicates(
    groups: NDArray[np.int64], segments: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """(n,) False where an earlier, kept row of the group has the same boundaries to DUPLICATE_S.

    Only rows whose starts lie close together are compared one by one.
    """
    kept = np.ones(len(segments), bool)
    by_start = np.lexsort((segments[:, 0], groups))
    apart = np.diff(groups[by_start], prepend=-1) != 0
    apart |= np.diff(segments[by_start, 0], prepend=-np.inf) > DUPLICATE_S
    first = np.flatnonzero(apart)
    length = np.diff(first, append=len(apart))
    for start, count in zip(first[length > 1], length[length > 1], strict=True):
        rows = np.sort(by_start[start : start + count])
        for place, row in enumerate(rows[1:], start=1):
            earlier = rows[:place][kept[rows[:place]]]
            near = np.abs(segments[earlier] - segments[row]) <= DUPLICATE_S
            kept[row] = not near.all(axis=1).any()
    return kept


def sort_keys(
    *columns: tuple[NDArray[np.int64], NDArray[np.float64]],
) -> list[NDArray[np.int64]]:
    """Pairs of group and time as whole numbers that sort by group, then by time.

    columns: groups (n,) and times (n,), of any n each. Nothing is rounded: a time becomes its
    rank among all times. Keys of one group lie apart from those of the next.
    """
    times = np.concatenate([time for _, time in columns])
    values, rank = np.unique(times, return_inverse=True)
    parts = np.split(rank, np.cumsum([len(time) for _, time in columns])[:-1])
    return [group * len(values) + part for (group, _), part in zip(columns, parts, strict=True)]
