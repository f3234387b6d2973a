"""How long somebody's bones are."""

from dataclasses import dataclass

import numpy as np

TYPICAL_HEIGHT_M = 1.72


@dataclass(frozen=True)
class Body:
    """Bone lengths in metres. hips and shoulders are the distances between left and right joint.

    ankle is the height of the ankle joint above the floor; neck leads from between the shoulders
    to between the ears.
    """

    thigh: float
    shank: float
    ankle: float
    hips: float
    torso: float
    shoulders: float
    upper_arm: float
    forearm: float
    neck: float
    girth: float = 1.0

    @property
    def leg(self) -> float:
        return self.thigh + self.shank

    @property
    def scale(self) -> float:
        """Size against a person of typical height."""
        return self.leg / (0.491 * TYPICAL_HEIGHT_M)

    @property
    def standing(self) -> float:
        """Height of the hip joints when standing relaxed, knees almost straight."""
        return self.ankle + 0.995 * self.leg


def body_of_height(height: float, girth: float = 1.0) -> Body:
    """Average proportions for a height in metres (after Drillis and Contini, 1966)."""
    return Body(
        thigh=0.245 * height,
        shank=0.246 * height,
        ankle=0.046 * height,
        hips=0.104 * height,
        torso=0.288 * height,
        shoulders=0.208 * height * girth**0.3,
        upper_arm=0.162 * height,
        forearm=0.152 * height,
        neck=0.108 * height,
        girth=girth,
    )


def random_body(rng: np.random.Generator) -> Body:
    """An adult between about 1.5 and 1.95 m, each bone a few per cent off the average."""
    height = float(np.clip(rng.normal(TYPICAL_HEIGHT_M, 0.09), 1.5, 1.95))
    mean = body_of_height(height, float(np.clip(rng.normal(1.02, 0.09), 0.85, 1.3)))
    off = rng.normal(1.0, 0.03, 9)
    return Body(
        thigh=mean.thigh * off[0],
        shank=mean.shank * off[1],
        ankle=mean.ankle,
        hips=mean.hips * off[2],
        torso=mean.torso * off[3],
        shoulders=mean.shoulders * off[4],
        upper_arm=mean.upper_arm * off[5],
        forearm=mean.forearm * off[6],
        neck=mean.neck * off[7],
        girth=mean.girth,
    )
