"""Everybody found in a recording, each on the model's clock."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.npz import unwatched, write_npz
from inference.pose.boxes import iou, joint_boxes, long_sides
from inference.pose.identity import Tracklet
from inference.video.clock import MODEL_HZ

MAX_GAP_TICKS = round(MODEL_HZ)  # gaps up to a second are filled by interpolation
MAX_PEOPLE = 8  # the longest seen are kept, so that two busy hours stay small
MIN_SECONDS = 1.0
_NEARLY = 0.1  # of a box may be covered more than at the best tick
_SAME_PERSON = 0.3  # overlap of boxes; those of two detectors differ by a few pixels


class PoseError(Exception):
    """Stage 1 cannot go on; the message is a plain sentence for the person who waits for it."""


@dataclass(frozen=True)
class Sighting:
    """Where somebody was at a tick: left, top, right, bottom in pixels of the picture."""

    tick: int
    box: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class People:
    """P people over T ticks of a recording whose pictures are `width` x `height` pixels.

    times: (T,) seconds. person_ids: (P,) int64.
    keypoints: (P, T, 17, 3) float32, x and y in pixels; NaN with confidence 0 while absent. Ticks
        interpolated over a gap of up to a second have half the confidence of their neighbours.
    boxes: (P, T, 4) float32 left, top, right, bottom around the joints; NaN while absent.
    """

    width: int
    height: int
    times: NDArray[np.float64]
    person_ids: NDArray[np.int64]
    keypoints: NDArray[np.float32]
    boxes: NDArray[np.float32]

    def row(self, person_id: int) -> int:
        """The row of a person in `keypoints` and `boxes`; raises PoseError when there is none."""
        rows = np.flatnonzero(self.person_ids == person_id)
        if not len(rows):
            raise PoseError(f"Person {person_id} is not in this recording; choose another person.")
        return int(rows[0])

    def patient(self) -> int:
        """The id of the person who is most present, large and central. Raises PoseError."""
        if not len(self.person_ids):
            raise PoseError(
                "No person was found in this video. Check that the patient is in the picture, "
                "upright and not too small, and import it again."
            )
        weights = []
        for boxes in self.boxes:
            seen = np.isfinite(boxes[:, 0])
            size = long_sides(boxes[seen]) / max(self.width, self.height)
            off_centre = (boxes[seen][:, [0, 2]].mean(axis=1) / self.width - 0.5) / 0.5
            weights.append(float((size * np.exp(-(off_centre**2))).sum()))
        return int(self.person_ids[int(np.argmax(weights))])

    def sighting(self, person_id: int) -> Sighting:
        """By which the person is known again among the same recording's people, counted anew: at
        the surest tick of those where others are out of the way."""
        row = self.row(person_id)
        seen = np.flatnonzero(np.isfinite(self.boxes[row, :, 0]))
        others = np.delete(self.boxes, row, axis=0)[:, seen]
        hidden = np.nan_to_num(iou(self.boxes[row, seen], others)).max(axis=0, initial=0)
        apart = seen[hidden <= hidden.min() + _NEARLY]
        tick = int(apart[self.keypoints[row, apart, :, 2].mean(axis=1).argmax()])
        return Sighting(tick, tuple(self.boxes[row, tick].tolist()))

    def who(self, sighting: Sighting) -> int:
        """The id here of the person of a sighting. Raises PoseError where nobody was there."""
        at = self.boxes[:, min(sighting.tick, len(self.times) - 1)]
        overlap = np.nan_to_num(iou(at, np.array(sighting.box, np.float32)))
        if overlap.max(initial=0) < _SAME_PERSON:
            raise PoseError(
                "The patient who was chosen for this video is not among the people found in it "
                "now. Choose the patient again on the review page."
            )
        return int(self.person_ids[overlap.argmax()])

    def others(self, row: int, tick: int) -> NDArray[np.float32]:
        """(N, 17, 3) the poses of everybody at `tick` but the person in `row`."""
        present = np.isfinite(self.boxes[:, tick, 0])
        present[row] = False
        return self.keypoints[present, tick]

    def seconds(self, person_id: int) -> float:
        """How long a person is in the picture."""
        return float(np.isfinite(self.boxes[self.row(person_id), :, 0]).sum() / MODEL_HZ)

    def save(self, path: Path, alive: Callable[[], None] = unwatched) -> None:
        """Write an npz; a file of that name is replaced only once the new one is complete.

        `alive` is called several times a second and may raise. Raises PoseError when it cannot be
        written, most likely because the disk is full.
        """
        arrays = {
            "size": np.array([self.width, self.height]),
            "times": self.times,
            "person_ids": self.person_ids,
            "keypoints": self.keypoints,
            "boxes": self.boxes,
        }
        part = path.with_name(path.name + ".part")
        try:
            with part.open("wb") as file:
                write_npz(file, arrays, alive)
            os.replace(part, path)
        except OSError as error:
            raise PoseError(
                f"The people found could not be stored in {path.parent}: {error.strerror}. "
                "Free some space on that disk and propose again."
            ) from error
        finally:
            part.unlink(missing_ok=True)

    @staticmethod
    def load(path: Path) -> "People":
        with np.load(path) as stored:
            width, height = (int(value) for value in stored["size"])
            arrays = {name: stored[name] for name in ("times", "person_ids", "keypoints", "boxes")}
        return People(width=width, height=height, **arrays)


def assemble(
    identities: list[list[Tracklet]],
    *,
    ticks: int,
    width: int,
    height: int,
    scale: NDArray[np.float32],
    alive: Callable[[], None] = unwatched,
) -> People:
    """People from linked tracklets whose coordinates times `scale` (2,) are the picture's pixels.

    People seen for less than a second (or half of a very short recording) are dropped; the others
    get ids from 0 in order of appearance. `alive` is called for each of them and may raise.
    """
    needed = min(MIN_SECONDS * MODEL_HZ, ticks / 2)
    lasting = [
        (sum(len(t.ticks) for t in tracklets), tracklets)
        for tracklets in identities
        if sum(len(t.ticks) for t in tracklets) >= needed
    ]
    longest = sorted(lasting, key=lambda entry: -entry[0])[:MAX_PEOPLE]
    chosen = sorted((tracklets for _, tracklets in longest), key=lambda ts: ts[0].ticks[0])
    keypoints = np.full((len(chosen), ticks, 17, 3), np.nan, np.float32)
    keypoints[..., 2] = 0
    boxes = np.full((len(chosen), ticks, 4), np.nan, np.float32)
    for person, tracklets in enumerate(chosen):
        alive()
        seen = np.concatenate([t.ticks for t in tracklets])
        poses = np.concatenate([t.keypoints for t in tracklets])
        poses[..., :2] *= scale
        keypoints[person, seen] = poses
        boxes[person, seen] = joint_boxes(poses)
        _fill_gaps(keypoints[person], boxes[person])
    return People(
        width=width,
        height=height,
        times=np.arange(ticks) / MODEL_HZ,
        person_ids=np.arange(len(chosen), dtype=np.int64),
        keypoints=keypoints,
        boxes=boxes,
    )


def _fill_gaps(keypoints: NDArray[np.float32], boxes: NDArray[np.float32]) -> None:
    """Interpolate gaps of up to `MAX_GAP_TICKS` of one person in place, at half confidence."""
    seen = np.flatnonzero(np.isfinite(boxes[:, 0]))
    gap = np.diff(seen)
    short = (gap > 1) & (gap <= MAX_GAP_TICKS)
    missing = gap[short] - 1
    before, after = (np.repeat(edge[short], missing) for edge in (seen[:-1], seen[1:]))
    place = np.arange(len(before)) - np.repeat(np.cumsum(missing) - missing, missing)
    inside = before + 1 + place
    share = ((inside - before) / (after - before)).astype(np.float32)
    step = keypoints[after] - keypoints[before]
    keypoints[inside] = keypoints[before] + share[:, None, None] * step
    keypoints[inside, :, 2] *= 0.5
    boxes[inside] = boxes[before] + share[:, None] * (boxes[after] - boxes[before])
