"""Which tracklets are the same person, seconds or minutes apart."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.pose.boxes import joint_boxes, long_sides
from inference.pose.clothes import colour_distance
from inference.pose.identity import SAME_COLOUR, Tracklet
from inference.video.clock import MODEL_HZ

MIN_TICKS = 5  # shorter tracklets are flicker: they join nobody
MAX_COLOUR = 22.0
SUCCESSORS = 32  # tracklets that a tracklet may go on in: those most like it
_WALK = 1.5  # body heights a second: how fast a hidden person may reappear elsewhere
_MAX_COST = 2.5
_PAIRS_A_REPORT = 256


@dataclass(frozen=True, eq=False)
class _Summary:
    first: int
    last: int
    start: NDArray[np.float32]  # centre x, centre y, long side
    end: NDArray[np.float32]
    colour: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class _Person:
    """Tracklets joined so far, in time order: their numbers, first ticks and last ticks."""

    numbers: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]

    def overlaps(self, other: "_Person") -> bool:
        """Whether both are seen at the same time."""
        following = np.searchsorted(self.last, other.first)  # ends at or after the other starts
        inside = following < len(self.last)
        return bool((self.first[following[inside]] <= other.last[inside]).any())

    def joined(self, other: "_Person") -> "_Person":
        first = np.concatenate([self.first, other.first])
        order = np.argsort(first)
        numbers = np.concatenate([self.numbers, other.numbers])
        last = np.concatenate([self.last, other.last])
        return _Person(numbers[order], first[order], last[order])


def link(
    tracklets: list[Tracklet], report: Callable[[], None] = lambda: None
) -> list[list[Tracklet]]:
    """People as lists of tracklets in time order; no two tracklets of a person overlap in time.

    Pairs are joined in order of how alike they are in clothes, size and place. Place counts for
    seconds only, clothes and size for the whole recording. `report` is called often and may raise.
    """
    kept = sorted((t for t in tracklets if len(t.ticks) >= MIN_TICKS), key=lambda t: t.ticks[0])
    summaries = []
    for tracklet in kept:
        report()
        summaries.append(_summary(tracklet))
    people = {
        number: _Person(np.array([number]), np.array([s.first]), np.array([s.last]))
        for number, s in enumerate(summaries)
    }
    person_of = np.arange(len(kept))
    for count, (before, after) in enumerate(_pairs(summaries, report)):
        if count % _PAIRS_A_REPORT == 0:
            report()
        one, other = int(person_of[before]), int(person_of[after])
        if one == other or people[one].overlaps(people[other]):
            continue
        person_of[people[other].numbers] = one
        people[one] = people[one].joined(people.pop(other))
    return [[kept[number] for number in person.numbers] for person in people.values()]


def _pairs(summaries: list[_Summary], report: Callable[[], None]) -> NDArray[np.int64]:
    """(n, 2) earlier and later of the pairs that could be one person, most alike first.

    Each tracklet is followed by no more than `SUCCESSORS`, so that thousands of them stay quick.
    """
    if len(summaries) < 2:
        return np.zeros((0, 2), np.int64)
    first = np.array([s.first for s in summaries])  # ascending
    start = np.stack([s.start for s in summaries])
    colour = np.stack([s.colour for s in summaries])
    pairs, costs = [], []
    for number, summary in enumerate(summaries):
        report()
        later = int(np.searchsorted(first, summary.last, side="right"))
        cost = _costs(summary, first[later:], start[later:], colour[later:])
        best = np.argsort(cost, kind="stable")[:SUCCESSORS]
        best = best[cost[best] <= _MAX_COST]
        costs.append(cost[best])
        pairs.append(np.stack([np.full(len(best), number), best + later], axis=1))
    order = np.argsort(np.concatenate(costs), kind="stable")
    return np.concatenate(pairs)[order]


def _costs(
    before: _Summary,
    first: NDArray[np.int64],
    start: NDArray[np.float32],
    colour: NDArray[np.float32],
) -> NDArray[np.float64]:
    """(n,) how unlike a tracklet and each of n later ones are; infinite where impossible."""
    seconds = (first - before.last) / MODEL_HZ
    size = np.maximum(before.end[2], start[:, 2])
    moved = np.linalg.norm(start[:, :2] - before.end[:2], axis=1) / size
    apart = colour_distance(before.colour[None], colour, unknown=SAME_COLOUR)[0]
    grown = np.abs(np.log(start[:, 2] / before.end[2]))
    cost = (
        apart / SAME_COLOUR * 0.7
        + grown / 0.5
        + 0.7 * np.minimum(moved, 3) * np.exp(-seconds / 4)
        + 0.1 * np.log1p(seconds)
    )
    possible = (apart <= MAX_COLOUR) & (moved <= 0.7 + _WALK * seconds)
    return np.where(possible, cost, np.inf)


def _summary(tracklet: Tracklet) -> _Summary:
    colours, keypoints = tracklet.colours, tracklet.keypoints
    known = np.isfinite(colours).any(axis=0)
    colour = np.full(colours.shape[1], np.nan, np.float32)
    colour[known] = np.nanmedian(colours[:, known], axis=0)
    return _Summary(
        first=tracklet.ticks[0],
        last=tracklet.ticks[-1],
        start=_place(keypoints[: round(MODEL_HZ)]),
        end=_place(keypoints[-round(MODEL_HZ) :][::-1]),
        colour=colour,
    )


def _place(keypoints: NDArray[np.float32]) -> NDArray[np.float32]:
    """(3,) centre at the first pose given, typical long side over all of them."""
    boxes = joint_boxes(keypoints, min_confidence=0.0)
    centre = (boxes[0, :2] + boxes[0, 2:]) / 2
    return np.append(centre, max(float(np.median(long_sides(boxes))), 1.0)).astype(np.float32)
