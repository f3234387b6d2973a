"""Features and joints in which a class shows itself plainly, for quick tests of training."""

import numpy as np

from inference.features.track import FeatureTrack
from inference.localize.example import Example
from inference.synthesis.motion import Label

STEP_S = 2 / 15
CLASSES = ("squat", "lunge", "raise")
WIDTH = 12
PAIRS = (9, 13, 15)  # left wrist, knee and ankle; the right one follows


def recording(
    seed: int,
    *,
    seconds: float = 40.0,
    classes: tuple[str, ...] = CLASSES,
    group: str | None = None,
    model: str = "plain",
) -> Example:
    """Repetitions of 1.5 to 4 s; feature c is raised during class c, and 3 + c rises through it;
    a pair of joints of its own goes up and down, so that a mirror changes no class."""
    rng = np.random.default_rng(seed)
    steps = round(seconds / STEP_S)
    features = 0.2 * rng.standard_normal((steps, WIDTH)).astype(np.float32)
    times = (np.arange(steps) + 0.5) * STEP_S
    ticks = np.arange(2 * steps) / 15
    poses = np.full((2 * steps, 17, 3), 0.8, np.float32)
    poses[:, :, 0], poses[:, :, 1] = 20.0 * (np.arange(17) % 2), 10.0 * np.arange(17)
    labels, now = [], rng.uniform(1, 3)
    while now + 4 < seconds:
        kind, length = int(rng.integers(len(classes))), rng.uniform(1.5, 4)
        inside = (times >= now) & (times < now + length)
        features[inside, kind] += 2
        features[inside, 3 + kind] += np.linspace(-2, 2, inside.sum())
        moving = (ticks >= now) & (ticks < now + length)
        course = 60 * np.sin(np.pi * (ticks[moving] - now) / length)
        for joint in (PAIRS[kind], PAIRS[kind] + 1):
            poses[moving, joint, 1] += course
        labels.append(Label(classes[kind], now, now + length))
        now += length + rng.uniform(0.3, 2)
    return Example(
        track=FeatureTrack(times.astype(np.float64), features, STEP_S, model, poses),
        labels=tuple(labels),
        finished=((0.0, seconds),),
        group=group or f"patient {seed}",
    )
