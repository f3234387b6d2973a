"""Which tracklets are the same person, seconds or minutes apart."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.pose.boxes import joint_boxes, long_sides
from inference.pose.clothes import colour_distance
from inference.pose.identity import SAME_COLOUR, Tracklet
from inference.video.clock import MODEL_HZ

MIN_TICKS = 5  # shorter tracklets are flicker: they join nobody
MAX_COLOUR = 22.0
_WALK = 1.5  # body heights a second: how fast a hidden person may reappear elsewhere
_MAX_COST = 2.5


@dataclass(frozen=True, eq=False)
class _Summary:
    first: int
    last: int
    start: NDArray[np.float32]  # centre x, centre y, long side
    end: NDArray[np.float32]
    colour: NDArray[np.float32]


def link(tracklets: list[Tracklet]) -> list[list[Tracklet]]:
    """People as lists of tracklets in time order; no two tracklets of a person overlap in time.

    Pairs are joined in order of how alike they are in clothes, size and place. Place counts for
    seconds only, clothes and size for the whole recording.
    """
    kept = sorted((t for t in tracklets if len(t.ticks) >= MIN_TICKS), key=lambda t: t.ticks[0])
    summaries = [_summary(tracklet) for tracklet in kept]
    people = [[number] for number in range(len(kept))]  # members; merged ones are shared lists
    for _, before, after in _candidates(summaries):
        one, other = people[before], people[after]
        if one is other or _overlap(one, other, summaries):
            continue
        one.extend(other)
        for member in other:
            people[member] = one
    distinct = {id(members): members for members in people}.values()
    return [[kept[number] for number in sorted(members)] for members in distinct]


def _candidates(summaries: list[_Summary]) -> list[tuple[float, int, int]]:
    """(cost, earlier, later) of all pairs that could be one person, most alike first."""
    if len(summaries) < 2:
        return []
    first = np.array([s.first for s in summaries])
    last = np.array([s.last for s in summaries])
    start = np.stack([s.start for s in summaries])
    end = np.stack([s.end for s in summaries])
    colour = np.stack([s.colour for s in summaries])
    found = []
    for before in range(len(summaries)):
        gap = (first - last[before]) / MODEL_HZ
        later = np.flatnonzero(gap > 0)
        if not len(later):
            continue
        seconds = gap[later]
        size = np.maximum(end[before, 2], start[later, 2])
        moved = np.linalg.norm(start[later, :2] - end[before, :2], axis=1) / size
        apart = colour_distance(colour[before : before + 1], colour[later], unknown=SAME_COLOUR)[0]
        grown = np.abs(np.log(start[later, 2] / end[before, 2]))
        cost = (
            apart / SAME_COLOUR * 0.7
            + grown / 0.5
            + 0.7 * np.minimum(moved, 3) * np.exp(-seconds / 4)
            + 0.1 * np.log1p(seconds)
        )
        possible = (apart <= MAX_COLOUR) & (moved <= 0.7 + _WALK * seconds) & (cost <= _MAX_COST)
        found += [
            (float(c), before, int(n)) for c, n in zip(cost[possible], later[possible], strict=True)
        ]
    return sorted(found)


def _overlap(one: list[int], other: list[int], summaries: list[_Summary]) -> bool:
    return any(
        summaries[a].first <= summaries[b].last and summaries[b].first <= summaries[a].last
        for a in one
        for b in other
    )


def _summary(tracklet: Tracklet) -> _Summary:
    colours = np.stack(tracklet.colours)
    known = np.isfinite(colours).any(axis=0)
    colour = np.full(colours.shape[1], np.nan, np.float32)
    colour[known] = np.nanmedian(colours[:, known], axis=0)
    return _Summary(
        first=tracklet.ticks[0],
        last=tracklet.ticks[-1],
        start=_place(np.stack(tracklet.keypoints[: round(MODEL_HZ)])),
        end=_place(np.stack(tracklet.keypoints[-round(MODEL_HZ) :])[::-1]),
        colour=colour,
    )


def _place(keypoints: NDArray[np.float32]) -> NDArray[np.float32]:
    """(3,) centre at the first pose given, typical long side over all of them."""
    boxes = joint_boxes(keypoints, min_confidence=0.0)
    centre = (boxes[0, :2] + boxes[0, 2:]) / 2
    return np.append(centre, max(float(np.median(long_sides(boxes))), 1.0)).astype(np.float32)
