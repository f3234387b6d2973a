"""An example on the 15 Hz grid, ready to be cut and batched."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.localize.example import Example, LabelLike, Scaling
from inference.localize.inputs import Inputs, inputs_of
from inference.video.clock import MODEL_HZ


@dataclass(frozen=True, eq=False)
class Sample:
    """inputs: T ticks. segments (N, 2) float32 in ticks, where tick k is at k / 15 s; labels (N,)
    class numbers; known (T,) bool: inside a finished span or a labelled segment.
    """

    inputs: Inputs
    segments: NDArray[np.float32]
    labels: NDArray[np.int64]
    known: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.inputs)


def sample_of(example: Example, classes: Sequence[str], scaling: Scaling) -> Sample:
    """Labels whose class is not among `classes` make their time unknown."""
    inputs = inputs_of(example.track, scaling)
    times = np.arange(len(inputs)) / MODEL_HZ
    known = np.zeros(len(inputs), bool)
    for start_s, end_s in example.finished:
        known |= (times >= start_s) & (times < end_s)
    segments: list[tuple[float, float]] = []
    labels: list[int] = []
    foreign: list[LabelLike] = []
    for label in example.labels:
        if label.end_s <= label.start_s:
            continue
        if label.name in classes:
            segments.append((label.start_s * MODEL_HZ, label.end_s * MODEL_HZ))
            labels.append(classes.index(label.name))
            known |= (times >= label.start_s) & (times < label.end_s)
        else:
            foreign.append(label)
    for other in foreign:
        known &= (times < other.start_s) | (times >= other.end_s)
    return Sample(
        inputs=inputs,
        segments=np.array(segments, np.float32).reshape(-1, 2),
        labels=np.array(labels, np.int64),
        known=known,
    )


def longest_label(samples: Sequence[Sample]) -> float:
    """In ticks; 0 where there is none."""
    return max(float((s.segments[:, 1] - s.segments[:, 0]).max(initial=0)) for s in samples)
