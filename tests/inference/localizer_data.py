"""Features in which a class shows itself plainly, for quick tests of training."""

import numpy as np

from inference.features.track import FeatureTrack
from inference.localize.example import Example
from inference.synthesis.motion import Label

STEP_S = 2 / 15
CLASSES = ("squat", "lunge", "raise")
WIDTH = 12


def recording(
    seed: int,
    *,
    seconds: float = 40.0,
    classes: tuple[str, ...] = CLASSES,
    group: str | None = None,
    model: str = "plain",
) -> Example:
    """Repetitions of 1.5 to 4 s; feature c is raised during class c, and 3 + c rises through it."""
    rng = np.random.default_rng(seed)
    steps = round(seconds / STEP_S)
    features = 0.2 * rng.standard_normal((steps, WIDTH)).astype(np.float32)
    times = (np.arange(steps) + 0.5) * STEP_S
    labels, now = [], rng.uniform(1, 3)
    while now + 4 < seconds:
        kind, length = int(rng.integers(len(classes))), rng.uniform(1.5, 4)
        inside = (times >= now) & (times < now + length)
        features[inside, kind] += 2
        features[inside, 3 + kind] += np.linspace(-2, 2, inside.sum())
        labels.append(Label(classes[kind], now, now + length))
        now += length + rng.uniform(0.3, 2)
    poses = np.ones((2 * steps, 17, 3), np.float32)
    return Example(
        track=FeatureTrack(times.astype(np.float64), features, STEP_S, model, poses),
        labels=tuple(labels),
        finished=((0.0, seconds),),
        group=group or f"patient {seed}",
    )
