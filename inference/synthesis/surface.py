"""Closed surfaces of a mannequin: tubes with elliptical rings, as flat quadrilaterals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Patches:
    """Q quadrilaterals. corners: (Q, 4, 3) metres, counter-clockwise seen from outside.

    colours: (Q, 3) red, green, blue 0..1, before light falls on them. above: metres by which the
    patches count as nearer than they are when it is decided what covers what: cloth over skin.
    """

    corners: Array
    colours: Array
    above: float = 0.0


def unit(vector: Array) -> Array:
    """The vector(s) scaled to length 1 along the last axis."""
    return vector / np.maximum(np.linalg.norm(vector, axis=-1, keepdims=True), 1e-9)


def across(vector: Array, axis: Array) -> Array:
    """The unit part of `vector` at right angles to the unit vector `axis`."""
    return unit(vector - (vector @ axis) * axis)


def finer(profile: list[list[float]], times: int = 2) -> Array:
    """A profile with `times` as many rows, smooth and without overshoot between the given ones."""
    rows = np.asarray(profile, float)
    place = np.arange(len(rows))
    between = np.linspace(0, len(rows) - 1, times * (len(rows) - 1) + 1)
    return np.asarray(PchipInterpolator(place, rows)(between))


def tube(centres: Array, left: Array, front: Array, half: Array, sides: int) -> Array:
    """Rings around a line: (R, 3) centres, (R, 3) or (3,) axes, half-widths (R, 2) -> (R, S, 3).

    half[:, 0] is the half-width along `left`, half[:, 1] along `front`, in metres. Rings should
    follow each other along left x front, so that the patches face outwards.
    """
    angle = np.arange(sides) * (2 * np.pi / sides)
    left, front = np.broadcast_to(left, centres.shape), np.broadcast_to(front, centres.shape)
    cosine, sine = np.cos(angle)[None, :, None], np.sin(angle)[None, :, None]
    return (
        centres[:, None]
        + cosine * (left * half[:, :1])[:, None]
        + sine * (front * half[:, 1:])[:, None]
    )


def patches(rings: Array, colours: Array) -> Patches:
    """The quadrilaterals between neighbouring rings (R, S, 3).

    colours: (3,) for all, (R - 1, 3) for each band, or (R - 1, S, 3) for each patch.
    """
    after = np.roll(rings, -1, axis=1)
    corners = np.stack([rings[:-1], after[:-1], after[1:], rings[1:]], axis=2)
    if colours.ndim == 2:
        colours = colours[:, None]
    colours = np.broadcast_to(colours, (*corners.shape[:2], 3))
    return Patches(corners.reshape(-1, 4, 3), colours.reshape(-1, 3))


def bone(
    start: Array, end: Array, left: Array, profile: Array, colours: Array, sides: int = 14
) -> Patches:
    """A limb between two joints.

    profile: (R, 4): how far along the bone (0 at start, 1 at end), half-width to the side,
    half-width to the front and shift to the front, in metres.
    """
    axis = unit(end - start)
    left = across(left, axis)
    front = np.cross(axis, left)
    centres = start + profile[:, :1] * (end - start) + profile[:, 3:] * front
    return patches(tube(centres, left, front, profile[:, 1:3], sides), colours)


def rounded(profile: Array, length: float, caps: tuple[bool, bool] = (True, True)) -> Array:
    """A limb profile closed by half-spheres at its ends; `length` of the bone in metres."""
    rows = [profile]
    for row, sign, wanted in ((profile[0], -1.0, caps[0]), (profile[-1], 1.0, caps[1])):
        if not wanted:
            continue
        angle = np.deg2rad([35.0, 65.0, 90.0])
        cap = np.repeat(row[None], 3, axis=0)
        cap[:, 0] += sign * np.sin(angle) * row[1:3].mean() / length
        cap[:, 1:3] *= np.cos(angle)[:, None]
        rows = [cap[::-1], *rows] if sign < 0 else [*rows, cap]
    return np.concatenate(rows)


def ellipsoid(
    centre: Array, axes: Array, half: Sequence[float] | Array, rings: int, sides: int
) -> tuple[Array, Array]:
    """Rings (R, S, 3) of an ellipsoid and the same points on the unit sphere (left, front, up).

    axes: rows left, front, up; half: the half-axes in metres in that order.
    """
    latitude = np.linspace(np.pi / 2, -np.pi / 2, rings)
    angle = np.arange(sides) * (2 * np.pi / sides)
    sphere = np.stack(
        [
            np.cos(latitude)[:, None] * np.cos(angle),
            np.cos(latitude)[:, None] * np.sin(angle),
            np.repeat(np.sin(latitude)[:, None], sides, axis=1),
        ],
        axis=-1,
    )
    return centre + (sphere * np.asarray(half)) @ axes, sphere
