"""Made-up detections of people who stand, walk and hide each other, for tests of identity."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.pose.boxes import box_iou, joint_boxes
from inference.pose.estimator import Detections

#: A standing person facing the camera, height 1, feet at y = 1, in COCO order.
STANDING = np.array(
    [
        (0, 0.08), (0.02, 0.06), (-0.02, 0.06), (0.04, 0.07), (-0.04, 0.07), (0.11, 0.2),
        (-0.11, 0.2), (0.14, 0.36), (-0.14, 0.36), (0.15, 0.5), (-0.15, 0.5), (0.07, 0.52),
        (-0.07, 0.52), (0.07, 0.75), (-0.07, 0.75), (0.07, 0.97), (-0.07, 0.97),
    ],
    np.float32,
)  # fmt: skip

GREEN_GREY = np.array([55, -25, 20, 50, 0, 0], np.float32)
WHITE_BLUE = np.array([85, 0, 5, 30, 5, -35], np.float32)


@dataclass(frozen=True)
class Walk:
    """A person of `height` pixels whose middle is at x(t) = start + speed * t, feet at `feet`.

    `back` is the tick at which the person turns round and walks back the same way.
    """

    start: float
    speed: float
    height: float
    feet: float
    clothes: NDArray[np.float32]
    back: int | None = None

    def pose(self, tick: int) -> NDArray[np.float32]:
        joints = STANDING * self.height
        walked = tick if self.back is None or tick < self.back else 2 * self.back - tick
        joints = joints + np.array([self.start + self.speed * walked, self.feet - self.height])
        swing = np.sin(0.8 * tick) * self.height * 0.12 * (abs(self.speed) > 0)
        joints[[15, 10], 0] += swing
        joints[[16, 9], 0] -= swing
        return np.concatenate([joints, np.full((17, 1), 0.7)], axis=1).astype(np.float32)


def detections(
    people: list[Walk], tick: int, rng: np.random.Generator, *, hidden_above: float = 0.35
) -> tuple[Detections, NDArray[np.float32], list[int]]:
    """What a detector would give at a tick, nearer (larger) people hiding those behind them.

    Returns the detections, their clothes with noise, and which person each one really is.
    """
    order = sorted(range(len(people)), key=lambda n: -people[n].height)
    seen: list[int] = []
    for number in order:
        box = joint_boxes(people[number].pose(tick)[None])
        nearer = [joint_boxes(people[other].pose(tick)[None]) for other in seen]
        if all(box_iou(box, other)[0, 0] < hidden_above for other in nearer):
            seen.append(number)
    poses = np.stack([people[number].pose(tick) for number in seen])
    heights = np.array([people[number].height for number in seen])
    poses[..., :2] += rng.normal(0, 0.01, poses[..., :2].shape) * heights[:, None, None]
    colours = np.stack([people[number].clothes for number in seen])
    clothes = colours + rng.normal(0, 2, colours.shape)
    shuffle = rng.permutation(len(seen))
    found = Detections(
        poses[shuffle].astype(np.float32),
        joint_boxes(poses[shuffle]),
        np.full(len(seen), 0.6, np.float32),
    )
    return found, clothes[shuffle].astype(np.float32), [seen[n] for n in shuffle]
