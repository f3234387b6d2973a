"""What the feature network is asked for, at every step of its own grid."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.synthesis.motion import Label

BACKGROUND = -1
EDGE_S = 0.12  # width of the answer expected around a start or an end, at least
EDGE_STEPS = 0.9  # and in steps, so that no start or end falls between two of them
FAR_S = 2.0  # boundaries further away than the network can see count as this far


@dataclass(frozen=True, eq=False)
class Targets:
    """F steps. classes: (F,) int64, the label's class or BACKGROUND.
    edges: (F, 2) float32 0..1, how close the step is to a start and to an end.
    offsets: (F, 2) float32 seconds back to the start and on to the end of the repetition, at most
        FAR_S; 0 in the background.
    """

    classes: NDArray[np.int64]
    edges: NDArray[np.float32]
    offsets: NDArray[np.float32]


def step_targets(
    labels: Sequence[Label], classes: Sequence[str], steps: int, step_s: float
) -> Targets:
    """Targets at the middle of `steps` steps of `step_s` seconds.

    Raises ValueError where a label is none of `classes`.
    """
    middle = (np.arange(steps) + 0.5) * step_s
    width = max(EDGE_S, EDGE_STEPS * step_s)
    index = np.full(steps, BACKGROUND, np.int64)
    edges, offsets = np.zeros((steps, 2), np.float32), np.zeros((steps, 2), np.float32)
    for label in labels:
        inside = (middle >= label.start_s) & (middle < label.end_s)
        index[inside] = classes.index(label.name)
        offsets[inside, 0] = middle[inside] - label.start_s
        offsets[inside, 1] = label.end_s - middle[inside]
        for column, edge in enumerate((label.start_s, label.end_s)):
            near = np.exp(-0.5 * ((middle - edge) / width) ** 2)
            edges[:, column] = np.maximum(edges[:, column], near)
    return Targets(index, edges, np.minimum(offsets, FAR_S))
