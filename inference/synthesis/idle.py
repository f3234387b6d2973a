"""What people do between exercises: stand, walk, turn, reach, adjust clothes, bend, sit.

Every function takes a standing posture (17, 3) that faces +x with the hips above (0, 0) and
returns (T, 17, 3) that starts and ends near it.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from inference.synthesis.skeleton import root, smooth_step, turn

Array = NDArray[np.floating]


def wander(frames: int, hz: float, period_s: float, shape: tuple[int, ...],
           rng: np.random.Generator) -> Array:  # fmt: skip
    """(frames, *shape) smooth noise of unit size that changes over about `period_s`."""
    sigma = max(period_s * hz / 4, 1.0)
    margin = int(4 * sigma)
    noise = gaussian_filter1d(rng.standard_normal((frames + 2 * margin, *shape)), sigma, axis=0)
    return noise[margin : margin + frames] * np.sqrt(2 * sigma * np.sqrt(np.pi))


def sway(posture: Array, frames: int, hz: float, rng: np.random.Generator) -> Array:
    """Standing still as people do: (frames, 17, 3) around any posture, feet in place."""
    size = rng.uniform(0.5, 1.6)
    body = wander(frames, hz, 2.5, (3,), rng) * np.array([0.012, 0.012, 0.002]) * size
    arms = wander(frames, hz, 1.8, (2, 3), rng) * 0.014 * size
    head = wander(frames, hz, 2.0, (3,), rng) * 0.010 * size
    hold = np.minimum(1, np.arange(frames) / (0.5 * hz))[:, None]  # grows from stillness
    body, head, arms = body * hold, head * hold, arms * hold[:, None]
    joints = np.repeat(posture[None], frames, axis=0).astype(float)
    joints[:, :13] += body[:, None]
    joints[:, 13:15] += body[:, None] * 0.5
    joints[:, :5] += head[:, None] + body[:, None] * 0.6
    joints[:, 5:11] += body[:, None] * 0.5
    joints[:, 7:9] += arms * 0.4
    joints[:, 9:11] += arms
    return joints


def walk(posture: Array, hz: float, rng: np.random.Generator) -> Array:
    """A few steps away and back, turning on the way."""
    reach, heading = rng.uniform(0.3, 0.9), rng.uniform(-np.pi, np.pi)
    leg = smooth_step(int(hz * rng.uniform(1.2, 2.2)))
    spin = smooth_step(int(hz * rng.uniform(0.5, 0.9)))
    still, home = np.zeros(len(spin)), 2 * np.pi if heading > 0 else 0.0
    yaw = np.concatenate([
        spin * heading, np.full(len(leg), heading), heading + spin * np.pi,
        np.full(len(leg), heading + np.pi), (heading + np.pi) * (1 - spin) + home * spin,
    ])  # fmt: skip
    along = np.concatenate([still, leg, still + 1, 1 - leg, still]) * reach
    where = np.stack([along * np.cos(heading), along * np.sin(heading)], axis=1)
    return _stride(posture, hz, yaw, where, rng)


def turn_about(posture: Array, hz: float, rng: np.random.Generator) -> Array:
    """Looks or turns to one side, waits and comes back, on small steps."""
    angle = rng.choice([-1, 1]) * rng.uniform(0.5, np.pi)
    way = smooth_step(int(hz * rng.uniform(0.6, 1.6)))
    hold = np.ones(int(hz * rng.uniform(0.2, 1.5)))
    yaw = np.concatenate([way, hold, 1 - way]) * angle
    return _stride(posture, hz, yaw, np.zeros((len(yaw), 2)), rng)


def step_on_the_spot(posture: Array, hz: float, rng: np.random.Generator) -> Array:
    """Shifts the weight from foot to foot."""
    frames = int(hz * rng.uniform(1.5, 4.0))
    return _stride(posture, hz, np.zeros(frames), np.zeros((frames, 2)), rng)


def reach(posture: Array, hz: float, rng: np.random.Generator) -> Array:
    """One or both hands go somewhere within reach, stay a moment and come back."""
    hands = rng.choice([0, 1, 2])
    targets = []
    for side in (0, 1):
        aim = rng.standard_normal(3) * [0.6, 0.6, 0.7] + [0.6, 0.3 * (1 - 2 * side), 0.1]
        length = _arm(posture, side) * rng.uniform(0.4, 0.95)
        targets.append(posture[5 + side] + aim / np.linalg.norm(aim) * length)
    return _hands(posture, hz, rng, np.array(targets), hands, lean=rng.uniform(0, 0.3), fidget=0.01)


def adjust_clothes(posture: Array, hz: float, rng: np.random.Generator) -> Array:
    """Hands go to collar, sleeve, belt, hair or face and busy themselves there."""
    base, neck = root(posture), posture[5:7].mean(axis=0)
    up = neck - base
    head = posture[3:5].mean(axis=0)
    belt, shirt, collar = base + 0.1 * up, base + 0.5 * up, neck + 0.05 * up
    places = np.array([belt, shirt, collar, posture[0], head + 0.2 * up, base + 0.15 * up])
    ahead = np.array([0.14, 0.14, 0.10, 0.05, 0.0, 0.0])
    which = rng.integers(len(places))
    place = places[which] + np.array([ahead[which], 0.0, 0.0])
    spread = np.array([0, rng.uniform(0.05, 0.18), 0])
    targets = np.array([place + spread, place - spread])
    return _hands(posture, hz, rng, targets, rng.choice([0, 1, 2]), lean=0.0, fidget=0.03)


def bend(posture: Array, hz: float, rng: np.random.Generator) -> Array:
    """Bends down, as if to pick something up, and straightens."""
    targets = np.array([[0.4, 0.12, 0.35], [0.4, -0.12, 0.35]]) + rng.normal(0, 0.08, (2, 3))
    return _hands(
        posture, hz, rng, targets, rng.choice([0, 1, 2]), lean=rng.uniform(0.6, 1.3), fidget=0.01,
        dip=rng.uniform(0.0, 0.25),
    )  # fmt: skip


def sit(posture: Array, hz: float, rng: np.random.Generator) -> Array:
    """Sits down on something behind, hands on the thighs, rests there and stands up again."""
    down = smooth_step(int(hz * rng.uniform(1.0, 1.8)))
    stay = np.ones(int(hz * rng.uniform(0.5, 4.0)))
    w = np.concatenate([down, stay, 1 - smooth_step(int(hz * rng.uniform(1.0, 1.8)))])
    knee, thigh = posture[13:15].mean(axis=0), np.linalg.norm(posture[11] - posture[13])
    seat = np.array([
        posture[15:17, 0].mean() - thigh * rng.uniform(0.8, 1.0), 0.0,
        knee[2] * rng.uniform(0.95, 1.15),
    ])  # fmt: skip
    way = (seat - root(posture)) * [1, 0, 1]
    joints = np.repeat(posture[None], len(w), axis=0).astype(float)
    still = wander(len(w), hz, 2.0, (3,), rng) * 0.010 * w[:, None]
    _lean(joints, root(posture), rng.uniform(0.3, 0.7) * 4 * w * (1 - w))
    joints[:, :11] += still[:, None]
    joints[:, :13] += w[:, None, None] * way
    for side in (0, 1):
        lap = (posture[11 + side] + way + posture[13 + side]) / 2 + [0.1, 0.0, 0.07]
        wrist = joints[:, 9 + side]
        joints[:, 9 + side] = wrist * (1 - w[:, None]) + (lap + still) * w[:, None]
    _bend_limbs(joints, posture)
    return joints


MOVEMENTS = (walk, turn_about, step_on_the_spot, reach, adjust_clothes, bend, sit)


def _stride(posture: Array, hz: float, yaw: Array, where: Array,
            rng: np.random.Generator) -> Array:  # fmt: skip
    """Stepping while the body turns by `yaw` (T,) and moves along `where` (T, 2)."""
    frames = len(yaw)
    speed = np.linalg.norm(np.gradient(where, axis=0), axis=1) * hz + 0.3 * np.abs(
        np.gradient(yaw) * hz
    )
    effort = gaussian_filter1d(np.clip(speed / 0.8, 0, 1), 0.15 * hz)
    if not where.any() and not yaw.any():
        effort = np.sin(np.linspace(0, np.pi, frames)) ** 0.5 * 0.6
    phase = 2 * np.pi * (np.arange(frames) / hz * rng.uniform(0.75, 1.05) + rng.uniform())
    joints = np.repeat(posture[None], frames, axis=0).astype(float)
    stride, lift = rng.uniform(0.12, 0.25), rng.uniform(0.05, 0.13)
    for side, shift in ((0, 0.0), (1, np.pi)):
        swing = np.sin(phase + shift) * effort
        ankle = joints[:, 15 + side].copy()
        ankle[:, 0] += stride * swing * min(1.0, float(np.abs(where).max()) * 4 + 0.2)
        ankle[:, 2] += lift * np.maximum(0, np.cos(phase + shift)) * effort
        joints[:, 15 + side] = ankle
        wrist = joints[:, 9 + side].copy()
        wrist[:, 0] -= rng.uniform(0.08, 0.2) * swing
        joints[:, 9 + side] = wrist
    joints[:, :13, 2] += (0.015 * np.cos(2 * phase) * effort)[:, None]
    joints[:, :13, 1] += (0.02 * np.sin(phase) * effort)[:, None]
    _bend_limbs(joints, posture)
    joints = turn(joints, yaw[:, None])
    joints[..., :2] += where[:, None]
    return joints


def _hands(posture: Array, hz: float, rng: np.random.Generator, targets: Array, hands: int, *,
           lean: float, fidget: float, dip: float = 0.0) -> Array:  # fmt: skip
    """Moves the wrists to `targets` (2, 3) and back; `hands` 0 left, 1 right, 2 both."""
    go = smooth_step(int(hz * rng.uniform(0.5, 1.2)))
    stay = np.ones(int(hz * rng.uniform(0.2, 2.0)))
    back = 1 - smooth_step(int(hz * rng.uniform(0.5, 1.2)))
    w = np.concatenate([go, stay, back])
    frames = len(w)
    joints = np.repeat(posture[None], frames, axis=0).astype(float)
    _lean(joints, root(posture), w * lean)
    joints[:, :13, 2] -= (w * dip)[:, None]
    busy = wander(frames, hz, 0.7, (2, 3), rng) * fidget
    for side in (0, 1):
        if hands in (side, 2):
            aim = targets[side] + busy[:, side]
            wrist = joints[:, 9 + side]
            arc = np.sin(np.pi * w)[:, None] * rng.uniform(0.0, 0.12) * np.array([1.0, 0, 0])
            joints[:, 9 + side] = wrist * (1 - w[:, None]) + aim * w[:, None] + arc
    _bend_limbs(joints, posture)
    return joints


def _lean(joints: Array, pivot: Array, angle: Array) -> None:
    """Tips everything above the hips forward by `angle` (T,) radians, in place."""
    upper = joints[:, :11] - pivot
    c, s = np.cos(angle)[:, None], np.sin(angle)[:, None]
    joints[:, :11, 0] = pivot[0] + c * upper[..., 0] + s * upper[..., 2]
    joints[:, :11, 2] = pivot[2] - s * upper[..., 0] + c * upper[..., 2]


def _arm(posture: Array, side: int) -> float:
    return float(
        np.linalg.norm(posture[7 + side] - posture[5 + side])
        + np.linalg.norm(posture[9 + side] - posture[7 + side])
    )


def _bend_limbs(joints: Array, posture: Array) -> None:
    """Puts elbows and knees where upper and lower bones of `posture` meet, in place.

    A hand or foot out of reach is pulled in.
    """
    for side in (0, 1):
        outward = 0.6 * (1 - 2 * side)
        arm = (5 + side, 7 + side, 9 + side)
        _two_bones(joints, posture, arm, np.array([-0.4, outward, -0.7]))
        _two_bones(joints, posture, (11 + side, 13 + side, 15 + side), np.array([1.0, 0, 0.1]))


def _two_bones(joints: Array, posture: Array, chain: tuple[int, int, int], pole: Array) -> None:
    start, middle, end = chain
    upper = np.linalg.norm(posture[middle] - posture[start])
    lower = np.linalg.norm(posture[end] - posture[middle])
    line = joints[:, end] - joints[:, start]
    reach = np.linalg.norm(line, axis=1, keepdims=True)
    direction = line / np.maximum(reach, 1e-6)
    reach = np.clip(reach, abs(upper - lower) + 0.02, (upper + lower) * 0.999)
    joints[:, end] = joints[:, start] + direction * reach
    along = (upper**2 - lower**2 + reach**2) / (2 * reach)
    aside = _carried(direction, pole)
    off = np.sqrt(np.maximum(upper**2 - along**2, 0))
    joints[:, middle] = joints[:, start] + direction * along + aside * off


def _carried(directions: Array, pole: Array) -> Array:
    """Unit vectors across `directions` (T, 3), drawn towards `pole` but never flipping over."""
    across, current = np.empty_like(directions), pole
    for frame, along in enumerate(directions):
        current = 0.93 * current + 0.07 * pole
        current = current - along * (along @ current)
        current = current / max(float(np.linalg.norm(current)), 1e-3)
        across[frame] = current
    return across
