"""Ten rehabilitation exercises as curves of postures, with natural variation.

Names, start poses, directions and ranges follow UI-PRMD (Vakanski et al., Data 3(1):2, 2018), so
that a model trained on those recordings knows these movements too.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from inference.synthesis.body import Body
from inference.synthesis.posture import (
    FACING,
    KNEES,
    LEFT,
    PELVIS,
    RIGHT,
    TRUNK,
    Side,
    ankle,
    forearm,
    outward,
    place,
    turn,
    upper_arm,
)
from inference.synthesis.surface import Array, unit


@dataclass(frozen=True)
class Manner:
    """How one person does one exercise. Drawn once a set; repetitions scatter around it.

    extent: share of the full range, 1 is full. side: the side that works. jitter: (4, 3) added to
    the directions of left upper arm, left forearm, right upper arm, right forearm. width: of the
    stance against the usual. lean: radians added when bending the trunk. tilt: -1..1, how a
    person's habits differ in whatever else the exercise leaves open.
    """

    side: Side
    extent: float
    jitter: Array
    width: float
    lean: float
    tilt: float


def draw_manner(rng: np.random.Generator, side: Side | None = None) -> Manner:
    """Somebody's habits, at random."""
    return Manner(
        side=int(rng.integers(2)) if side is None else side,
        extent=float(rng.uniform(0.82, 1.06)),
        jitter=rng.normal(0, 0.07, (4, 3)),
        width=float(rng.uniform(0.88, 1.15)),
        lean=float(rng.normal(0, 0.06)),
        tilt=float(rng.uniform(-1, 1)),
    )


Direction = tuple[float, float, float]
Pose = tuple[Direction, Direction]  # an upper arm and a forearm
Reach = Callable[[Body, Array, Manner, Array], Array]


@dataclass(frozen=True)
class Exercise:
    """start: (body, start posture of standing, manner) -> (29,) posture a repetition begins in.

    reach: (body, start posture, manner, shares (T,)) -> (T, 29): share 0 is the start, 1 the far
    end. seconds: median duration of a repetition.
    """

    name: str
    seconds: float
    start: Callable[[Body, Array, Manner], Array]
    reach: Reach


# Directions are for the left side; the right side is their mirror image.
OVERHEAD = ((0.10, 0.82, 0.56), (0.28, 0.44, 0.85))
AT_SHOULDERS = ((-0.36, 0.55, -0.75), (0.42, 0.42, 0.79))
HANDS_UP = ((-0.02, 0.97, -0.12), (0.46, 0.05, 0.87))


def _arms(posture: Array, manner: Manner, pose: Pose, sides: tuple[Side, ...]) -> Array:
    for side in sides:
        mirror = np.array([1.0, outward(side), 1.0])
        for part, direction, row in ((upper_arm, pose[0], 0), (forearm, pose[1], 1)):
            wanted = np.asarray(direction) * mirror + manner.jitter[2 * side + row]
            posture[part(side)] = unit(wanted)
    return posture


def _feet(body: Body, posture: Array, manner: Manner, apart: float, ahead: float = 0.0) -> Array:
    """Feet `apart` metres sideways; the working one `ahead` of the other, around the pelvis."""
    middle = np.array([posture[PELVIS.start], posture[PELVIS.start + 1], 0.0])
    for side in (LEFT, RIGHT):
        forward = ahead / 2 if side == manner.side else -ahead / 2
        offset = np.array([forward, apart / 2 * outward(side), body.ankle])
        posture[ankle(side)] = middle + place(posture[FACING], offset)
    return posture


def _tracks(start: Array, shares: Array) -> Array:
    return np.repeat(start[None], len(shares), axis=0)


def _swing(track: Array, side: Side, manner: Manner, pose: Pose, shares: Array) -> None:
    """Move one arm on arcs from where the first posture has it to `pose` (left-sided)."""
    first = track[0].copy()
    mirror = np.array([1.0, outward(side), 1.0])
    for part, direction, row in ((upper_arm, pose[0], 0), (forearm, pose[1], 1)):
        goal = np.asarray(direction) * mirror + manner.jitter[2 * side + row]
        track[:, part(side)] = turn(first[part(side)], goal, shares)


def _shift(track: Array, offset: Array) -> None:
    """Move the pelvis by (T, 3) metres forward, left, up."""
    facing = track[0, FACING]
    for column in range(3):
        axis = place(facing, np.eye(3)[column])
        track[:, PELVIS] += offset[:, column : column + 1] * axis


def _offsets(forward: Array | float, left: Array | float, up: Array | float, count: int) -> Array:
    return np.stack([np.broadcast_to(v, (count,)) for v in (forward, left, up)], axis=1)


def _rise(body: Body, across: float) -> float:
    """How far a straight leg lifts the hip above the ankle, `across` metres away on the floor."""
    return float(np.sqrt(max(body.leg**2 - across**2, 0.1)))


def _deep_squat_start(body: Body, posture: Array, manner: Manner) -> Array:
    _feet(body, posture, manner, 0.48 * manner.width * body.scale)
    posture[KNEES] = 0.30
    return _arms(posture, manner, OVERHEAD, (LEFT, RIGHT))


def _deep_squat(body: Body, start: Array, manner: Manner, shares: Array) -> Array:
    track = _tracks(start, shares)
    depth = shares * manner.extent
    down = 0.60 * body.leg * depth
    _shift(track, _offsets(-0.17 * body.scale * depth, 0.0, -down, len(shares)))
    track[:, TRUNK.start] += (0.62 + manner.lean) * depth
    track[:, KNEES] = 0.30 + 0.20 * depth[:, None]
    for side in (LEFT, RIGHT):
        _swing(track, side, manner, ((0.24, 0.86, 0.42), (0.50, 0.45, 0.74)), shares)
    return track


def _hurdle_start(body: Body, posture: Array, manner: Manner) -> Array:
    _feet(body, posture, manner, 0.21 * manner.width * body.scale)
    return _arms(posture, manner, AT_SHOULDERS, (LEFT, RIGHT))


def _hurdle_step(body: Body, start: Array, manner: Manner, shares: Array) -> Array:
    track = _tracks(start, shares)
    sign = outward(manner.side)
    _shift(track, _offsets(0.0, -sign * 0.045 * np.minimum(shares * 3, 1), 0.0, len(shares)))
    thigh = unit(np.array([0.95 * manner.extent, 0.18 * sign, 0.12 - 0.30 * (1 - manner.extent)]))
    shank = unit(np.array([-0.28 + 0.26 * manner.tilt, -0.06 * sign, -0.95]))
    return _lift(body, track, start, manner, shares, thigh=thigh, shank=shank, give=0.10)


def _lift(
    body: Body,
    track: Array,
    start: Array,
    manner: Manner,
    shares: Array,
    *,
    thigh: Array,
    shank: Array,
    give: float,
) -> Array:
    """Swing the working leg to the given directions: its ankle on an arc around its hip."""
    side, sign = manner.side, outward(manner.side)
    hip = track[:, PELVIS] + sign * body.hips / 2 * place(start[FACING], np.array([0.0, 1.0, 0.0]))
    facing = start[FACING]
    rest = start[ankle(side)] - hip[0]
    rest = np.array([rest @ place(facing, row) for row in np.eye(3)])
    goal = thigh * body.thigh + shank * body.shank
    arc = turn(rest, goal, shares)
    far = np.linalg.norm(rest) * (1 - shares) + np.linalg.norm(goal) * shares
    # The knee gives on the way, so that the toes do not scrape the floor.
    far = far - give * body.leg * np.sin(np.pi * np.clip(shares * 1.15, 0, 1)) * (1 - shares)
    local = arc * far[:, None]
    forward, left, up = (place(facing, row) for row in np.eye(3))
    track[:, ankle(side)] = hip + local @ np.stack([forward, left, up])
    return track


def _lunge_start(body: Body, posture: Array, manner: Manner) -> Array:
    apart = (0.20 + 0.06 * manner.tilt) * body.scale
    _feet(body, posture, manner, apart, 0.80 * manner.width * body.scale)
    back = ankle(1 - manner.side)
    posture[back.stop - 1] += 0.03 * body.scale
    posture[PELVIS.start + 2] -= 0.02
    return _arms(posture, manner, HANDS_UP, (LEFT, RIGHT))


def _inline_lunge(body: Body, start: Array, manner: Manner, shares: Array) -> Array:
    track = _tracks(start, shares)
    depth = shares * manner.extent
    ankles = start[ankle(LEFT)], start[ankle(RIGHT)]
    spread = float(np.linalg.norm((ankles[0] - ankles[1])[:2]))
    highest = _rise(body, spread / 2) + body.ankle
    low = body.ankle + 0.56 * body.leg
    down = max(highest - low, 0.1) * depth
    track[:, PELVIS.start + 2] = np.minimum(start[PELVIS.start + 2], highest)
    _shift(track, _offsets(0.02 * depth, 0.0, -down, len(shares)))
    back = ankle(1 - manner.side)
    track[:, back.stop - 1] += 0.10 * body.scale * shares
    step = place(start[FACING], np.array([0.10 * body.scale, 0.0, 0.0]))
    track[:, back] += shares[:, None] * step
    track[:, TRUNK.start] += (0.10 + manner.lean) * depth
    return track


def _side_lunge_start(body: Body, posture: Array, manner: Manner) -> Array:
    _feet(body, posture, manner, 0.90 * manner.width * body.scale)
    posture[KNEES] = 0.2
    return _arms(posture, manner, HANDS_UP, (LEFT, RIGHT))


def _side_lunge(body: Body, start: Array, manner: Manner, shares: Array) -> Array:
    track = _tracks(start, shares)
    depth, sign = shares * manner.extent, outward(manner.side)
    apart = float(np.linalg.norm((start[ankle(LEFT)] - start[ankle(RIGHT)])[:2]))
    highest = body.ankle + _rise(body, (apart - body.hips) / 2)
    track[:, PELVIS.start + 2] = np.minimum(start[PELVIS.start + 2], highest)
    sideways = sign * 0.30 * apart * depth
    down = (0.27 + 0.05 * manner.tilt) * body.scale * depth
    _shift(track, _offsets(-0.10 * body.scale * depth, sideways, -down, len(shares)))
    track[:, TRUNK.start] += (0.66 + manner.lean) * depth
    track[:, TRUNK.start + 1] += 0.08 * sign * manner.tilt * depth
    track[:, KNEES.start + manner.side] = 0.2 + 0.15 * depth
    for side in (LEFT, RIGHT):
        _swing(track, side, manner, ((-0.02, 0.97, -0.06), (0.72, 0.04, 0.68)), shares)
    return track


def _sit_start(body: Body, posture: Array, manner: Manner) -> Array:
    _feet(body, posture, manner, 0.44 * manner.width * body.scale)
    posture[KNEES] = 0.28
    mix = 0.5 + 0.5 * manner.tilt
    low = np.array(((-0.05, 0.76, -0.64), (0.2, 0.02, 0.97)))
    upper, lower = (1 - mix) * low + mix * np.array(HANDS_UP)
    pose = (tuple(upper.tolist()), tuple(lower.tolist()))
    return _arms(posture, manner, pose, (LEFT, RIGHT))


def _sit_to_stand(body: Body, start: Array, manner: Manner, shares: Array) -> Array:
    track = _tracks(start, shares)
    seat = body.ankle + (0.53 - 0.03 * manner.extent) * body.leg
    down = (body.standing - seat) * shares
    back = -0.36 * body.scale * (0.35 * np.sin(shares * np.pi / 2) + 0.65 * shares)
    _shift(track, _offsets(back, 0.0, -down, len(shares)))
    seated = 0.28 - 0.16 * manner.tilt + manner.lean
    track[:, TRUNK.start] += seated * shares + 0.34 * np.sin(np.pi * shares)
    track[:, KNEES] = 0.28 + 0.1 * shares[:, None]
    return track


def _leg_raise_start(body: Body, posture: Array, manner: Manner) -> Array:
    _feet(body, posture, manner, 0.20 * manner.width * body.scale)
    return _arms(posture, manner, HANDS_UP, (LEFT, RIGHT))


def _leg_raise(body: Body, start: Array, manner: Manner, shares: Array) -> Array:
    track = _tracks(start, shares)
    sign = outward(manner.side)
    _shift(track, _offsets(0.0, -sign * 0.05 * np.minimum(shares * 3, 1), 0.0, len(shares)))
    angle = np.deg2rad(94) * manner.extent
    thigh = np.array([np.sin(angle), 0.08 * sign, -np.cos(angle)])
    shank = np.array([np.sin(angle - 0.12), 0.04 * sign, -np.cos(angle - 0.12)])
    track[:, TRUNK.start] -= (0.10 + manner.lean) * shares
    return _lift(
        body, track, start, manner, shares, thigh=unit(thigh), shank=unit(shank), give=0.035
    )


def _arm_start(body: Body, posture: Array, manner: Manner) -> Array:
    _feet(body, posture, manner, 0.34 * manner.width * body.scale)
    return posture


def _one_arm(pose: Pose, lean: float, via: Pose | None = None) -> Reach:
    """Move the working arm to `pose`, by way of `via` half-way; the trunk leans away a little."""

    def reach(body: Body, start: Array, manner: Manner, shares: Array) -> Array:
        track = _tracks(start, shares)
        moved = shares * min(manner.extent, 1.0)
        if via is None:
            _swing(track, manner.side, manner, pose, moved)
        else:
            _swing(track, manner.side, manner, via, np.clip(2 * moved, 0, 1))
            halfway = _swung(start, manner, via)
            above = _tracks(halfway, shares)
            _swing(above, manner.side, manner, pose, np.clip(2 * moved - 1, 0, 1))
            track[moved > 0.5] = above[moved > 0.5]
        track[:, TRUNK.start + 1] -= lean * outward(manner.side) * shares
        return track

    return reach


def _swung(start: Array, manner: Manner, pose: Pose) -> Array:
    track = start[None].copy()
    _swing(track, manner.side, manner, pose, np.ones(1))
    return track[0]


SIDEWAYS = ((0.03, 0.99, -0.12), (0.10, 0.99, -0.05))
UP_AND_BACK = ((-0.06, 0.96, -0.20), (0.06, 0.28, 0.95))
FORWARD_AND_DOWN = ((0.16, 0.97, -0.02), (0.78, 0.14, -0.45))


def _rotation_start(body: Body, posture: Array, manner: Manner) -> Array:
    _feet(body, posture, manner, 0.36 * manner.width * body.scale)
    first = FORWARD_AND_DOWN if manner.tilt > 0.75 else UP_AND_BACK
    return _arms(posture, manner, first, (manner.side,))


def _rotation(body: Body, start: Array, manner: Manner, shares: Array) -> Array:
    track = _tracks(start, shares)
    last = UP_AND_BACK if manner.tilt > 0.75 else FORWARD_AND_DOWN
    _swing(track, manner.side, manner, last, shares * min(manner.extent + 0.1, 1.0))
    return track


EXERCISES: tuple[Exercise, ...] = (
    Exercise("deep_squat", 2.7, _deep_squat_start, _deep_squat),
    Exercise("hurdle_step", 2.4, _hurdle_start, _hurdle_step),
    Exercise("inline_lunge", 2.6, _lunge_start, _inline_lunge),
    Exercise("side_lunge", 2.7, _side_lunge_start, _side_lunge),
    Exercise("sit_to_stand", 3.0, _sit_start, _sit_to_stand),
    Exercise("standing_active_straight_leg_raise", 2.2, _leg_raise_start, _leg_raise),
    Exercise(
        "standing_shoulder_abduction", 2.5, _arm_start,
        _one_arm(((0.08, 0.50, 0.86), (0.22, 0.12, 0.97)), 0.07, SIDEWAYS),
    ),
    Exercise(
        "standing_shoulder_extension", 2.2, _arm_start,
        _one_arm(((-0.70, 0.28, -0.64), (-0.72, 0.12, -0.66)), 0.0),
    ),
    Exercise(
        "standing_shoulder_internal_external_rotation", 2.3, _rotation_start, _rotation
    ),
    Exercise(
        "standing_shoulder_scaption", 2.2, _arm_start,
        _one_arm(((0.60, 0.77, 0.08), (0.76, 0.54, 0.32)), 0.02),
    ),
)  # fmt: skip

CLASS_NAMES: tuple[str, ...] = tuple(exercise.name for exercise in EXERCISES)


def exercise_named(name: str) -> Exercise:
    """The exercise of that name; ValueError when there is none."""
    for exercise in EXERCISES:
        if exercise.name == name:
            return exercise
    raise ValueError(f"There is no exercise called {name}. Known: {', '.join(CLASS_NAMES)}.")
