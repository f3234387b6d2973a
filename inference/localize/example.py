"""What the localizer learns from: the features of one recording and what people said about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from inference.features.track import FeatureTrack


class LabelLike(Protocol):
    """Anything with a class name, a start and an end in seconds."""

    @property
    def name(self) -> str: ...
    @property
    def start_s(self) -> float: ...
    @property
    def end_s(self) -> float: ...


@dataclass(frozen=True, eq=False)
class Example:
    """One recording. finished: spans in seconds that somebody has looked at, so that whatever
    is not labelled there is background. group: the patient; a patient is in one split only.
    """

    track: FeatureTrack
    labels: tuple[LabelLike, ...]
    finished: tuple[tuple[float, float], ...]
    group: str

    @property
    def duration_s(self) -> float:
        return len(self.track.times) * self.track.step_s


@dataclass(frozen=True, eq=False)
class Scaling:
    """Brings each feature channel to mean 0 and spread 1 over the first training set.

    Averages of rectified maps hardly differ from their own mean; without this the network spends
    its first thousand steps on the difference. mean, spread: (D,) float32.
    """

    mean: NDArray[np.float32]
    spread: NDArray[np.float32]

    @classmethod
    def fit(cls, examples: "Sequence[Example]") -> "Scaling":
        features = np.concatenate([example.track.features for example in examples])
        return cls(features.mean(axis=0), np.maximum(features.std(axis=0), 1e-3))

    @classmethod
    def none(cls, channels: int) -> "Scaling":
        """Leaves features as they are, as published networks want them."""
        return cls(np.zeros(channels, np.float32), np.ones(channels, np.float32))

    def apply(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        return (features - self.mean) / self.spread


@dataclass(frozen=True, eq=False)
class Sample:
    """An example on the grid of features, ready to be cut and batched.

    features (T, D) scaled; segments (N, 2) in steps, where step k is the middle of feature k's
    interval; labels (N,) class numbers; known (T,) bool: inside a finished span or a labelled
    segment.
    """

    features: NDArray[np.float32]
    segments: NDArray[np.float32]
    labels: NDArray[np.int64]
    known: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.features)

    def cut(self, first: int, last: int) -> "Sample":
        """Steps [first, last). A segment that is cut through becomes unknown: its true boundary
        is out of sight."""
        whole = (self.segments[:, 0] >= first - 1) & (self.segments[:, 1] <= last)
        known = self.known.copy()
        for start, end in self.segments[~whole]:
            known[max(0, int(np.floor(start))) : max(0, int(np.ceil(end)) + 1)] = False
        return Sample(
            features=self.features[first:last],
            segments=self.segments[whole] - np.float32(first),
            labels=self.labels[whole],
            known=known[first:last],
        )


def sample_of(example: Example, classes: Sequence[str], scaling: Scaling) -> Sample:
    """Labels whose class is not among `classes` make their time unknown."""
    track = example.track
    times, step_s = track.times, track.step_s
    origin = float(times[0]) if len(times) else 0.0
    known = np.zeros(len(times), bool)
    for start_s, end_s in example.finished:
        known |= (times >= start_s) & (times < end_s)
    segments, labels, foreign = [], [], []
    for label in example.labels:
        if label.end_s <= label.start_s:
            continue
        if label.name in classes:
            segments.append(((label.start_s - origin) / step_s, (label.end_s - origin) / step_s))
            labels.append(classes.index(label.name))
            known |= (times >= label.start_s) & (times < label.end_s)
        else:
            foreign.append(label)
    for label in foreign:
        known &= (times < label.start_s) | (times >= label.end_s)
    return Sample(
        features=scaling.apply(track.features),
        segments=np.array(segments, np.float32).reshape(-1, 2),
        labels=np.array(labels, np.int64),
        known=known,
    )
