"""Small networks and made-up sessions whose movements show plainly, for tests of the localizer."""

from typing import Any

import numpy as np
import torch

from inference.localize.inputs import Inputs
from inference.localize.network import NetworkConfig, RefinedActionFormer
from inference.localize.sample import Sample

FEATURES, CLASSES = 4, 2


def session(seed: int, *, ticks: int = 192) -> Sample:
    """Repetitions of 20 to 45 ticks: in class 0 the left wrist goes up and down, in class 1 the
    hips go down and up; feature c is raised during class c."""
    rng = np.random.default_rng(seed)
    points = np.zeros((ticks, 17, 2), np.float32)
    points[:, :, 0] = np.tile([0.0, *[0.2, -0.2] * 8], (ticks, 1))
    points[:, :, 1] = np.linspace(-1.5, 1.5, 17)
    points += rng.normal(0, 0.01, points.shape).astype(np.float32)
    features = rng.normal(0, 0.1, (ticks, FEATURES)).astype(np.float32)
    segments, labels, now = [], [], int(rng.integers(8, 25))
    while now + 45 < ticks:
        length, kind = int(rng.integers(20, 46)), int(rng.integers(CLASSES))
        course = np.sin(np.linspace(0, np.pi, length))
        if kind == 0:
            points[now : now + length, 9, 1] -= 1.5 * course
        else:
            points[now : now + length, :13, 1] += 0.8 * course[:, None]
        features[now : now + length, kind] += 1
        segments.append((now, now + length))
        labels.append(kind)
        now += length + int(rng.integers(6, 20))
    return Sample(
        Inputs(points, np.full((ticks, 17), 0.9, np.float32), features),
        np.array(segments, np.float32),
        np.array(labels, np.int64),
        np.ones(ticks, bool),
    )


def small(seed: int = 0, **changes: Any) -> RefinedActionFormer:
    torch.manual_seed(seed)
    sizes: dict[str, Any] = {
        "features": FEATURES,
        "classes": CLASSES,
        "width": 32,
        "fine_width": 24,
        "heads": 2,
    }
    return RefinedActionFormer(NetworkConfig(**{**sizes, "levels": 4, **changes}))


def wide_awake(network: RefinedActionFormer) -> RefinedActionFormer:
    """The network in evaluation with weights large enough that everything it sees matters.

    New networks hardly use their attention: its scale starts at 1e-4.
    """
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name.endswith(".scale"):
                parameter.fill_(1.0)
            elif parameter.ndim > 1 and not name.endswith("place"):
                parameter.add_(0.1 * torch.randn_like(parameter))
    return network.eval()
