"""Postures as rows of numbers, and the joints they put where.

A posture is a vector, so that movements are curves: they can be added, blended and given sway.
Directions are in the facing frame: forward, to the left, up.
"""

import numpy as np
from numpy.typing import NDArray

from inference.synthesis.body import Body
from inference.synthesis.surface import Array, unit

SIZE = 29
PELVIS = slice(0, 3)  # between the hip joints, metres in the room
FACING = 3  # radians, 0 along x, counter-clockwise seen from above
TRUNK = slice(4, 7)  # bent forward, bent to the left, turned to the left, radians
HEAD = slice(7, 9)  # nodded down, turned to the left, radians
ARMS = slice(9, 21)  # left upper arm, left forearm, right upper arm, right forearm: directions
ANKLES = slice(21, 27)  # left, right, metres in the room
KNEES = slice(27, 29)  # left, right: turned outwards, radians

LEFT, RIGHT = 0, 1
Side = int


def upper_arm(side: Side) -> slice:
    """Where a posture holds the direction of that upper arm."""
    return slice(9 + 6 * side, 12 + 6 * side)


def forearm(side: Side) -> slice:
    """Where a posture holds the direction of that forearm."""
    return slice(12 + 6 * side, 15 + 6 * side)


def ankle(side: Side) -> slice:
    """Where a posture holds the place of that ankle, metres."""
    return slice(21 + 3 * side, 24 + 3 * side)


def outward(side: Side) -> float:
    """+1 where left is outwards, -1 where right is."""
    return 1.0 if side == LEFT else -1.0


def axes(facing: Array) -> tuple[Array, Array, Array]:
    """Forward, left and up (..., 3) of somebody facing that way."""
    zero = np.zeros_like(facing)
    forward = np.stack([np.cos(facing), np.sin(facing), zero], axis=-1)
    left = np.stack([-np.sin(facing), np.cos(facing), zero], axis=-1)
    return forward, left, np.broadcast_to([0.0, 0.0, 1.0], forward.shape)


def place(facing: float, offset: Array) -> Array:
    """An offset (forward, left, up) of somebody facing that way, in the room."""
    forward, left, up = axes(np.asarray(facing))
    return offset[0] * forward + offset[1] * left + offset[2] * up


def standing(body: Body, facing: float = 0.0, feet_apart: float = 0.28) -> Array:
    """(29,) relaxed, arms hanging, feet beside each other around the origin."""
    posture = np.zeros(SIZE)
    posture[PELVIS] = [0.0, 0.0, body.standing]
    posture[FACING] = facing
    for side in (LEFT, RIGHT):
        out = outward(side)
        posture[upper_arm(side)] = unit(np.array([0.06, 0.21 * out, -0.97]))
        posture[forearm(side)] = unit(np.array([0.27, -0.06 * out, -0.95]))
        posture[ankle(side)] = place(facing, np.array([0.0, feet_apart / 2 * out, body.ankle]))
        posture[KNEES.start + side] = 0.12
    return posture


def turn(direction: Array, other: Array, share: Array) -> Array:
    """Directions on the shortest arc: (3,), (3,), (T,) shares of the way -> (T, 3)."""
    direction, other = unit(direction), unit(other)
    angle = np.arccos(np.clip(direction @ other, -1.0, 1.0))
    share = np.asarray(share, float)[:, None]
    if angle < 1e-4:
        return np.broadcast_to(direction, (len(share), 3)).copy()
    return (np.sin((1 - share) * angle) * direction + np.sin(share * angle) * other) / np.sin(angle)


def joints(body: Body, postures: NDArray[np.floating]) -> NDArray[np.float32]:
    """(T, 29) -> (T, 17, 3) metres, COCO order. Bones keep their lengths.

    Legs reach from the hips to the ankles; where a standing leg would be too short, the pelvis
    comes down.
    """
    posture = np.asarray(postures, float)
    out = np.empty((len(posture), 17, 3))
    forward, left, up = axes(posture[:, FACING])
    pelvis = _within_reach(body, posture, left)

    pitch, roll, twist = posture[:, TRUNK].T
    spine = unit(
        up * (np.cos(pitch) * np.cos(roll))[:, None]
        + forward * np.sin(pitch)[:, None]
        + left * (np.cos(pitch) * np.sin(roll))[:, None]
    )
    chest_left = left * np.cos(twist)[:, None] - forward * np.sin(twist)[:, None]
    chest_left = unit(chest_left - (chest_left * spine).sum(axis=1, keepdims=True) * spine)
    between = pelvis + spine * body.torso

    for side in (LEFT, RIGHT):
        sign = outward(side)
        upper = _in_room(unit(posture[:, upper_arm(side)]), forward, left, up)
        lower = _in_room(unit(posture[:, forearm(side)]), forward, left, up)
        # A raised arm lifts its shoulder.
        lift = np.deg2rad(24) * np.clip((upper * spine).sum(axis=1) + 0.35, 0, 1)[:, None]
        shoulder = between + body.shoulders / 2 * (
            sign * chest_left * np.cos(lift) + spine * np.sin(lift)
        )
        out[:, 5 + side] = shoulder
        out[:, 7 + side] = shoulder + upper * body.upper_arm
        out[:, 9 + side] = out[:, 7 + side] + lower * body.forearm
        hip = pelvis + sign * left * body.hips / 2
        open_ = (posture[:, KNEES.start + side] * sign)[:, None]
        hinge = left * np.cos(open_) - forward * np.sin(open_)
        out[:, 11 + side] = hip
        out[:, 13 + side], out[:, 15 + side] = _leg(body, hip, posture[:, ankle(side)], hinge)

    _face(body, out, posture, between, spine, chest_left)
    return out.astype(np.float32)


def _in_room(direction: Array, forward: Array, left: Array, up: Array) -> Array:
    return direction[:, :1] * forward + direction[:, 1:2] * left + direction[:, 2:] * up


def _within_reach(body: Body, posture: Array, left: Array) -> Array:
    """The pelvis, low enough that both legs reach the ankles."""
    pelvis = posture[:, PELVIS].copy()
    for side in (LEFT, RIGHT):
        target = posture[:, ankle(side)]
        hip = pelvis + outward(side) * left * body.hips / 2
        across = ((target - hip)[:, :2] ** 2).sum(axis=1)
        highest = target[:, 2] + np.sqrt(np.maximum((0.999 * body.leg) ** 2 - across, 0.0))
        pelvis[:, 2] = np.minimum(pelvis[:, 2], highest)
    return pelvis


def _leg(body: Body, hip: Array, target: Array, hinge: Array) -> tuple[Array, Array]:
    """Knee and ankle (T, 3) of a leg from `hip` towards `target`; the knee bends around `hinge`."""
    way = target - hip
    distance = np.linalg.norm(way, axis=1)
    shortest = abs(body.thigh - body.shank) + 0.25 * body.shank
    reach = np.clip(distance, shortest, 0.9995 * body.leg)
    along = way / np.maximum(distance, 1e-6)[:, None]
    share = (body.thigh**2 - body.shank**2 + reach**2) / (2 * reach)
    bend = np.sqrt(np.maximum(body.thigh**2 - share**2, 0.0))
    front = unit(np.cross(along, hinge))
    knee = hip + along * share[:, None] + front * bend[:, None]
    return knee, hip + along * reach[:, None]


def _face(
    body: Body, out: Array, posture: Array, between: Array, spine: Array, chest_left: Array
) -> None:
    """Nose, eyes and ears; the head stays more upright than the trunk."""
    nod, look = posture[:, HEAD].T
    upright = unit(spine + np.array([0.0, 0.0, 0.9]))
    front = unit(np.cross(chest_left, upright))
    left = np.cross(upright, front)
    turned_left = left * np.cos(look)[:, None] - front * np.sin(look)[:, None]
    ahead = np.cross(turned_left, upright)
    gaze = ahead * np.cos(nod)[:, None] - upright * np.sin(nod)[:, None]
    crown = np.cross(gaze, turned_left)
    size = body.scale
    middle = between + upright * body.neck + 0.012 * ahead
    out[:, 0] = middle + (0.112 * gaze - 0.022 * crown) * size
    for side in (LEFT, RIGHT):
        sign = outward(side)
        out[:, 1 + side] = (
            middle + (0.088 * gaze + 0.016 * crown + sign * 0.033 * turned_left) * size
        )
        out[:, 3 + side] = middle + sign * 0.074 * turned_left * size
