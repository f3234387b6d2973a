"""Who is who from one tick to the next.

Each tick's detections are joined to tracklets by predicted position (constant velocity), pose and
box overlap, and clothes colour, solved as an assignment problem. A tracklet whose person is not
seen waits for a second. `inference.pose.link` then joins tracklets of the same person.
"""

from array import array

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from inference.pose.boxes import box_iou, joint_boxes
from inference.pose.clothes import COLOURS, colour_distance
from inference.pose.estimator import Detections
from inference.pose.similarity import oks
from inference.video.clock import MODEL_HZ

COAST_TICKS = round(MODEL_HZ)  # how long a person may be hidden before the tracklet ends
BIRTH_SCORE = 0.3
SAME_COLOUR = 10.0  # typical CIELAB distance of the same clothes, also assumed when unknown
OTHER_COLOUR = 35.0  # surely different clothes
_MIN_SIMILARITY = 0.15
_DUPLICATE_OKS = 0.5
_CROWDED_IOU = 0.2
_INFEASIBLE = 1e3
_POSE = (17, 3)


class Tracklet:
    """An uninterrupted stretch of one person (gaps up to `COAST_TICKS` inside).

    What is known of each tick lies in flat arrays, which take 250 bytes a tick: in two busy hours
    there are millions of them.
    """

    def __init__(self) -> None:
        self.ticks = array("i")
        self._keypoints = array("f")
        self._colours = array("f")
        self.velocity = np.zeros(2, np.float32)
        self.colour = np.full(COLOURS, np.nan, np.float32)

    @property
    def keypoints(self) -> NDArray[np.float32]:
        """(n, 17, 3) a copy, one pose for each of `ticks`."""
        return np.array(self._keypoints, np.float32).reshape(-1, *_POSE)

    @property
    def colours(self) -> NDArray[np.float32]:
        """(n, 6) a copy, the clothes at each of `ticks`; NaN while others were close."""
        return np.array(self._colours, np.float32).reshape(-1, COLOURS)

    def last(self) -> NDArray[np.float32]:
        """(17, 3) the last pose."""
        return np.array(self._keypoints[-_POSE[0] * _POSE[1] :], np.float32).reshape(_POSE)

    def predicted(self, tick: int) -> NDArray[np.float32]:
        """(17, 3) the last pose, moved on at the last velocity."""
        moved = self.last()
        moved[:, :2] += self.velocity * min(tick - self.ticks[-1], COAST_TICKS // 2)
        return moved

    def add(self, tick: int, keypoints: NDArray[np.float32], colour: NDArray[np.float32]) -> None:
        """The person's (17, 3) pose at the next tick, and the (6,) clothes, NaN where unknown."""
        if self.ticks:
            gap = tick - self.ticks[-1]
            step = (_centre(keypoints) - _centre(self.last())) / gap
            self.velocity = (0.6 * self.velocity + 0.4 * step).astype(np.float32)
        self.ticks.append(tick)
        self._keypoints.frombytes(np.asarray(keypoints, np.float32).tobytes())
        self._colours.frombytes(np.asarray(colour, np.float32).tobytes())
        known = np.isfinite(colour)
        blended = np.where(np.isfinite(self.colour), 0.9 * self.colour + 0.1 * colour, colour)
        self.colour = np.where(known, blended, self.colour).astype(np.float32)


class Tracker:
    """Feed it the detections of each tick in order, then read `tracklets`."""

    def __init__(self) -> None:
        self.tracklets: list[Tracklet] = []
        self._active: list[Tracklet] = []

    def step(self, tick: int, found: Detections, colours: NDArray[np.float32]) -> None:
        """Join this tick's people (without duplicates) and their (P, 6) clothes to tracklets."""
        self._active = [t for t in self._active if tick - t.ticks[-1] <= COAST_TICKS]
        crowded = _crowded(joint_boxes(found.keypoints))
        remembered = np.where(crowded[:, None], np.nan, colours).astype(np.float32)
        matched: set[int] = set()
        for track, person in self._assign(tick, found, colours):
            matched.add(person)
            self._active[track].add(tick, found.keypoints[person], remembered[person])
        for person in range(len(found.scores)):
            if person not in matched and found.scores[person] >= BIRTH_SCORE:
                born = Tracklet()
                born.add(tick, found.keypoints[person], remembered[person])
                self._active.append(born)
                self.tracklets.append(born)

    def _assign(
        self, tick: int, found: Detections, colours: NDArray[np.float32]
    ) -> list[tuple[int, int]]:
        if not self._active or not len(found.scores):
            return []
        predicted = np.stack([track.predicted(tick) for track in self._active])
        gaps = np.array([tick - track.ticks[-1] for track in self._active], np.float32)
        alike = 0.5 * oks(predicted, found.keypoints, looseness=2.5) + 0.5 * np.nan_to_num(
            box_iou(joint_boxes(predicted), joint_boxes(found.keypoints))
        )
        known = np.stack([track.colour for track in self._active])
        apart = colour_distance(known, colours, unknown=SAME_COLOUR)
        strange = np.clip((apart - SAME_COLOUR) / (OTHER_COLOUR - SAME_COLOUR), 0, 1)
        cost = 1 - alike + 0.5 * strange + 0.02 * gaps[:, None]
        doubtful = found.scores[None, :] < BIRTH_SCORE  # a chair may take nobody's place
        needed = _MIN_SIMILARITY + 0.35 * strange + 0.3 * doubtful
        cost = np.where(alike >= needed, cost, _INFEASIBLE)
        rows, columns = linear_sum_assignment(cost)
        return [
            (int(row), int(column))
            for row, column in zip(rows, columns, strict=True)
            if cost[row, column] < _INFEASIBLE
        ]


def without_duplicates(found: Detections) -> Detections:
    """Drop people that are a weaker second finding of a better one (non-maximum suppression)."""
    if len(found.scores) < 2:
        return found
    alike = oks(found.keypoints, found.keypoints, looseness=1.5)
    kept: list[int] = []
    for person in np.argsort(-found.scores, kind="stable"):
        if all(alike[person, other] < _DUPLICATE_OKS for other in kept):
            kept.append(int(person))
    return found.take(np.array(kept, np.intp))


def _crowded(boxes: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(P,) whether another person's box overlaps, so that clothes colours may be mixed."""
    overlap = np.nan_to_num(box_iou(boxes, boxes))
    np.fill_diagonal(overlap, 0)
    return overlap.max(axis=1, initial=0) > _CROWDED_IOU


def _centre(keypoints: NDArray[np.float32]) -> NDArray[np.float32]:
    """The confidence-weighted middle of shoulders and hips, which limbs do not shake."""
    trunk = keypoints[[5, 6, 11, 12]]
    weight = trunk[:, 2:] + 1e-3
    return ((trunk[:, :2] * weight).sum(axis=0) / weight.sum()).astype(np.float32)
