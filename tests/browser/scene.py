"""A short recording of a mannequin to import: small and quick to film, its labels known."""

from pathlib import Path

import numpy as np

from inference.synthesis.body import body_of_height
from inference.synthesis.camera import Camera
from inference.synthesis.demo import BLUE_SHIRT, STUDIO
from inference.synthesis.motion import Motion
from inference.synthesis.performer import Performer
from inference.synthesis.render import render

CAMERA = Camera(
    azimuth_deg=15,
    height_m=1.25,
    distance_m=3.7,
    target=(0.0, 0.0, 1.0),
    focal=1.36,
    width=480,
    height=270,
)


def film(out: Path, seed: int, *sets: tuple[str, int]) -> Motion:
    """Film sets of (exercise, repetitions) with pauses between them; -> what was really done."""
    performer = Performer(body_of_height(1.75), np.random.default_rng(seed))
    performer.stand(1.5)
    for exercise, repetitions in sets:
        performer.exercise(exercise, repetitions)
        performer.stand(1.5)
    motion = performer.motion()
    render(motion, CAMERA, BLUE_SHIRT, STUDIO, out, fps=25)
    return motion
