"""The room behind the mannequin: walls, floor, window, picture, furniture. Drawn once a video."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.synthesis.camera import Camera
from inference.synthesis.paint import Light, eye_of
from inference.synthesis.surface import Array, unit

FINE = 2  # drawn this many times larger and averaged down
ROUGH = 6  # pixels between the rays that first look for a box
SKIRTING_M = 0.09
CEILING_M = 2.75

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Box:
    """Furniture against the walls: left, right, near, far, bottom, top in metres of the room."""

    extent: tuple[float, float, float, float, float, float]
    colour: Colour


@dataclass(frozen=True)
class Panel:
    """A window or a picture on the back wall: left, right, bottom, top in metres of the room."""

    extent: tuple[float, float, float, float]
    colour: Colour
    window: bool


@dataclass(frozen=True)
class Room:
    """Seen from the camera: x to the right, y away from it, z up; (0, 0, 0) under the target.

    back_m, left_m, right_m: where the walls stand. yaw_deg turns the room against the camera.
    floor_kind: "planks", "tiles" or "plain". seed decides grain and noise.
    """

    wall: Colour
    floor: Colour
    floor_kind: str
    back_m: float = 1.9
    left_m: float = 2.6
    right_m: float = 2.9
    yaw_deg: float = 8.0
    boxes: tuple[Box, ...] = ()
    panels: tuple[Panel, ...] = ()
    noise: float = 1.1
    lamp: float = 0.5
    seed: int = 0

    def light(self, camera: Camera) -> Light:
        """Light from above and the camera's left, as a window on that side would give."""
        azimuth = np.deg2rad(camera.azimuth_deg - 40)
        return Light(
            (float(np.cos(azimuth)), float(np.sin(azimuth)), 0.95), self.lamp, 1.05 - self.lamp
        )

    def background(self, camera: Camera) -> NDArray[np.uint8]:
        """The empty room, (height, width, 3) RGB."""
        eye, rays = self._rays(camera)
        rng = np.random.default_rng(self.seed)
        colour, near = self._shell(eye, rays)
        for box in self.boxes:
            colour, near = _box(colour, near, eye, rays, box)
        picture = cv2.resize(
            colour.astype(np.float32), (camera.width, camera.height), interpolation=cv2.INTER_AREA
        )
        y, x = np.mgrid[-1 : 1 : camera.height * 1j, -1 : 1 : camera.width * 1j]
        picture *= (1 - 0.10 * (x**2 + y**2))[..., None]
        grain = rng.normal(0, self.noise, (camera.height, camera.width, 1))
        grain = grain + rng.normal(0, self.noise / 2, picture.shape)
        return np.clip(picture * 255 + grain, 0, 255).astype(np.uint8)

    def _rays(self, camera: Camera) -> tuple[Array, Array]:
        """Eye (3,) and directions (H, W, 3) in the room's own axes."""
        eye = eye_of(camera)
        target = np.asarray(camera.target, float)
        forward = unit(target - eye)
        right = unit(np.cross(forward, [0.0, 0.0, 1.0]))
        down = np.cross(forward, right)
        height, width = camera.height * FINE, camera.width * FINE
        y, x = np.mgrid[:height, :width]
        x = (x + 0.5) / FINE - camera.width / 2
        y = (y + 0.5) / FINE - camera.height / 2
        rays = forward * (camera.focal * camera.height) + x[..., None] * right + y[..., None] * down
        turn = np.deg2rad(self.yaw_deg)
        level = unit(forward * [1, 1, 0])
        axis_x = right * np.cos(turn) + level * np.sin(turn)
        axis_y = level * np.cos(turn) - right * np.sin(turn)
        axes = np.stack([axis_x, axis_y, [0.0, 0.0, 1.0]])
        origin = axes @ (eye - target * [1, 1, 0])
        return origin.astype(np.float32), (rays @ axes.T).astype(np.float32)

    def _shell(self, eye: Array, rays: Array) -> tuple[Array, Array]:
        """Floor, ceiling and walls: colours (H, W, 3) and distances (H, W) along the rays."""
        with np.errstate(divide="ignore", invalid="ignore"):
            planes = np.stack(
                [
                    -eye[2] / rays[..., 2],
                    (CEILING_M - eye[2]) / rays[..., 2],
                    (self.back_m - eye[1]) / rays[..., 1],
                    (-self.left_m - eye[0]) / rays[..., 0],
                    (self.right_m - eye[0]) / rays[..., 0],
                ]
            )
        planes = np.where(planes > 0, planes, np.inf)
        which, near = planes.argmin(axis=0), planes.min(axis=0)
        point = eye + rays * near[..., None]
        x, y, z = point[..., 0], point[..., 1], point[..., 2]
        wall = np.asarray(self.wall)
        tone = np.array([0.0, 0.0, 1.0, 0.86, 0.93])[which]
        colour = wall * (tone * (0.90 + 0.10 * np.clip(z / 2.2, 0, 1)))[..., None]
        # Corners hold less light.
        gaps = np.stack([self.back_m - y, x + self.left_m, self.right_m - x, z, CEILING_M - z])
        gaps = np.sort(np.abs(gaps), axis=0)[1]
        colour = colour * (1 - 0.20 * np.exp(-gaps / 0.22))[..., None]
        colour = self._panels(colour, which == 2, x, z)
        skirting = (which >= 2) & (z < SKIRTING_M)
        colour[skirting] = 0.93 * tone[skirting, None] * (1 - 0.25 * (z[skirting] < 0.012))[:, None]
        ceiling = which == 1
        colour[ceiling] = 0.95
        ground = which == 0
        colour[ground] = self._floor(x[ground], y[ground])
        return colour, near

    def _floor(self, x: Array, y: Array) -> Array:
        rng = np.random.default_rng(self.seed + 1)
        tone = np.ones_like(x)
        if self.floor_kind == "planks":
            row = np.floor(y / 0.16).astype(int)
            shift = rng.uniform(0, 1.4, 256)[row % 256]
            plank = np.floor((x + shift) / 1.4).astype(int)
            tone += rng.uniform(-0.07, 0.07, (256, 16))[row % 256, plank % 16]
            seam = np.minimum((y / 0.16) % 1, 1 - (y / 0.16) % 1) * 0.16
            tone -= 0.20 * np.exp(-((seam / 0.004) ** 2))
            tone += 0.02 * np.sin(x * 9 + 30 * np.sin(row) + 3 * np.sin(y * 60))
        elif self.floor_kind == "tiles":
            for along in (x, y):
                seam = np.minimum((along / 0.5) % 1, 1 - (along / 0.5) % 1) * 0.5
                tone -= 0.14 * np.exp(-((seam / 0.006) ** 2))
            tile = np.floor(x / 0.5).astype(int) * 7 + np.floor(y / 0.5).astype(int) * 13
            tone += rng.uniform(-0.025, 0.025, 64)[tile % 64]
        wall_gap = np.minimum(self.back_m - y, np.minimum(x + self.left_m, self.right_m - x))
        tone *= 1 - 0.22 * np.exp(-np.abs(wall_gap) / 0.25)
        glow = np.exp(-((x + 0.9) ** 2 / 1.6 + (y - 0.4) ** 2 / 1.2))
        return np.asarray(self.floor) * (tone * (0.93 + 0.14 * glow))[:, None]

    def _panels(self, colour: Array, back: NDArray[np.bool_], x: Array, z: Array) -> Array:
        for panel in self.panels:
            left, right, bottom, top = panel.extent
            inside = back & (x > left) & (x < right) & (z > bottom) & (z < top)
            edge = np.minimum(np.minimum(x - left, right - x), np.minimum(z - bottom, top - z))
            if panel.window:
                glow = np.hypot(
                    (x - (left + right) / 2) / (right - left), (z - 1.6) / (top - bottom)
                )
                colour = colour * (1 + 0.10 * np.exp(-(glow**2)) * back)[..., None]
                height = ((z - bottom) / (top - bottom))[..., None]
                sky = np.asarray(panel.colour) * (0.9 + 0.1 * height) + 0.06 * (1 - height)
                bar = np.abs(x - (left + right) / 2) < 0.03
                pane = inside & (edge > 0.06) & ~bar
                colour[inside] = 0.94
                colour[pane] = np.clip(sky, 0, 1)[pane]
            else:
                frame = inside & (edge < 0.03)
                mount = inside & (edge > 0.08)
                wave = 0.5 + 0.25 * np.sin(x * 7 + 2) + 0.25 * np.sin(z * 9 + x * 3)
                colour[inside] = 0.93
                colour[mount] = (np.asarray(panel.colour) * (0.55 + 0.45 * wave[..., None]))[mount]
                colour[frame] = [0.24, 0.19, 0.16]
        return colour


def _box(colour: Array, near: Array, eye: Array, rays: Array, box: Box) -> tuple[Array, Array]:
    """The picture with one box in front of what is behind it."""
    rough = _hits(eye, rays[::ROUGH, ::ROUGH], box)[0]
    if not rough.any():
        return colour, near
    rows, columns = (np.flatnonzero(rough.any(axis=axis)) * ROUGH for axis in (1, 0))
    region = (
        slice(max(rows[0] - ROUGH, 0), rows[-1] + ROUGH + 1),
        slice(max(columns[0] - ROUGH, 0), columns[-1] + ROUGH + 1),
    )
    rays = rays[region]
    hit, start, axis = _hits(eye, rays, box)
    hit &= start < near[region]
    low, high = np.array(box.extent[0::2]), np.array(box.extent[1::2])
    tone = np.array([0.78, 0.92, 1.06])[axis]
    point = eye + rays * start[..., None]
    edge = np.sort(np.minimum(np.abs(point - low), np.abs(high - point)), axis=-1)[..., 1]
    tone = tone * (1 - 0.25 * (edge < 0.008)) * (0.9 + 0.1 * np.clip(point[..., 2] / 0.6, 0, 1))
    shaded = np.clip(np.asarray(box.colour) * tone[..., None], 0, 1)
    colour[region] = np.where(hit[..., None], shaded, colour[region])
    near[region] = np.where(hit, start, near[region])
    return colour, near


def _hits(eye: Array, rays: Array, box: Box) -> tuple[NDArray[np.bool_], Array, NDArray[np.intp]]:
    """Which rays (H, W, 3) meet the box, how far along they do, and through which face."""
    low = np.array(box.extent[0::2], np.float32)
    high = np.array(box.extent[1::2], np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = (low - eye) / rays, (high - eye) / rays
    enter = np.minimum(one, other)
    start, end = enter.max(axis=-1), np.maximum(one, other).min(axis=-1)
    return (start < end) & (start > 0), start, enter.argmax(axis=-1)
