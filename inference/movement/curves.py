"""The curves that can be drawn beneath the timeline."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from inference.movement.angles import Joints, bend, opening, trunk_lean
from inference.movement.speeds import body_speed, joint_speed
from inference.movement.track import JointTrack

Values = NDArray[np.float32]
_SPEED = "trunk lengths/s"


@dataclass(frozen=True)
class Curve:
    """A quantity with one value a tick. `of` gives (T,) float32, NaN where it is unknown."""

    name: str
    title: str
    unit: str
    of: Callable[[JointTrack], Values]


def curves() -> tuple[Curve, ...]:
    """Every curve, in the order of a list to choose from; all are of the picture plane."""
    return (
        *_angles("elbow", "bend", bend, (5, 7, 9)),
        *_angles("shoulder", "raise", opening, (11, 5, 7)),
        *_angles("hip", "bend", bend, (5, 11, 13)),
        *_angles("knee", "bend", bend, (11, 13, 15)),
        Curve("trunk_lean", "Trunk lean", "°", trunk_lean),
        _speed("left_wrist", 9),
        _speed("right_wrist", 10),
        _speed("left_ankle", 15),
        _speed("right_ankle", 16),
        _speed("hip", 11, 12),
        Curve("body_speed", "Whole body speed", _SPEED, body_speed),
    )


def _angles(
    joint: str, what: str, measure: Callable[[JointTrack, Joints], Values], left: Joints
) -> tuple[Curve, Curve]:
    """The angle on the left and on the right; each joint follows its counterpart of the left."""
    first, corner, last = left
    right = (first + 1, corner + 1, last + 1)
    return (
        Curve(f"left_{joint}", f"Left {joint} {what}", "°", lambda track: measure(track, left)),
        Curve(f"right_{joint}", f"Right {joint} {what}", "°", lambda track: measure(track, right)),
    )


def _speed(part: str, *joints: int) -> Curve:
    title = f"{part.replace('_', ' ').capitalize()} speed"
    return Curve(f"{part}_speed", title, _SPEED, partial(joint_speed, joints=joints))
