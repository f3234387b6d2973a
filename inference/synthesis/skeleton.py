"""Single postures and the way from one to the next, with bones that keep their length."""

import numpy as np
from numpy.typing import NDArray

#: Left and right joints change places when a body is seen in a mirror.
MIRRORED = np.array([0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15])

Array = NDArray[np.floating]


def mirror(joints: Array) -> Array:
    """(..., 17, 3) the same movement done with the other side."""
    return joints[..., MIRRORED, :] * np.array([1.0, -1.0, 1.0], joints.dtype)


def root(joints: Array) -> Array:
    """(..., 17, 3) -> (..., 3) the middle of the hips."""
    return joints[..., 11:13, :].mean(axis=-2)


def facing(joints: Array) -> Array:
    """(..., 17, 3) -> (...) radians the chest is turned from +x towards +y."""
    left = (joints[..., 5, :] - joints[..., 6, :]) + (joints[..., 11, :] - joints[..., 12, :])
    return np.arctan2(-left[..., 0], left[..., 1])


def turn(joints: Array, angle: Array | float) -> Array:
    """(..., 17, 3) rotated about the vertical through (0, 0); `angle` radians, (..., 1) or one."""
    c, s = np.cos(angle), np.sin(angle)
    x, y = joints[..., 0], joints[..., 1]
    return np.stack([c * x - s * y, s * x + c * y, joints[..., 2]], axis=-1)


def smooth_step(frames: int) -> Array:
    """(frames,) from just above 0 to just below 1 with minimum jerk."""
    u = np.arange(1, frames + 1) / (frames + 1)
    return u**3 * (10 - 15 * u + 6 * u**2)


def shortest(angle: float) -> float:
    """The same direction within -pi..pi."""
    return float((angle + np.pi) % (2 * np.pi) - np.pi)


def blend(start: Array, end: Array, weights: Array) -> Array:
    """The way from posture `start` to `end` (17, 3), at `weights` (T,) from 0 to 1 -> (T, 17, 3).

    Bones turn instead of shrinking; the hips move and turn along the shortest way, and the lower
    foot stays on the floor.
    """
    w = weights[:, None]
    yaw = facing(start)
    turned = shortest(float(facing(end) - yaw))
    one, other = (
        _bones(turn(start - _ground(start), -yaw)),
        _bones(turn(end - _ground(end), -yaw - turned)),
    )
    joints = _joints([_between(a, b, w) for a, b in zip(one, other, strict=True)])
    joints = turn(joints, (yaw + weights * turned)[:, None])
    ground = _ground(start) * (1 - w) + _ground(end) * w
    joints += ground[:, None]
    lowest = start[15:17, 2].min() * (1 - weights) + end[15:17, 2].min() * weights
    joints[..., 2] += (lowest - joints[:, 15:17, 2].min(axis=1))[:, None]
    return joints


def _ground(posture: Array) -> Array:
    return root(posture) * np.array([1.0, 1.0, 0.0])


def _bones(posture: Array) -> list[Array]:
    """(17, 3) -> root, neck, shoulders, arms, hips, legs, head: each relative to its parent."""
    base, neck = root(posture), posture[5:7].mean(axis=0)
    return [
        base,
        neck - base,
        posture[5] - neck, posture[6] - neck,
        posture[7] - posture[5], posture[8] - posture[6],
        posture[9] - posture[7], posture[10] - posture[8],
        posture[11] - base, posture[12] - base,
        posture[13] - posture[11], posture[14] - posture[12],
        posture[15] - posture[13], posture[16] - posture[14],
        *(posture[:5] - neck),
    ]  # fmt: skip


def _between(start: Array, end: Array, w: Array) -> Array:
    """(3,), (3,), (T, 1) -> (T, 3): the direction turns evenly, the length goes over."""
    long, short = float(np.linalg.norm(start)), float(np.linalg.norm(end))
    first, last = start / max(long, 1e-6), end / max(short, 1e-6)
    if float(first @ last) < -0.95:  # nearly opposite: go round by the front, or from below
        by = [0.4, 0.0, 0.0] if abs(float(last[0])) < 0.9 else [0.0, 0.0, -0.4]
        last = last + np.array(by)
        last /= np.linalg.norm(last)
    angle = max(float(np.arccos(np.clip(first @ last, -1, 1))), 1e-4)
    direction = (np.sin((1 - w) * angle) * first + np.sin(w * angle) * last) / np.sin(angle)
    return direction * (long * (1 - w) + short * w)


def _joints(bones: list[Array]) -> Array:
    base, spine, shoulder_l, shoulder_r, upper_l, upper_r, lower_l, lower_r = bones[:8]
    hip_l, hip_r, thigh_l, thigh_r, shin_l, shin_r, *head = bones[8:]
    neck = base + spine
    left, right = neck + shoulder_l, neck + shoulder_r
    pelvis_l, pelvis_r = base + hip_l, base + hip_r
    return np.stack(
        [
            *(neck + part for part in head),
            left, right, left + upper_l, right + upper_r,
            left + upper_l + lower_l, right + upper_r + lower_r,
            pelvis_l, pelvis_r, pelvis_l + thigh_l, pelvis_r + thigh_r,
            pelvis_l + thigh_l + shin_l, pelvis_r + thigh_r + shin_r,
        ],
        axis=1,
    )  # fmt: skip
