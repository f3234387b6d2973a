"""Motion to video: a mannequin in a room, with times exactly known."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from inference.progress import Progress, silent
from inference.synthesis.camera import Camera
from inference.synthesis.mannequin import Look, Mannequin
from inference.synthesis.motion import Motion
from inference.synthesis.paint import draw
from inference.synthesis.room import Room
from inference.synthesis.surface import Patches

SHADOW_BONES = (
    (5, 6), (5, 11), (6, 12), (11, 12), (5, 7), (7, 9), (6, 8), (8, 10), (11, 13), (13, 15),
    (12, 14), (14, 16), (0, 5), (0, 6), (5, 12), (6, 11),
)  # fmt: skip
SHADOW_WIDTH = 0.13  # metres
ENCODING = {"preset": "veryfast", "crf": "20", "threads": "1"}
SHADOW_STEP = 4  # the shadow is drawn this many times smaller


@dataclass(frozen=True)
class Extra:
    """Somebody else in the picture: joints are moved by `offset` (x, y) metres on the floor."""

    motion: Motion
    look: Look
    offset: tuple[float, float] = (0.0, 0.0)


def joints_at(motion: Motion, seconds: float) -> NDArray[np.float64] | None:
    """(17, 3) between the two nearest samples; None when the motion has not begun or is over."""
    place = seconds * motion.hz
    if not -0.5 <= place <= len(motion.joints) - 0.5:
        return None
    place = float(np.clip(place, 0, len(motion.joints) - 1))
    low = min(int(place), len(motion.joints) - 1)
    high = min(low + 1, len(motion.joints) - 1)
    share = place - low
    joints = motion.joints[low] * (1 - share) + motion.joints[high] * share
    return None if np.isnan(joints).any() else joints.astype(float)


class Scene:
    """One camera in one room; pictures of whoever stands in it."""

    def __init__(self, camera: Camera, room: Room, furniture: tuple[Patches, ...] = ()) -> None:
        self.camera = camera
        self.light = room.light(camera)
        self.empty = room.background(camera)
        self.furniture = list(furniture)

    def picture(self, people: list[tuple[Mannequin, NDArray[np.float64]]]) -> NDArray[np.uint8]:
        """RGB (height, width, 3) of mannequins with their joints in metres."""
        canvas = self.empty.copy()
        for _, joints in people:
            self._shadow(canvas, joints)
        parts = list(self.furniture)
        for mannequin, joints in people:
            parts += mannequin.surface(joints)
        if parts:
            draw(canvas, parts, self.camera, self.light)
        return canvas

    def _shadow(self, canvas: NDArray[np.uint8], joints: NDArray[np.float64]) -> None:
        """Darken the floor where the body keeps the light away."""
        x, y, z = self.light.direction
        floor = joints.copy()
        floor[:, 0] -= joints[:, 2] * x / z * 0.22
        floor[:, 1] -= joints[:, 2] * y / z * 0.22
        floor[:, 2] = 0
        seen = self.camera.project(floor)
        margin = 60
        low = np.maximum(np.floor(seen[:, :2].min(axis=0)).astype(int) - margin, 0)
        size = np.array([canvas.shape[1], canvas.shape[0]])
        high = np.minimum(np.ceil(seen[:, :2].max(axis=0)).astype(int) + margin, size)
        wide, tall = ((high - low) // SHADOW_STEP).tolist()
        if wide < 2 or tall < 2:
            return
        mask = np.zeros((tall, wide), np.uint8)
        pixels = np.round((seen[:, :2] - low) / SHADOW_STEP * 8).astype(int)
        metre = self.camera.focal * self.camera.height / seen[:, 2].mean() / SHADOW_STEP
        thick = max(1, round(SHADOW_WIDTH * metre * 0.6))
        for a, b in SHADOW_BONES:
            cv2.line(mask, pixels[a].tolist(), pixels[b].tolist(), 80, thick, cv2.LINE_AA, 3)
        for ankle in (15, 16):
            touch = np.exp(-max(joints[ankle, 2] - 0.09, 0) / 0.08)
            centre = seen[ankle, :2] + [0, 0.02 * metre * SHADOW_STEP]
            spot = np.round((centre - low) / SHADOW_STEP * 8).astype(int).tolist()
            axes = (round(0.17 * metre * 8), round(0.07 * metre * 8))
            shade = int(80 + 70 * touch)
            cv2.ellipse(mask, spot, axes, 0, 0, 360, shade, -1, cv2.LINE_AA, 3)
        blur = max(1.0, 0.035 * metre)
        mask = cv2.GaussianBlur(mask, (0, 0), blur)
        soft = cv2.resize(mask, (wide * SHADOW_STEP, tall * SHADOW_STEP))
        region = canvas[low[1] : low[1] + soft.shape[0], low[0] : low[0] + soft.shape[1]]
        keep = cv2.merge([255 - soft] * 3)
        region[:] = cv2.multiply(region, keep, scale=1 / 255)


def render(
    motion: Motion,
    camera: Camera,
    look: Look,
    room: Room,
    out: Path,
    *,
    fps: int = 25,
    second_person: Extra | None = None,
    furniture: tuple[Patches, ...] = (),
    progress: Progress = silent,
) -> int:
    """Film `motion` into an H.264 MP4 and return the number of frames.

    Frame n shows the motion at exactly n / fps seconds, and that is its time in the file.
    The file appears under its name only when it is whole. May raise what `progress` raises.
    """
    frames = max(1, round(motion.duration * fps))
    progress(0.0, frames / fps)
    scene = Scene(camera, room, furniture)
    patient = Mannequin(look)
    passer = Mannequin(second_person.look) if second_person else None
    part = out.with_name(out.name + ".part")
    try:
        with av.open(str(part), "w", format="mp4", options={"movflags": "faststart"}) as container:
            stream = container.add_stream("libx264", rate=fps)
            stream.width, stream.height = camera.width, camera.height
            stream.pix_fmt = "yuv420p"
            stream.time_base = Fraction(1, fps)
            stream.options = {**ENCODING, "g": str(max(1, fps // 2))}
            for n in range(frames):
                people = []
                joints = joints_at(motion, n / fps)
                if joints is not None:
                    people.append((patient, joints))
                if second_person is not None and passer is not None:
                    other = joints_at(second_person.motion, n / fps)
                    if other is not None:
                        other[:, :2] += second_person.offset
                        people.append((passer, other))
                frame = av.VideoFrame.from_ndarray(scene.picture(people), format="rgb24")
                frame.pts = n
                frame.time_base = Fraction(1, fps)
                container.mux(stream.encode(frame))
                if n % fps == 0:
                    progress(n / fps, frames / fps)
            container.mux(stream.encode(None))
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    progress(frames / fps, frames / fps)
    return frames
