"""Videos of spliced sessions with a random look, room and camera, and exactly known labels."""

import colorsys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from inference.progress import Progress, silent
from inference.synthesis.camera import Camera
from inference.synthesis.mannequin import Look
from inference.synthesis.motion import Motion
from inference.synthesis.observe import random_camera
from inference.synthesis.render import render
from inference.synthesis.room import Room
from inference.synthesis.sessions import SpliceSettings, splice

SIZES = ((640, 360), (480, 360), (640, 480), (854, 480), (960, 540))
RATES = (24, 25, 30)


def film(
    motions: Sequence[Motion],
    rng: np.random.Generator,
    out: Path,
    *,
    settings: SpliceSettings | None = None,
    progress: Progress = silent,
) -> tuple[Motion, Camera]:
    """Splices `motions` of one person into a session and renders it to `out` (MP4).

    Returns what was filmed, with its labels, and from where. The same generator state gives the
    same video. Progress is that of `render`.
    """
    motion = splice(motions, rng, settings)
    width, height = SIZES[rng.integers(len(SIZES))]
    camera = replace(random_camera(rng), width=width, height=height)
    look, room = random_look(rng), random_room(rng)
    fps = int(rng.choice(RATES))
    render(motion, camera, look, room, out, fps=fps, progress=progress)
    return motion, camera


def random_look(rng: np.random.Generator) -> Look:
    """Any skin, hair and clothes."""
    light = rng.uniform(0.35, 0.95)
    return Look(
        skin=(light, light * 0.78, light * 0.62),
        hair=_colour(rng, value=(0.05, 0.5)),
        shirt=_colour(rng),
        trousers=_colour(rng, value=(0.1, 0.6)),
        shoes=_colour(rng),
        long_hair=bool(rng.random() < 0.4),
        shorts=bool(rng.random() < 0.3),
        long_sleeves=bool(rng.random() < 0.4),
        girth=rng.uniform(0.85, 1.2),
    )


def random_room(rng: np.random.Generator) -> Room:
    """A plain room in calm colours."""
    return Room(
        wall=_colour(rng, saturation=(0.0, 0.3), value=(0.5, 0.95)),
        floor=_colour(rng, saturation=(0.05, 0.5), value=(0.3, 0.8)),
        floor_kind=str(rng.choice(["planks", "tiles", "plain"])),
        yaw_deg=rng.uniform(-12, 12),
        seed=int(rng.integers(1000)),
    )


def _colour(
    rng: np.random.Generator,
    *,
    saturation: tuple[float, float] = (0.1, 0.8),
    value: tuple[float, float] = (0.15, 0.9),
) -> tuple[float, float, float]:
    return colorsys.hsv_to_rgb(rng.random(), rng.uniform(*saturation), rng.uniform(*value))
